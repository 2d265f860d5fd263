// The rounds of one scenario: played, judged, played again where something was missing or repeats are asked for.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include <asio/awaitable.hpp>

#include "harness/engine/judge.hpp"
#include "harness/engine/play.hpp"
#include "harness/engine/roads.hpp"
#include "harness/engine/run.hpp"
#include "harness/engine/sources.hpp"

namespace smtpspec::engine {

/// What the plays of one scenario have come to so far; it does not grow with their number.
struct Tally {
  std::optional<ScenarioResult> worst;  ///< its transcript is in the run's folder
  std::map<Outcome, std::size_t> seen;
  std::size_t attempts = 0;  ///< plays begun
  std::size_t rounds = 0;    ///< plays that have a verdict
  std::chrono::steady_clock::time_point began;
  std::chrono::steady_clock::time_point ended;  ///< of the last that has a verdict
};

class Rounds {
 public:
  /// The settings and the roads must outlive the rounds. `note` takes one line for people; it may be empty.
  Rounds(const RunSettings& settings, Roads& roads, std::function<void(const std::string&)> note);

  /// For one play: the next source, and a token of its own.
  [[nodiscard]] PlaySettings play_settings(const std::string& id, std::size_t attempt);
  /// What the probe saw.
  void starttls_is_offered(bool offered) { starttls_offered_ = offered; }
  /// One round: played, and played again where something was missing. Rounds of one scenario may run side by side; the
  /// tally keeps the worst of them: what was seen once was seen. Both must outlive the coroutine.
  asio::awaitable<void> play(const scenario::Scenario& scenario, Tally& tally);
  /// The result of all rounds so far, of which there is one at least.
  [[nodiscard]] ScenarioResult summed_up(const Tally& tally) const;
  [[nodiscard]] Verdict judged(const scenario::Scenario& scenario, const wire::Transcript& transcript) const;
  /// Into the run's folder, where there is one; true when it was written.
  bool save(const wire::Transcript& transcript) const;
  /// The command that runs one scenario again.
  [[nodiscard]] std::string again(const std::string& id) const;

 private:
  void count(Tally& tally, const scenario::Scenario& scenario, const Verdict& verdict,
             const wire::Transcript& transcript) const;

  const RunSettings& settings_;
  Roads& roads_;
  std::function<void(const std::string&)> note_;
  std::shared_ptr<wire::TlsContext> tls_;
  Sources sources_;
  bool starttls_offered_ = false;
};

}  // namespace smtpspec::engine
