// The trace header that servers put in front of a message (RFC 5321 section 4.4), told apart from what was sent.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace smtpspec::record {

/// More than a message meets on any way: RFC 5321 section 6.3 has a server refuse one for a hundred at the least.
inline constexpr std::size_t max_trace_fields = 1000;

struct Parted {
  std::vector<std::string> trace;  ///< fields in front, the first of them: Return-Path, Received, ..., unfolded
  std::string_view message;        ///< the rest, as sent
  std::string_view body;           ///< after the first empty line of `message`; empty where there is none
};
/// Views into `octets`. Line ends may be CRLF or LF.
[[nodiscard]] Parted part(std::string_view octets);
/// The name after `by` in the last Received field that was put in front ("MX.EXAMPLE.TEST"), in capitals; empty where
/// there is none.
[[nodiscard]] std::string received_by(std::string_view octets);
/// Every CRLF made LF, to compare what a road with local line ends has kept.
[[nodiscard]] std::string with_local_line_ends(std::string_view octets);

}  // namespace smtpspec::record
