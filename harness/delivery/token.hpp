// What marks the messages of one play, so that what is delivered of it is told from all else.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace smtpspec::delivery {

/// A token is `t` and 16 hexadecimal digits ("t0123456789abcdef"): that survives in a local-part, a header and a body.
/// The same for the same arguments; who does not know the secret, of 63 octets at most, cannot reckon one from others
/// that he has seen.
[[nodiscard]] std::string make_token(std::string_view secret, std::string_view scenario, std::size_t attempt);

/// A secret that nobody can guess: 256 bits from the system. To be kept in memory alone.
[[nodiscard]] std::string make_secret();

}  // namespace smtpspec::delivery
