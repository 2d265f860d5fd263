// The same session, held otherwise: what the RFCs promise to come to the same.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "harness/scenario/model.hpp"

namespace smtpspec::fuzz {

enum class Variant {
  cut,        ///< a line or a message comes octet by octet: TCP knows no borders (RFC 9293 section 3.9.1.2)
  pipelined,  ///< MAIL, RCPT and RSET in a group with what follows (RFC 2920 section 3.1)
  chunked,    ///< BDAT LAST instead of DATA and the message (RFC 3030 section 2)
  noop,       ///< with a NOOP, which has no effect (RFC 5321 section 4.1.1.9)
};
inline constexpr std::array all_variants = {Variant::cut, Variant::pipelined, Variant::chunked, Variant::noop};
[[nodiscard]] std::string_view name(Variant variant);

/// The session so; nullopt where it cannot be, and where it is more than commands and messages, one after the other,
/// each awaited: then nothing is promised. `where`: chooses among the places for it. `usual`: the codes that its steps
/// had when it was held as usual, one each; then those, or to chunks their first digits, are what its steps expect.
[[nodiscard]] std::optional<scenario::Scenario> varied(const scenario::Scenario& session, Variant variant,
                                                       std::size_t where, const std::vector<int>& usual = {});
}  // namespace smtpspec::fuzz
