// The conversation of a transcript as people read it, line by line.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/engine/result.hpp"
#include "harness/record/transcript.hpp"

namespace smtpspec::engine {

/// The conversation around an event as people read it; bounded in lines and octets. `octets`: the line of the event
/// that decided; its last one where they are empty.
[[nodiscard]] std::vector<ExcerptLine> excerpt(const record::Transcript& transcript, std::size_t event, bool deliveries,
                                               std::string_view octets = {});

/// Takes a line, and the event that it begins in: an index, or their number where it is of what was delivered.
using TakeLine = std::function<void(ExcerptLine line, std::size_t event)>;
/// All of it, line by line, every octet, and after it what was delivered.
void conversation(const record::Transcript& transcript, const TakeLine& take);

/// What an event was that is no octets: "TLS started: TLSv1.3 ...". Empty where it is nothing to tell of. Escaped.
[[nodiscard]] std::string words_of(const record::Event& event);

struct LinePlace {
  std::size_t line = 0;   ///< as `conversation` counts them
  std::size_t event = 0;  ///< that it begins in
};
/// Where the line is that the excerpt marks: the last that reads as there, and follows the same line.
[[nodiscard]] std::optional<LinePlace> line_that_decided(const record::Transcript& transcript,
                                                         const std::vector<ExcerptLine>& excerpt);

}  // namespace smtpspec::engine
