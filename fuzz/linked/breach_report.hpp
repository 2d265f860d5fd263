// What a server's author is told of a rule that was broken.
#pragma once

#include <string>
#include <string_view>

#include "fuzz/oracles/oracles.hpp"
#include "harness/record/transcript.hpp"

namespace smtpspec::fuzz {

/// The rule, the sentences of the RFCs that ask for it, what was expected and what came, the conversation, the input,
/// and how it is played again. No control character but line ends is in it; bounded.
[[nodiscard]] std::string breach_report(const Breach& breach, const record::Transcript& transcript,
                                        std::string_view input);
[[nodiscard]] std::string conversation_of(const record::Transcript& transcript);

}  // namespace smtpspec::fuzz
