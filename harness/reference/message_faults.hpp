// Faults that spoil the octets of a message on their way through the server.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "harness/reference/fault.hpp"
#include "harness/smtp/data.hpp"

namespace smtpspec::reference {

/// How DATA is decoded: the RFC's rules, bent by the faults that are on.
[[nodiscard]] smtp::DataRules data_rules(const Faults& faults);

/// How a message came.
struct Arrival {
  bool by_data = true;  ///< else in chunks
  bool under_tls = false;
  std::size_t number = 1;                    ///< among the messages of its session
  std::size_t declared = std::string::npos;  ///< by SIZE
};
/// What the faults make of a whole message.
void spoil(std::string& message, const Faults& faults, const Arrival& arrival);

/// Makes CRLF of each bare CR.
void repair_bare_cr(std::string& message);

/// What the faults make of the Received field that is about to be put in front of `message`, and of the message: the
/// message with the field, wherever it went.
[[nodiscard]] std::string spoil_trace(std::string field, std::string message, const Faults& faults);

/// Fault::line_end_not_checked and Fault::end_of_data_trimmed: a server that reads DATA line by line, cut at LF, and
/// looks at each line by itself. Decodes as smtp::DataDecoder does.
class LooseLines {
 public:
  /// `trims`: white space around the period does not count; else the octet before LF does not.
  explicit LooseLines(bool trims) : trims_(trims) {}
  bool decode(std::string_view& octets, std::string& message);

 private:
  [[nodiscard]] bool ends_data() const;

  bool trims_;
  bool begins_ = true;  ///< what comes next begins a line
  std::string line_;
};

/// Fault::dot_lost_at_buffer_border: a server that reads into a buffer of 4096 octets looks for the stuffed period
/// behind the line end that it sees before it in the buffer, and so misses one that is the buffer's first octet. The
/// same holds of segments (Fault::dot_kept_at_segment_start), and of the first line (Fault::first_line_keeps_stuffing).
class BufferBorder {
 public:
  static constexpr std::size_t buffer = 4096;

  /// Octets that may be decoded at once, so that the next border is not passed.
  [[nodiscard]] std::size_t until_border() const { return buffer - octets_ % buffer; }
  /// To be called before `octets` (the rest of DATA as it came) is decoded behind `decoded` octets of the message.
  void before(std::string_view octets, std::size_t decoded);
  /// The same at a segment's beginning, and at the beginning of DATA.
  void before_segment(std::string_view octets, std::size_t decoded);
  void before_data(std::string_view octets);
  /// Octets of DATA that were counted.
  [[nodiscard]] std::size_t octets() const { return octets_; }
  /// Counts octets that were decoded.
  void count(std::string_view octets);
  /// Puts the periods that were missed back into the message.
  void restore(std::string& message);

 private:
  std::size_t octets_ = 0;
  std::string end_ = "\r\n";  // the last two octets; DATA begins like a line
  std::vector<std::size_t> periods_;
};

}  // namespace smtpspec::reference
