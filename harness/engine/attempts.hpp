// The attempts at one scenario: played, and played again where something was missing or repeats are asked for.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include <asio/awaitable.hpp>

#include "harness/engine/delivery_watch.hpp"
#include "harness/engine/facts.hpp"
#include "harness/engine/gate.hpp"
#include "harness/engine/play.hpp"
#include "harness/engine/rule_tally.hpp"
#include "harness/engine/run.hpp"
#include "harness/engine/sources.hpp"
#include "harness/engine/standstills.hpp"
#include "harness/engine/transcript_writer.hpp"

namespace smtpspec::engine {

/// What the attempts at one scenario have come to so far; it does not grow with their number.
struct AttemptSummary {
  std::optional<ScenarioResult> worst;  ///< its transcript is in the run's folder
  std::map<Outcome, std::size_t> seen;
  std::size_t attempts = 0;  ///< plays begun
  std::size_t rounds = 0;    ///< of `repeat`: plays that have a verdict
  std::size_t owed = 0;  ///< of `repeat`: plays in which something was missing, to be played again with much patience
  std::optional<ScenarioResult> missing;  ///< the last of those
  Clock::time_point began;
  Clock::time_point ended;  ///< of the last that has a verdict
};

class Attempts {
 public:
  /// The settings and the watch must outlive the attempts. `note` takes one line for people; it may be empty.
  Attempts(const RunSettings& settings, DeliveryWatch& watch, asio::any_io_executor executor,
           std::function<void(const std::string&)> note);

  /// Asks the target what it is like, before anything is judged: one or two short sessions.
  asio::awaitable<void> probe();
  enum class Patience {
    usual,
    first,  ///< the usual; what does not come may come when it is played again
    last,   ///< a minute for each reply
  };
  /// Called when a play begins: until the pace lets it, it waits.
  using Begins = std::function<void()>;
  /// One play, by a source and a token of its own, shown to the referee. The scenario must outlive the coroutine.
  /// Where the target refuses the session for its number or pace, it is played again, more slowly; where the run stood
  /// still meanwhile, it is played again as well.
  /// `source`: another address than is its turn.
  asio::awaitable<Played> play(const scenario::Scenario& scenario, std::string name, std::size_t attempt,
                               Patience patience = Patience::usual, Begins begins = {}, std::string source = {});
  /// One round. Where something was missing it is owed, and has its verdict when it was played again with much
  /// patience. Rounds of one scenario may run side by side; the summary keeps the worst of them: what was seen once was
  /// seen. Both must outlive the coroutine.
  asio::awaitable<void> round(const scenario::Scenario& scenario, AttemptSummary& summary, Begins begins = {});
  asio::awaitable<void> patient_round(const scenario::Scenario& scenario, AttemptSummary& summary, Begins begins = {});
  /// A play was broken off by an error of our own: that is its result.
  void fail(const scenario::Scenario& scenario, AttemptSummary& summary, const std::string& why) const;
  /// The result of a play that more mail came of than when it was judged.
  struct Late {
    const scenario::Scenario* scenario;
    ScenarioResult result;
    bool awaited;  ///< it was this mail that had been missing, and nothing else was wrong with its scenario's
  };
  [[nodiscard]] std::vector<Late> late_results();
  /// The result of all rounds so far, of which there is one at least.
  [[nodiscard]] ScenarioResult summed_up(const AttemptSummary& summary) const;
  /// The result of one play, its transcript to be written down.
  [[nodiscard]] ScenarioResult result_of(const scenario::Scenario& scenario, const Played& played);
  /// What is known of the target; what is played from then on is told so.
  void know(const Facts& facts);
  [[nodiscard]] const Facts& facts() const { return facts_; }
  /// The target as far as it is known.
  [[nodiscard]] const scenario::Target& target() const { return target_; }
  [[nodiscard]] DeliveryWatch& watch() { return watch_; }
  /// A line for people.
  void note(const std::string& line) const {
    if (note_) note_(line);
  }
  /// Into the run's folder, where there is one: evidence of what was seen beside the scenarios.
  void save(const record::Transcript& transcript) { transcripts_.save(transcript, TranscriptWriter::Use::evidence); }
  [[nodiscard]] TranscriptWriter& transcripts() { return transcripts_; }
  /// What a report says of a scenario beside its verdict, the command that runs it again included.
  [[nodiscard]] ScenarioResult described(const scenario::Scenario& scenario) const;
  /// What was seen of the rules that hold for every conversation.
  [[nodiscard]] const RuleTally& rules() const { return rules_; }
  [[nodiscard]] const Pace& pace() const { return gate_.pace(); }
  [[nodiscard]] Standstills& standstills() { return standstills_; }

 private:
  [[nodiscard]] PlaySettings play_settings(const std::string& token, Patience patience, const std::string& source);
  asio::awaitable<Played> play_once(const scenario::Scenario& scenario, std::string token, FirstWord& refusal,
                                    Patience patience, const Begins& begins, const std::string& source);
  asio::awaitable<void> gather(record::Transcript& transcript, std::size_t awaited);
  asio::awaitable<Played> begin(const scenario::Scenario& scenario, AttemptSummary& summary, Patience patience,
                                Begins begins);
  [[nodiscard]] bool out_of_sight(const scenario::Scenario& scenario, const Played& played) const;
  void keep(const scenario::Scenario& scenario, Played played);
  /// `result` is made only where it is the worst so far.
  static void count(AttemptSummary& summary, Outcome outcome, const std::function<ScenarioResult()>& result);

  const RunSettings& settings_;
  DeliveryWatch& watch_;
  std::function<void(const std::string&)> note_;
  std::shared_ptr<wire::TlsContext> tls_;
  TranscriptWriter transcripts_;
  Gate gate_;
  Standstills standstills_;
  bool told_of_standstill_ = false;
  Sources sources_;
  RuleTally rules_;
  Facts facts_;
  scenario::Target target_;
  wire::Allowed allowed_;
  /// Plays whose deliveries were judged, by token: mail may come late. Without the transcript where there were too
  /// many.
  struct Kept {
    const scenario::Scenario* scenario;
    bool awaits_mail = false;  ///< that was missing
    std::optional<record::Transcript> transcript;
  };
  std::map<std::string, Kept> kept_;
  std::set<const scenario::Scenario*> came_wrong_;  ///< what did come of them broke a rule
  std::size_t octets_kept_ = 0;
};

}  // namespace smtpspec::engine
