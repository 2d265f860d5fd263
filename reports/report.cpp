#include "reports/report.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace smtpspec::reports {
namespace {

constexpr std::array<Format, 2> known_formats = {{
    {"json", "results.json", to_json},
    {"junit", "junit.xml", to_junit},
}};

std::string last_error() { return std::error_code(errno, std::generic_category()).message(); }

// An open file; removed again unless it was kept.
class TemporaryFile {
 public:
  // Not mkstemp, whose files are for the owner alone: a report is read by others, as far as the umask lets them.
  explicit TemporaryFile(const std::filesystem::path& beside) {
    constexpr int most_tries = 100;  // names left by killed runs that had this process's number
    for (int i = 0; i < most_tries && descriptor_ < 0; ++i) {
      const std::string name = fmt::format(".{}.{}-{}", beside.filename().string(), ::getpid(), i);
      name_ = (beside.parent_path() / name).string();
      descriptor_ = ::open(name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
      if (descriptor_ < 0 && errno != EEXIST) return;
    }
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (descriptor_ < 0) return;
    ::close(descriptor_);
    if (!kept_) ::unlink(name_.c_str());
  }
  [[nodiscard]] int descriptor() const { return descriptor_; }
  [[nodiscard]] bool becomes(const std::filesystem::path& path) {
    kept_ = ::rename(name_.c_str(), path.c_str()) == 0;
    return kept_;
  }

 private:
  std::string name_;
  int descriptor_ = -1;
  bool kept_ = false;
};

bool write_all(int descriptor, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(descriptor, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

// A rename lasts through a power cut when its folder is synced; where that cannot be done the report is whole anyway.
void sync_folder(const std::filesystem::path& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::fsync(descriptor);
  ::close(descriptor);
}

// A pipe or a device ("/dev/stdout") is written to; to replace it by a file would be a disaster.
std::optional<std::string> write_through(const std::filesystem::path& path, std::string_view content) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (descriptor < 0) return fmt::format("cannot open '{}' to write: {}", path.string(), last_error());
  const bool written = write_all(descriptor, content);
  const std::string problem = last_error();
  ::close(descriptor);
  if (!written) return fmt::format("cannot write '{}': {}", path.string(), problem);
  return std::nullopt;
}

std::filesystem::path folder_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

std::string no_file_in(const std::filesystem::path& path) {
  return fmt::format("cannot write '{}': no file can be made in the folder '{}': {}", path.string(),
                     folder_of(path).string(), last_error());
}

std::optional<std::string> replace(const std::filesystem::path& path, std::string_view content) {
  TemporaryFile file(path);
  if (file.descriptor() < 0) return no_file_in(path);
  if (!write_all(file.descriptor(), content) || ::fsync(file.descriptor()) != 0)
    return fmt::format("cannot write '{}': {}", path.string(), last_error());
  if (!file.becomes(path)) return fmt::format("cannot put the new '{}' in place: {}", path.string(), last_error());
  sync_folder(folder_of(path));
  return std::nullopt;
}

/// Where a report goes: a file that is put in place of what is there, or something that is written to.
struct Place {
  std::filesystem::path file;
  bool is_replaced = true;
};

/// Makes the folder where there is none. What is wrong with a path that can be no report's.
std::optional<std::string> find_place(const std::filesystem::path& path, Place& place) {
  if (!path.has_filename()) return fmt::format("cannot write '{}': it names no file", path.string());
  std::error_code error;
  const std::filesystem::file_status there = std::filesystem::status(path, error);
  if (std::filesystem::is_directory(there)) return fmt::format("cannot write '{}': it is a folder", path.string());
  place.file = path;
  if (!std::filesystem::exists(there)) {
    std::filesystem::create_directories(path.parent_path(), error);  // where it fails, making the file says why
    return std::nullopt;
  }
  place.is_replaced = std::filesystem::is_regular_file(there);
  // After a symbolic link the file is replaced, not the link.
  if (place.is_replaced) place.file = std::filesystem::canonical(path, error);
  if (error) place.file = path;
  return std::nullopt;
}

}  // namespace

std::span<const Format> formats() { return known_formats; }

const Format* format_named(std::string_view name) {
  const auto* const found = std::find_if(known_formats.begin(), known_formats.end(),
                                         [name](const Format& format) { return format.name == name; });
  return found == known_formats.end() ? nullptr : found;
}

std::optional<std::string> why_not_written(const std::filesystem::path& path) {
  Place place;
  if (auto problem = find_place(path, place)) return problem;
  if (!place.is_replaced) {
    if (::access(path.c_str(), W_OK) == 0) return std::nullopt;
    return fmt::format("cannot open '{}' to write: {}", path.string(), last_error());
  }
  const TemporaryFile file(place.file);
  return file.descriptor() < 0 ? std::optional(no_file_in(place.file)) : std::nullopt;
}

std::optional<std::string> write_file(const std::filesystem::path& path, std::string_view content) {
  Place place;
  if (auto problem = find_place(path, place)) return problem;
  return place.is_replaced ? replace(place.file, content) : write_through(place.file, content);
}

}  // namespace smtpspec::reports
