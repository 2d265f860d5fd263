// The trace header that the server puts in front of a message: RFC 5321 section 4.4.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace smtpspec::reference {

struct TraceFacts {
  std::string_view from;  ///< what the client called itself
  std::string_view by;
  bool extended = true;  ///< EHLO or LHLO, not HELO
  bool lmtp = false;
  bool utf8 = false;
  bool tls = false;
  bool authenticated = false;
};

/// A Received field with its line end. The protocol is named as RFC 3848 and RFC 6531 section 3.7.3 have it.
[[nodiscard]] std::string received_field(const TraceFacts& facts);
/// How many Received fields the header section of a message has: so many servers it has passed.
[[nodiscard]] std::size_t count_received(std::string_view message);
/// A Return-Path field with its line end, for the final delivery.
[[nodiscard]] std::string return_path_field(std::string_view reverse_path);

}  // namespace smtpspec::reference
