#include "harness/delivery/mailbox_files.hpp"

#include <algorithm>
#include <fstream>
#include <optional>
#include <utility>

#include <re2/re2.h>

#include "harness/record/trace.hpp"
#include "harness/smtp/char_class.hpp"

namespace smtpspec::delivery {
namespace {

namespace fs = std::filesystem;

/// A message beyond this is no message of ours. Of an mbox so much is read in one call; what is beyond comes with the
/// next.
constexpr std::uintmax_t max_octets = std::uintmax_t{256} << 20;

/// A mail reader that moves a message from `new` to `cur` adds ":2," and flags to its name.
std::string unique_part(const fs::path& file) {
  const std::string name = file.filename().string();
  return name.substr(0, name.find(':'));
}

std::vector<fs::path> files_in(const fs::path& maildir) {
  std::vector<fs::path> files;
  for (const char* const folder : {"new", "cur"}) {
    std::error_code error;
    fs::directory_iterator entry(maildir / folder, error);
    for (; !error && entry != fs::directory_iterator(); entry.increment(error)) files.push_back(entry->path());
  }
  // By name, which begins with the time of delivery.
  std::sort(files.begin(), files.end(),
            [](const fs::path& a, const fs::path& b) { return a.filename() < b.filename(); });
  return files;
}

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

/// The value of an unfolded field where it has this name.
std::optional<std::string_view> value_of(std::string_view field, std::string_view name) {
  const std::size_t colon = field.find(':');
  if (colon == std::string_view::npos || !smtp::same_word(field.substr(0, colon), name)) return std::nullopt;
  std::string_view value = field.substr(colon + 1);
  value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
  return value.substr(0, value.find_last_not_of(" \t") + 1);
}

std::string_view without_brackets(std::string_view path) {
  return path.size() >= 2 && path.front() == '<' && path.back() == '>' ? path.substr(1, path.size() - 2) : path;
}

/// X-Original-To comes first: it is the address of RCPT, where Delivered-To may be what an alias made of it.
constexpr std::string_view recipient_fields[] = {"X-Original-To", "Envelope-To", "X-Envelope-To", "Delivered-To"};

/// The next separator line ("From " at the start of a line after an empty one) at or after `at`.
std::size_t next_separator(std::string_view octets, std::size_t at) {
  if (at == 0 && octets.starts_with("From ")) return 0;
  for (;; ++at) {
    at = octets.find("\nFrom ", at);
    if (at == std::string_view::npos) return octets.size();
    const std::string_view before = octets.substr(0, at + 1);
    if (before == "\n" || before.ends_with("\n\n") || before.ends_with("\n\r\n")) return at + 1;
  }
}

/// The sender of "From sender Sat Jan  3 01:05:34 1996".
std::string sender_of(std::string_view separator) {
  separator.remove_prefix(std::string_view("From ").size());
  const std::string_view sender = separator.substr(0, separator.find(' '));
  return sender == "MAILER-DAEMON" ? std::string() : std::string(sender);
}

record::Delivery read_entry(std::string_view entry) {
  const std::size_t lf = entry.find('\n');
  const std::string_view separator = entry.substr(0, lf);
  std::string_view message = entry.substr(lf + 1);
  // The empty line after a message belongs to the mbox.
  if (message.ends_with("\r\n\r\n")) {
    message.remove_suffix(2);
  } else if (message.ends_with("\n\n")) {
    message.remove_suffix(1);
  }
  // mboxrd: a line of one '>' or more and "From " was given one of them by who wrote the mbox.
  std::string unquoted(message);
  RE2::GlobalReplace(&unquoted, RE2("(?m)^>(>*From )", RE2::Latin1), "\\1");
  record::Delivery delivery = read_stored(unquoted, "mbox");
  if (!delivery.reverse_path) delivery.reverse_path = sender_of(separator);
  return delivery;
}

}  // namespace

record::Delivery read_stored(std::string_view octets, std::string_view road) {
  record::Delivery delivery;
  delivery.message = octets;
  delivery.road = road;
  const std::vector<std::string> trace = record::part(octets).trace;
  for (const std::string& field : trace) {
    const auto path = value_of(field, "Return-Path");
    if (path) delivery.reverse_path = std::string(without_brackets(*path));
  }
  for (const std::string_view name : recipient_fields) {
    if (delivery.recipients) break;
    for (const std::string& field : trace) {
      const auto path = value_of(field, name);
      if (!path) continue;
      if (!delivery.recipients) delivery.recipients.emplace();
      delivery.recipients->push_back({std::string(without_brackets(*path)), std::nullopt});
    }
  }
  // A store with local line ends has no CRLF in the trace header that it wrote itself.
  const std::size_t lf = octets.find('\n');
  delivery.exact = lf != std::string_view::npos && lf > 0 && octets[lf - 1] == '\r';
  return delivery;
}

MaildirReader::MaildirReader(fs::path maildir) : maildir_(std::move(maildir)) {
  for (const fs::path& file : files_in(maildir_)) seen_.insert(unique_part(file));
}

std::vector<record::Delivery> MaildirReader::poll() {
  std::vector<record::Delivery> messages;
  for (const fs::path& file : files_in(maildir_)) {
    const std::string name = unique_part(file);
    if (seen_.count(name) != 0) continue;
    const std::uintmax_t size = size_of(file);
    const std::string octets = read_from(file, 0, std::min(size, max_octets));
    if (octets.empty() || octets.size() != size) continue;
    seen_.insert(name);
    messages.push_back(read_stored(octets, "maildir"));
  }
  return messages;
}

MboxReader::MboxReader(fs::path mbox) : mbox_(std::move(mbox)), offset_(size_of(mbox_)) {}

std::vector<record::Delivery> MboxReader::poll() {
  std::vector<record::Delivery> messages;
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
