#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

#include "harness/delivery/mailbox_files.hpp"

namespace smtpspec::delivery {
namespace {

namespace fs = std::filesystem;

/// A message beyond this is no message of ours.
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

std::optional<std::string> read_file(const fs::path& path) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(path, error);
  if (error || size > max_octets) return std::nullopt;
  std::ifstream file(path, std::ios::binary);
  std::string octets(static_cast<std::size_t>(size), '\0');
  file.read(octets.data(), static_cast<std::streamsize>(size));
  if (!file) return std::nullopt;
  return octets;
}

}  // namespace

MaildirReader::MaildirReader(fs::path maildir) : maildir_(std::move(maildir)) {
  for (const fs::path& file : files_in(maildir_)) seen_.insert(unique_part(file));
}

std::vector<wire::Delivery> MaildirReader::poll() {
  std::vector<wire::Delivery> messages;
  for (const fs::path& file : files_in(maildir_)) {
    const std::string name = unique_part(file);
    if (seen_.count(name) != 0) continue;
    const auto octets = read_file(file);
    if (!octets) continue;
    seen_.insert(name);
    messages.push_back(read_stored(*octets, "maildir"));
  }
  return messages;
}

}  // namespace smtpspec::delivery
