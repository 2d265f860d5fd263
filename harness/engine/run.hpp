// A run: probe, canaries, many scenarios at a time, deliveries, verdicts, one result.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "harness/engine/facts.hpp"
#include "harness/engine/result.hpp"
#include "harness/engine/selection.hpp"
#include "harness/record/transcript.hpp"
#include "harness/scenario/baseline.hpp"
#include "harness/scenario/model.hpp"
#include "harness/scenario/target.hpp"
#include "harness/wire/stream.hpp"

namespace smtpspec::engine {

struct RunSettings {
  scenario::Target target;
  std::vector<const scenario::Scenario*> scenarios;  ///< chosen, in suite order; must outlive the run
  const scenario::Suite* suite = nullptr;            ///< for the requirements
  std::optional<scenario::Baseline> baseline;
  std::filesystem::path out;  ///< transcripts go below it; empty: nothing is written
  std::size_t jobs = 512;     ///< sessions at a time, at most: fewer where the target takes fewer
  bool near_only = false;     ///< connect to loopback and private addresses alone, whatever a name resolves to
  double rate = 0;            ///< sessions a second, at most; 0: as many as the target takes
  std::size_t repeat = 1;
  std::uint64_t seed = 1;   ///< for the record, and so are the next two
  Selection chosen_by;      ///< of the scenarios
  std::string fingerprint;  ///< of the scenarios of all shards
  std::string secret;       ///< of the tokens: random where others could forge a delivery
  record::Patience patience;
  std::chrono::milliseconds last_patience{60000};  ///< for a reply that did not come in the first
  std::optional<std::chrono::milliseconds> time;   ///< of the run as a whole: what is not played by then is not
  /// Connects to the target from this source address; empty: over TCP. Tests put what fails in its place.
  std::function<asio::awaitable<wire::Connected>(const std::string& source, wire::Time)> connect;
  std::string version;
  std::string command;  ///< as given, for the record
  std::string again;    ///< "smtpspec run TARGET": the start of the command that runs one case again
};

struct Progress {
  std::size_t done = 0;  ///< plays; a scenario counts as often as it is repeated
  std::size_t total = 0;
  std::size_t findings = 0;  ///< scenarios
  std::string slowest;       ///< id of the scenario that has been running longest; empty when none is
  std::chrono::milliseconds slowest_for{0};
  std::chrono::milliseconds elapsed{0};
};

struct RunEvents {
  std::function<void(const Progress&)> progress;     ///< a few times a second
  std::function<void(const RunResult&)> checkpoint;  ///< about once a second: what is known so far
  std::function<void(const std::string&)> note;      ///< one line for people
  std::function<void(std::uint16_t)> sink_ready;     ///< the port that the sink listens on, before anything is sent
  std::function<bool()> stop;                        ///< asked often; true ends the run at once
};

/// The name of what is learnt of a mailbox that was named and is refused.
inline constexpr std::string_view takes_no_mail = "takes no mail";

enum class RunEnd {
  complete,
  untestable,   ///< not reachable, or the first canary failed
  interrupted,  ///< `stop` said so
  untrusted,    ///< its time was over, a later canary failed, deliveries were not seen, or smtpspec itself failed
};

struct Run {
  RunResult result;
  Facts facts;  ///< what the survey learnt
  RunEnd end = RunEnd::complete;
  std::size_t unsaved = 0;  ///< transcripts that could not be written
};

/// The address of the target's sink cannot be had: "127.0.0.1:2526: Address already in use".
struct CannotListen : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Of a run in which nothing is known yet.
[[nodiscard]] RunResult begun(const RunSettings& settings, std::string incomplete_because);

/// Plays everything and returns when it is done; runs its own event loop in the calling thread. Throws CannotListen
/// before anything is sent.
[[nodiscard]] Run run(const RunSettings& settings, const RunEvents& events);

/// What a report says of one scenario beside its verdict.
[[nodiscard]] ScenarioResult describe_result(const scenario::Scenario& scenario, const scenario::Suite& suite);
/// And the verdict, secrets taken out. `deliveries`: what was delivered is part of the evidence.
void put_verdict(ScenarioResult& result, const judge::Verdict& verdict, const record::Transcript& transcript,
                 bool deliveries);

}  // namespace smtpspec::engine
