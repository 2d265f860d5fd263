// The rounds of one scenario: played, judged, played again where something was missing or repeats are asked for.
#pragma once

#include <functional>
#include <string>

#include <asio/awaitable.hpp>

#include "harness/engine/judge.hpp"
#include "harness/engine/play.hpp"
#include "harness/engine/roads.hpp"
#include "harness/engine/run.hpp"
#include "harness/engine/sources.hpp"

namespace smtpspec::engine {

class Rounds {
 public:
  /// The settings and the roads must outlive the rounds. `note` takes one line for people; it may be empty.
  Rounds(const RunSettings& settings, Roads& roads, std::function<void(const std::string&)> note);

  /// For one play: the next source, and a token of its own.
  [[nodiscard]] PlaySettings play_settings(const std::string& id, std::size_t attempt);
  /// What the probe saw.
  void starttls_is_offered(bool offered) { starttls_offered_ = offered; }
  /// Plays as often as asked, and keeps the worst result: what was seen once was seen.
  asio::awaitable<ScenarioResult> play_all(const scenario::Scenario& scenario);
  [[nodiscard]] Verdict judged(const scenario::Scenario& scenario, const wire::Transcript& transcript) const;
  /// Into the run's folder, where there is one; true when it was written.
  bool save(const wire::Transcript& transcript) const;
  /// The command that runs one scenario again.
  [[nodiscard]] std::string again(const std::string& id) const;

 private:
  asio::awaitable<ScenarioResult> play_once(const scenario::Scenario& scenario, std::size_t& attempt,
                                            const ScenarioResult& worst);

  const RunSettings& settings_;
  Roads& roads_;
  std::function<void(const std::string&)> note_;
  std::shared_ptr<wire::TlsContext> tls_;
  Sources sources_;
  bool starttls_offered_ = false;
};

}  // namespace smtpspec::engine
