// Changes a session input (fuzz/session/session_input.hpp) as people break SMTP: commands, their order and number,
// parameters, lengths at the limits, line ends, dots, sizes that lie, cuts of a pipelined group, look-alikes of
// letters. Pure: the same input and seed give the same output. One mutator serves the session in process and the live
// campaign.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace smtpspec::fuzz {

/// One to four changes; at most so many octets, by leaving out whole lines at the end. `own`: words of the server
/// itself beside those of the grammar, as texts of scenario files; they stand for commands as well.
[[nodiscard]] std::string mutate(std::string_view input, std::size_t most_octets, std::uint64_t seed,
                                 std::span<const std::string> own = {});

/// The words that libFuzzer's calls have for `own`, in this process.
void use_own_words(std::vector<std::string> own);

/// The beginning of the one and the end of the other, cut where both are in the same state of a session.
[[nodiscard]] std::string cross_over(std::string_view first, std::string_view second, std::size_t most_octets,
                                     std::uint64_t seed);

}  // namespace smtpspec::fuzz
