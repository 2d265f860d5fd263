// The attempts at one scenario: played, and played again where something was missing or repeats are asked for.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include <asio/awaitable.hpp>

#include "harness/engine/delivery_watch.hpp"
#include "harness/engine/facts.hpp"
#include "harness/engine/gate.hpp"
#include "harness/engine/play.hpp"
#include "harness/engine/rule_tally.hpp"
#include "harness/engine/run.hpp"
#include "harness/engine/sources.hpp"

namespace smtpspec::engine {

/// What the attempts at one scenario have come to so far; it does not grow with their number.
struct AttemptSummary {
  std::optional<ScenarioResult> worst;  ///< its transcript is in the run's folder
  std::map<Outcome, std::size_t> seen;
  std::size_t attempts = 0;  ///< plays begun
  std::size_t rounds = 0;    ///< of `repeat`: plays that have a verdict
  Clock::time_point began;
  Clock::time_point ended;  ///< of the last that has a verdict
};

class Attempts {
 public:
  /// The settings and the watch must outlive the attempts. `note` takes one line for people; it may be empty.
  Attempts(const RunSettings& settings, DeliveryWatch& watch, asio::any_io_executor executor,
           std::function<void(const std::string&)> note);

  /// Asks the target what it is like, before anything is judged: one or two short sessions.
  asio::awaitable<Facts> probe();
  /// Called when a play begins: until the pace lets it, it waits.
  using Begins = std::function<void()>;
  /// One play, by a source and a token of its own, shown to the referee. The scenario must outlive the coroutine.
  /// Where the target refuses the session for its number or pace, it is played again, more slowly.
  /// `once_more`: it may be played again, so a fence that was not answered is not held against the server yet.
  asio::awaitable<Played> play(const scenario::Scenario& scenario, std::string name, std::size_t attempt,
                               bool once_more = false, Begins begins = {});
  /// One round: played, and played again where something was missing. Rounds of one scenario may run side by side; the
  /// summary keeps the worst of them: what was seen once was seen. Both must outlive the coroutine.
  asio::awaitable<void> round(const scenario::Scenario& scenario, AttemptSummary& summary, Begins begins = {});
  /// The result of all rounds so far, of which there is one at least.
  [[nodiscard]] ScenarioResult summed_up(const AttemptSummary& summary) const;
  /// Into the run's folder, where there is one; true when it was written.
  bool save(const record::Transcript& transcript) const;
  /// What a report says of a scenario beside its verdict, the command that runs it again included.
  [[nodiscard]] ScenarioResult described(const scenario::Scenario& scenario) const;
  /// What was seen of the rules that hold for every conversation.
  [[nodiscard]] const RuleTally& rules() const { return rules_; }
  [[nodiscard]] const Pace& pace() const { return gate_.pace(); }

 private:
  [[nodiscard]] PlaySettings play_settings(const std::string& token);
  asio::awaitable<Played> play_once(const scenario::Scenario& scenario, std::string token, FirstWord& refusal,
                                    const Begins& begins);
  void count(AttemptSummary& summary, const scenario::Scenario& scenario, const Played& played) const;

  const RunSettings& settings_;
  DeliveryWatch& watch_;
  std::function<void(const std::string&)> note_;
  std::shared_ptr<wire::TlsContext> tls_;
  Gate gate_;
  Sources sources_;
  RuleTally rules_;
  bool starttls_offered_ = false;
};

}  // namespace smtpspec::engine
