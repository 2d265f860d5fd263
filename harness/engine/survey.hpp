// The survey: what a target is like, learnt by scenarios that are played before the rest (`[[survey]]`). Of each fact
// it is told whether it holds; one that does not is a deviation, by which rows that need it are blocked.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <asio/awaitable.hpp>

#include "harness/engine/attempts.hpp"
#include "harness/engine/facts.hpp"

namespace smtpspec::engine {

/// The rows of the suite that are for such a target.
[[nodiscard]] std::vector<const scenario::Scenario*> survey_rows(const scenario::Suite& suite,
                                                                 const scenario::Target& target);
/// What one row shows. `later`: how much later the time of its deliveries begins than that of its transcript.
void learn(Facts& facts, const scenario::Scenario& row, const judge::Played& played, record::Time later);
/// Plays the rows, a few side by side, each after those that establish the facts which it needs. A row's result is told
/// as soon as it is known; `attempts` knows all that was learnt. All must outlive the coroutine.
asio::awaitable<void> survey(std::vector<const scenario::Scenario*> rows, Attempts& attempts,
                             std::function<void(const scenario::Scenario&, ScenarioResult)> tell);
/// All of it, for people.
[[nodiscard]] std::vector<Learnt> learnt(const Facts& facts);

}  // namespace smtpspec::engine
