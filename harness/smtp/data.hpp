// The message in DATA and in chunks: transparency and end of data. RFC 5321 sections 4.5.2, 4.1.1.4 and 2.3.8; BDAT:
// RFC 3030 section 2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace smtpspec::smtp {

/// Adds a period before each line that begins with one, and closes with CRLF "." CRLF (with "." CRLF alone where the
/// message is empty or already ends in CRLF). Lines are cut at CRLF alone: a bare CR or LF is an octet like others.
[[nodiscard]] std::string encode_data(std::string_view message);

/// How a receiver reads line ends inside DATA. The default is the RFC's; every other setting is a fault seen in the
/// field, named here so that the reference server's faults and the tests can switch it on.
struct DataRules {
  bool lf_is_line_end = false;       ///< a bare LF counts as a line end: before the dot, and after it
  bool lf_before_dot = false;        ///< LF "." CRLF ends the data; a dot after a bare LF is a line's first octet
  bool lf_after_dot = false;         ///< CRLF "." LF ends the data
  bool cr_is_line_end = false;       ///< a bare CR counts as a line end: before the dot, and after it
  bool nul_is_dropped = false;       ///< NUL octets vanish before the test for the end of data
  bool keep_stuffing = false;        ///< the added period is not removed
  bool unstuff_only_double = false;  ///< only a line that begins with two periods loses one
};

/// Incremental decoder. Octets go in as they arrive; the message comes out without stuffing, its line ends untouched.
/// The final CRLF before the dot belongs to the message (RFC 5321 section 4.1.1.4). Holds at most 4 octets back.
/// With `cr_is_line_end` the octet after "." CR decides whether an LF belongs to the line end, so it is waited for.
class DataDecoder {
 public:
  explicit DataDecoder(DataRules rules = {})
      : rules_(rules),
        lf_starts_line_(rules.lf_is_line_end || rules.lf_before_dot),
        skims_(!rules.cr_is_line_end && !rules.nul_is_dropped) {}

  /// Consumes from the front of `octets` (shortened by what was used up) and appends what is decoded to `message`.
  /// Returns true once the end of data was read; `octets` then begins after it and the decoder is as new.
  bool decode(std::string_view& octets, std::string& message);
  /// Octets of the message seen since the start, counted even where the caller throws them away. After the end of data
  /// it is the size of the message, until the next call.
  [[nodiscard]] std::size_t decoded() const { return decoded_; }

 private:
  enum class At { line_start, text, cr, dot, dot_cr, ended };

  bool step(char octet, std::string& message);
  [[nodiscard]] bool ends_data(char octet) const;
  void release(char next, std::string& message);
  void skim(std::string_view& octets, std::string& message);
  void pass_text(std::string_view& octets, std::string& message);
  void put(char octet, std::string& message);
  [[nodiscard]] bool keeps_period(char next) const;

  DataRules rules_;
  bool lf_starts_line_;
  bool skims_;
  At state_ = At::line_start;
  std::size_t decoded_ = 0;
};

/// "BDAT <size> [LAST]" CRLF and the chunk, whose octets are never looked at. `size`: another than is the chunk's, so
/// that the command line lies (RFC 3030 section 2).
[[nodiscard]] std::string encode_bdat(std::string_view chunk, bool last, std::optional<std::uint64_t> size = {});

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
