// From what a step sends to what goes on the wire: the exact octets, and the segments that they are cut into.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "harness/scenario/model.hpp"
#include "harness/scenario/text.hpp"
#include "harness/smtp/parsed.hpp"

namespace smtpspec::scenario {

/// The octets that go on the wire: holes filled, then framed: CRLF added, or dot-stuffed and ended, or led by their
/// BDAT command. The error names an unknown value, or says that the text grows beyond `max_text`.
[[nodiscard]] smtp::Parsed<std::string> octets_of(const Send& send, const Lookup& lookup);

/// Most segments that one step is cut into; what is left after the last of them goes out in one piece.
inline constexpr std::size_t max_segments = std::size_t{1} << 18;

/// The octets cut as told, in order, none of them empty. An offset outside the octets cuts nothing. The views point
/// into `octets`.
[[nodiscard]] std::vector<std::string_view> segments_of(std::string_view octets, const Cut& cut);

}  // namespace smtpspec::scenario
