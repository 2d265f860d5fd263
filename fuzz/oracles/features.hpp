// What a session showed of the server, as counters for a coverage-guided fuzzer: on any server, whatever it was built
// with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "fuzz/oracles/replies_seen.hpp"
#include "harness/record/transcript.hpp"

namespace smtpspec::fuzz {

/// Counts, in `counters`, each reply by the state, what it answers and its code; each pair of such replies that follow
/// one another; the shape of each reply; how each session ended. `replies`, where it is given, counts them too.
void count_features(const record::Transcript& transcript, std::span<std::uint8_t> counters,
                    RepliesSeen* replies = nullptr);

}  // namespace smtpspec::fuzz
