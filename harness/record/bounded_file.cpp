#include "harness/record/bounded_file.hpp"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <system_error>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace smtpspec::record {
namespace {

using Kind = Refusal::Kind;

/// O_NONBLOCK: a FIFO is opened at once, and a file that somebody holds by a lease is refused. O_NOCTTY: a terminal
/// does not become ours.
constexpr int file_flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
constexpr int folder_flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
/// Octets asked for at a time where a file is read as a whole.
constexpr std::size_t part_size = std::size_t{256} << 10;

std::string words_of(int error) { return "cannot be opened: " + std::generic_category().message(error); }

Refusal refusal_of(int error) {
  switch (error) {
    case ENOENT: return {Kind::absent, "is not there"};
    case EAGAIN:
    case EMFILE:
    case ENFILE: return {Kind::not_now, words_of(error)};
    case ELOOP: return {Kind::link, "is a symbolic link"};
    case ENXIO:
    case ENODEV: return {Kind::not_regular, "is no regular file"};
    case ENOTDIR: return {Kind::not_regular, "is no folder, or a symbolic link"};
    default: return {Kind::cannot_be_read, words_of(error)};
  }
}

/// Opens below a folder, or by a path; a signal is no reason to give up.
int open_at(int folder, const std::string& name, int flags) {
  for (;;) {
    const int opened = ::openat(folder, name.c_str(), flags);
    if (opened >= 0 || errno != EINTR) return opened;
  }
}

std::optional<Descriptor> folder_at(int folder, const std::string& name, int flags, Refusal& refusal) {
  const int opened = open_at(folder, name, flags);
  if (opened < 0) {
    refusal = refusal_of(errno);
    return std::nullopt;
  }
  return Descriptor(opened);
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  std::swap(number_, other.number_);
  return *this;
}

Descriptor::~Descriptor() {
  if (number_ >= 0) ::close(number_);
}

std::optional<BoundedFile> BoundedFile::of(int opened, Refusal& refusal) {
  if (opened < 0) {
    refusal = refusal_of(errno);
    return std::nullopt;
  }
  Descriptor descriptor(opened);
  struct ::stat status {};
  if (::fstat(opened, &status) != 0) {
    refusal = refusal_of(errno);
    return std::nullopt;
  }
  if (!S_ISREG(status.st_mode)) {
    refusal = {Kind::not_regular, "is no regular file"};
    return std::nullopt;
  }
  return BoundedFile(std::move(descriptor), {status.st_dev, status.st_ino});
}

std::optional<BoundedFile> BoundedFile::open(const std::filesystem::path& path, Refusal& refusal) {
  return of(open_at(AT_FDCWD, path.native(), file_flags), refusal);
}

std::optional<std::uintmax_t> BoundedFile::size() const {
  struct ::stat status {};
  if (::fstat(descriptor_.number(), &status) != 0 || status.st_size < 0) return std::nullopt;
  return static_cast<std::uintmax_t>(status.st_size);
}

std::optional<std::size_t> BoundedFile::read(std::uintmax_t offset, std::span<char> octets) const {
  std::size_t done = 0;
  while (done < octets.size()) {
    const ::ssize_t count =
        ::pread(descriptor_.number(), octets.data() + done, octets.size() - done, static_cast<::off_t>(offset + done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::nullopt;
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  return done;
}

/// A file may have more octets than its size says, or less: it is read to its end.
std::optional<std::string> BoundedFile::whole(std::size_t most, Refusal& refusal) const {
  std::string octets;
  if (const auto said = size(); said && *said <= most) octets.reserve(static_cast<std::size_t>(*said));
  for (;;) {
    const std::size_t before = octets.size();
    const std::uintmax_t there = size().value_or(0);  // it may grow meanwhile
    if (before > most || there > most) {
      refusal = {Kind::too_large, "has more than " + std::to_string(most) + " octets"};
      return std::nullopt;
    }
    const std::size_t left = there < before ? 0 : static_cast<std::size_t>(there) - before;
    octets.resize(before + std::min({part_size, left + 1, most - before + 1}));
    const auto count = read(before, std::span(octets).subspan(before));
    if (!count) {
      refusal = {Kind::cannot_be_read, "cannot be read: " + std::generic_category().message(errno)};
      return std::nullopt;
    }
    octets.resize(before + *count);
    if (*count == 0) return octets;
  }
}

std::optional<Folder> Folder::of(std::optional<Descriptor> opened, Refusal& refusal) {
  if (!opened) return std::nullopt;
  struct ::stat status {};
  if (::fstat(opened->number(), &status) != 0) {
    refusal = refusal_of(errno);
    return std::nullopt;
  }
  return Folder(std::move(*opened), {status.st_dev, status.st_ino});
}

std::optional<Folder> Folder::open(const std::filesystem::path& path, Refusal& refusal) {
  return of(folder_at(AT_FDCWD, path.native(), folder_flags, refusal), refusal);
}

std::optional<Folder::Place> Folder::place_of(std::string_view name, Refusal& refusal) const {
  Place place;
  place.folder = descriptor_.number();
  for (;;) {
    const std::size_t slash = name.find('/');
    place.name = name.substr(0, slash);
    if (place.name.empty() || place.name == "." || place.name == ".." || place.name.find('\0') != std::string::npos) {
      refusal = {Kind::leads_out, "is no name below its folder"};
      return std::nullopt;
    }
    if (slash == std::string_view::npos) return place;
    name.remove_prefix(slash + 1);
    auto next = folder_at(place.folder, place.name, folder_flags | O_NOFOLLOW, refusal);
    if (!next) return std::nullopt;
    place.opened = std::move(*next);
    place.folder = place.opened.number();
  }
}

std::optional<Folder> Folder::folder(std::string_view name, Refusal& refusal) const {
  const auto place = place_of(name, refusal);
  if (!place) return std::nullopt;
  return of(folder_at(place->folder, place->name, folder_flags | O_NOFOLLOW, refusal), refusal);
}

std::optional<BoundedFile> Folder::file(std::string_view name, Refusal& refusal) const {
  const auto place = place_of(name, refusal);
  if (!place) return std::nullopt;
  return BoundedFile::of(open_at(place->folder, place->name, file_flags | O_NOFOLLOW), refusal);
}

bool Folder::each_name(const std::function<bool(std::string_view)>& take) const {
  // A descriptor of its own: one that is read from remembers where it was.
  const int opened = open_at(descriptor_.number(), ".", folder_flags);
  const std::unique_ptr<::DIR, int (*)(::DIR*)> names(opened < 0 ? nullptr : ::fdopendir(opened), ::closedir);
  if (!names) {
    if (opened >= 0) ::close(opened);
    return false;
  }
  for (;;) {
    errno = 0;
    const ::dirent* const entry = ::readdir(names.get());  // NOLINT(concurrency-mt-unsafe): of a stream of our own
    if (entry == nullptr) return errno == 0;
    const std::string_view name = entry->d_name;
    if (name != "." && name != ".." && !take(name)) return false;
  }
}

}  // namespace smtpspec::record
