// BDAT framing: RFC 3030 section 2. The chunk's octets follow its command line and are never looked at.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace smtpspec::smtp {

/// "BDAT <size> [LAST]" CRLF and the chunk, as a client sends it.
[[nodiscard]] std::string encode_bdat(std::string_view chunk, bool last);

/// Counts the octets of a chunk off a stream.
class ChunkReader {
 public:
  explicit ChunkReader(std::uint64_t size = 0) : left_(size) {}
  /// Takes what belongs to the chunk off the front of `octets` and returns it.
  [[nodiscard]] std::string_view take(std::string_view& octets);
  [[nodiscard]] std::uint64_t left() const { return left_; }
  [[nodiscard]] bool done() const { return left_ == 0; }

 private:
  std::uint64_t left_;
};

}  // namespace smtpspec::smtp
