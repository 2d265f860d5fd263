#include <algorithm>
#include <fstream>
#include <utility>

#include "harness/delivery/mailbox_files.hpp"

namespace smtpspec::delivery {
namespace {

namespace fs = std::filesystem;

/// Octets read in one call; what is beyond comes with the next.
constexpr std::uintmax_t max_octets = std::uintmax_t{256} << 20;

std::uintmax_t size_of(const fs::path& path) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(path, error);
  return error ? 0 : size;
}

std::string read_from(const fs::path& path, std::uintmax_t offset, std::uintmax_t size) {
  std::ifstream file(path, std::ios::binary);
  file.seekg(static_cast<std::streamoff>(offset));
  std::string octets(static_cast<std::size_t>(size), '\0');
  file.read(octets.data(), static_cast<std::streamsize>(size));
  octets.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
  return octets;
}

/// The next separator line ("From " at the start of a line behind an empty one) at or behind `at`.
std::size_t next_separator(std::string_view octets, std::size_t at) {
  if (at == 0 && octets.starts_with("From ")) return 0;
  for (;; ++at) {
    at = octets.find("\nFrom ", at);
    if (at == std::string_view::npos) return octets.size();
    const std::string_view before = octets.substr(0, at + 1);
    if (before == "\n" || before.ends_with("\n\n") || before.ends_with("\n\r\n")) return at + 1;
  }
}

/// mboxrd: a line of one '>' or more and "From " was given one of them by who wrote the mbox.
std::string unquoted(std::string_view message) {
  std::string text;
  while (!message.empty()) {
    const std::size_t lf = message.find('\n');
    const std::size_t size = lf == std::string_view::npos ? message.size() : lf + 1;
    std::string_view line = message.substr(0, size);
    const std::size_t quotes = std::min(line.find_first_not_of('>'), line.size());
    if (quotes > 0 && line.substr(quotes).starts_with("From ")) line.remove_prefix(1);
    text += line;
    message.remove_prefix(size);
  }
  return text;
}

/// The sender of "From sender Sat Jan  3 01:05:34 1996".
std::string sender_of(std::string_view separator) {
  separator.remove_prefix(std::string_view("From ").size());
  const std::string_view sender = separator.substr(0, separator.find(' '));
  return sender == "MAILER-DAEMON" ? std::string() : std::string(sender);
}

wire::Delivery read_entry(std::string_view entry) {
  const std::size_t lf = entry.find('\n');
  const std::string_view separator = entry.substr(0, lf);
  std::string_view message = entry.substr(lf + 1);
  // The empty line behind a message belongs to the mbox.
  if (message.ends_with("\r\n\r\n")) {
    message.remove_suffix(2);
  } else if (message.ends_with("\n\n")) {
    message.remove_suffix(1);
  }
  wire::Delivery delivery = read_stored(unquoted(message), "mbox");
  if (delivery.reverse_path.empty()) delivery.reverse_path = sender_of(separator);
  return delivery;
}

}  // namespace

MboxReader::MboxReader(fs::path mbox) : mbox_(std::move(mbox)), offset_(size_of(mbox_)) {}

std::vector<wire::Delivery> MboxReader::poll() {
  std::vector<wire::Delivery> messages;
  const std::uintmax_t size = size_of(mbox_);
  const bool quiet = size == std::exchange(size_, size);
  if (size < offset_) offset_ = 0;  // emptied or begun anew
  if (size == offset_) return messages;
  const std::string octets = read_from(mbox_, offset_, std::min(size - offset_, max_octets));
  std::size_t at = next_separator(octets, 0);
  while (at < octets.size()) {
    const std::size_t end = next_separator(octets, at + 1);
    const std::string_view entry = std::string_view(octets).substr(at, end - at);
    const bool whole = end < octets.size() || (quiet && entry.ends_with('\n'));
    if (!whole) break;
    messages.push_back(read_entry(entry));
    at = end;
  }
  offset_ += at;
  return messages;
}

}  // namespace smtpspec::delivery
