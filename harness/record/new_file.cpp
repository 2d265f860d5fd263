#include "harness/record/new_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/smtp/char_class.hpp"

namespace smtpspec::record {
namespace {

constexpr std::string_view ending = ".part";
constexpr std::size_t digits = 16;

std::string words_of(int error) { return std::generic_category().message(error); }

/// That nobody else can have taken before.
std::string new_name() {
  std::uint64_t random = 0;
  if (::getentropy(&random, sizeof random) != 0) throw std::system_error(errno, std::generic_category(), "getentropy");
  return fmt::format(".{:016x}{}", random, ending);
}

/// A file that is not in its place yet, and is taken away again where it never gets there.
class PartFile {
 public:
  PartFile(const Folder& folder, Readers readers)
      : folder_(folder),
        name_(new_name()),
        descriptor_(::openat(folder.number(), name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                             readers == Readers::all ? 0666 : 0600)),
        error_(descriptor_ < 0 ? errno : 0) {}
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;
  ~PartFile() {
    const bool was_made = descriptor_ >= 0 || closed_;
    close();
    if (was_made && !in_place_) ::unlinkat(folder_.number(), name_.c_str(), 0);
  }

  /// 0, or the first error.
  [[nodiscard]] int error() const { return error_; }

  void write(std::string_view content) {
    while (error_ == 0 && !content.empty()) {
      const ssize_t written = ::write(descriptor_, content.data(), content.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) error_ = errno;
      content.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(written, 0)));
    }
  }

  /// A file system over a network may say only here that there was no room.
  void close() {
    const int descriptor = std::exchange(descriptor_, -1);
    if (descriptor < 0) return;
    closed_ = true;
    if (::close(descriptor) != 0 && error_ == 0 && errno != EINTR) error_ = errno;
  }

  void becomes(const std::string& name, Lasting lasting) {
    if (error_ == 0 && lasting == Lasting::yes && ::fsync(descriptor_) != 0) error_ = errno;
    close();
    if (error_ != 0) return;
    in_place_ = ::renameat(folder_.number(), name_.c_str(), folder_.number(), name.c_str()) == 0;
    if (!in_place_) error_ = errno;
    // Where the folder cannot be synced the file is whole anyway.
    if (in_place_ && lasting == Lasting::yes) ::fsync(folder_.number());
  }

 private:
  const Folder& folder_;
  std::string name_;
  int descriptor_;
  int error_;
  bool closed_ = false;
  bool in_place_ = false;
};

std::optional<std::string> problem_of(const PartFile& file) {
  return file.error() == 0 ? std::nullopt : std::optional(words_of(file.error()));
}

}  // namespace

std::optional<std::string> put_file(const Folder& folder, const std::string& name, std::string_view content,
                                    Lasting lasting, Readers readers) {
  PartFile file(folder, readers);
  file.write(content);
  file.becomes(name, lasting);
  return problem_of(file);
}

std::optional<std::string> cannot_put_file(const Folder& folder) {
  PartFile file(folder, Readers::owner);
  file.write("may this be written?\n");
  file.close();
  return problem_of(file);
}

std::optional<Folder> make_folder(const Folder& folder, const std::string& name, Refusal& refusal) {
  if (::mkdirat(folder.number(), name.c_str(), 0700) != 0 && errno != EEXIST) {
    refusal = {Refusal::Kind::cannot_be_read, words_of(errno)};
    return std::nullopt;
  }
  auto made = folder.folder(name, refusal);
  if (made) (void)::fchmod(made->number(), 0700);  // it was there; where it is somebody else's he may look into it
  return made;
}

std::optional<std::string> remove_file(const Folder& folder, const std::string& name) {
  if (::unlinkat(folder.number(), name.c_str(), 0) == 0 || errno == ENOENT) return std::nullopt;
  return words_of(errno);
}

bool is_left_over(std::string_view name) {
  return name.size() == 1 + digits + ending.size() && name.starts_with('.') && name.ends_with(ending) &&
         std::all_of(name.begin() + 1, name.begin() + 1 + digits, smtp::is_hexdig);
}

}  // namespace smtpspec::record
