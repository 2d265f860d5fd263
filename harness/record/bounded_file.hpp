// Files that others may have made, read so that nothing they are can hurt: regular files alone, no link followed, no
// wait at a FIFO or a device, and never more octets than were asked for. Nothing here throws but for want of memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace smtpspec::record {

/// Why something was not opened or not read.
struct Refusal {
  enum class Kind {
    absent,          ///< there is nothing of that name
    not_now,         ///< somebody holds it, or too many files are open: it may be had later
    link,            ///< a symbolic link, which is not followed
    not_regular,     ///< a folder where a file was to be, a FIFO, a socket, a device; or the other way round
    leads_out,       ///< the name is absolute, empty, or holds ".."
    too_large,       ///< has more octets than were asked for
    cannot_be_read,  ///< the system says no
  };
  Kind kind = Kind::cannot_be_read;
  /// For people, without the name: "is no regular file". Holds no octet of the file or of its name.
  std::string words;
};

/// Owns a file descriptor.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor();
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_ = -1;
};

/// A regular file, open for reading.
class BoundedFile {
 public:
  /// Which file it is, whatever its name.
  struct Identity {
    std::uint64_t device = 0;
    std::uint64_t file = 0;
    bool operator==(const Identity&) const = default;
  };
  /// A link in `path` is followed: for a path that the user has named, and nobody else.
  [[nodiscard]] static std::optional<BoundedFile> open(const std::filesystem::path& path, Refusal& refusal);

  [[nodiscard]] Identity identity() const { return identity_; }
  /// At present; it may be another when it is asked again. nullopt where the system says no.
  [[nodiscard]] std::optional<std::uintmax_t> size() const;
  /// Reads as many octets as there are from `offset` on, but no more than fit. Gives how many they are, 0 at the end;
  /// nullopt where the system says no.
  [[nodiscard]] std::optional<std::size_t> read(std::uintmax_t offset, std::span<char> octets) const;
  /// All of it, where that is `most` octets or fewer.
  [[nodiscard]] std::optional<std::string> whole(std::size_t most, Refusal& refusal) const;

 private:
  friend class Folder;
  BoundedFile(Descriptor descriptor, Identity identity) : descriptor_(std::move(descriptor)), identity_(identity) {}
  [[nodiscard]] static std::optional<BoundedFile> of(int opened, Refusal& refusal);

  Descriptor descriptor_;
  Identity identity_;
};

/// A folder that is open: what is opened below it stays below it, whoever moves or links what meanwhile.
class Folder {
 public:
  /// A link in `path` is followed: for a path that the user has named, and nobody else.
  [[nodiscard]] static std::optional<Folder> open(const std::filesystem::path& path, Refusal& refusal);

  [[nodiscard]] BoundedFile::Identity identity() const { return identity_; }
  /// Both take names like "transcripts/case.jsonl"; no part of them is followed where it is a link.
  [[nodiscard]] std::optional<Folder> folder(std::string_view name, Refusal& refusal) const;
  [[nodiscard]] std::optional<BoundedFile> file(std::string_view name, Refusal& refusal) const;
  /// Names of what is in it, in no order, "." and ".." left out, until the taker says false. False where they could not
  /// all be read, or were not all taken.
  [[nodiscard]] bool each_name(const std::function<bool(std::string_view)>& take) const;
  /// Of its descriptor.
  [[nodiscard]] int number() const { return descriptor_.number(); }

 private:
  Folder(Descriptor descriptor, BoundedFile::Identity identity)
      : descriptor_(std::move(descriptor)), identity_(identity) {}
  [[nodiscard]] static std::optional<Folder> of(std::optional<Descriptor> opened, Refusal& refusal);
  /// Where something is: in a folder that was opened on the way, or in this one.
  struct Place {
    Descriptor opened;
    int folder = -1;
    std::string name;
  };
  [[nodiscard]] std::optional<Place> place_of(std::string_view name, Refusal& refusal) const;

  Descriptor descriptor_;
  BoundedFile::Identity identity_;
};

}  // namespace smtpspec::record
