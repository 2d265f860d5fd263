#include <chrono>
#include <memory>
#include <optional>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "fuzz/campaign/campaign.hpp"
#include "fuzz/campaign/pairs.hpp"
#include "fuzz/campaign/worker.hpp"
#include "harness/cli/commands.hpp"
#include "harness/cli/consent.hpp"
#include "harness/cli/console.hpp"
#include "harness/cli/embedded.hpp"
#include "harness/cli/fuzz_apart.hpp"
#include "harness/cli/fuzz_replay.hpp"
#include "harness/cli/run_options.hpp"
#include "harness/cli/suite_files.hpp"
#include "harness/delivery/token.hpp"
#include "harness/engine/baseline.hpp"
#include "harness/engine/server_process.hpp"
#include "harness/engine/survey.hpp"

namespace smtpspec::cli {

namespace {

class FuzzCommand {
 public:
  /// `part`: of several campaigns on the same folder; its server is its own.
  explicit FuzzCommand(const FuzzOptions& options, const fuzz::Part& part = {})
      : options_(options), folder_(options.out) {
    settings_.part = part;
  }

  int go() {
    watch_signals();
    if (options_.replay.empty() && !fuzz::has_fuzzing_engine()) {
      say("this smtpspec was built without libFuzzer; build it where clang's runtime libraries are installed");
      return exit_untestable;
    }
    if (const int code = prepare(); code != exit_complete) return code;
    if (const auto problem = options_.replay.empty() ? folder_.prepare() : std::nullopt) {
      say(*problem);
      return exit_not_written;
    }
    if (opponent_.target.server) {
      edges_.emplace();
      edges_->announce();
      settings_.edges = &*edges_;
      auto* const events = settings_.part.events;
      watch_.emplace(server_, opponent_.target, events == nullptr ? fuzz::ProcessEvents() : std::move(*events));
      settings_.watch = &*watch_;
    }
    if (const auto problem = start_server()) return cannot_be_fuzzed(*problem);
    if (const auto problem = get_acquainted(opponent_)) return cannot_be_fuzzed(*problem);
    if (!options_.against.empty()) {
      if (const auto problem = get_acquainted(other_))
        return cannot_be_fuzzed(fmt::format("{} is no match: {}", scenario::address(other_.target), *problem));
      settings_.other = &other_;
    }
    if (signal_caught() != 0) return exit_signal + signal_caught();
    if (!options_.replay.empty())
      return replay({options_.replay, options_.write_scenario},
                    {opponent_, settings_.other, settings_.watch, events().sink_ready}, suite_);
    if (settings_.part.number == 0) say(fmt::format("seed {}", settings_.seed));
    const int code = report(fuzz::run_campaign(opponent_, suite_, folder_, settings_, events()));
    return embedded_ ? unless_it_failed(embedded_->problem(), code) : code;
  }

 private:
  int prepare() {
    auto suite = load_suite(options_.suite);
    if (!suite || !baseline_of(options_.baseline, baseline_)) return exit_usage;
    suite_ = std::move(*suite);
    if (options_.target.target.empty()) {
      embedded_ = std::make_unique<Embedded>();
      opponent_.target = embedded_->target();
    } else {
      auto target = target_of(options_.target);
      if (!target) return exit_usage;
      opponent_.target = std::move(*target);
    }
    opponent_.near_only = other_.near_only = !options_.allow_remote;
    settings_.time = std::chrono::ceil<std::chrono::seconds>(duration_from(options_.time));
    settings_.jobs = options_.apart ? 1 : options_.jobs;
    settings_.seed = seed_of(options_.seed);
    Burden burden;
    burden.sessions = 1000 * static_cast<std::size_t>(settings_.time.count());
    burden.messages = burden.sessions / 10;
    if (!may_be_fuzzed(opponent_.target, options_.allow_remote, burden)) return exit_usage;
    if (options_.against.empty()) return exit_complete;
    TargetOptions against = options_.target;
    against.target = options_.against;
    auto other = target_of(against);
    if (!other) return exit_usage;
    other_.target = std::move(*other);
    return may_be_fuzzed(other_.target, options_.allow_remote, burden) ? exit_complete : exit_usage;
  }

  std::optional<std::string> start_server() {
    return server_.start(opponent_.target, opponent_.near_only, [] { return signal_caught() != 0; });
  }

  /// The survey, as every run begins with it: it tells whether mail is taken.
  std::optional<std::string> get_acquainted(fuzz::Opponent& opponent) {
    engine::RunSettings survey;
    survey.target = opponent.target;
    survey.suite = &suite_;
    survey.scenarios = engine::survey_rows(suite_, opponent.target);
    survey.near_only = opponent.near_only;
    survey.secret = delivery::make_secret();
    survey.version = SMTPSPEC_VERSION;
    engine::RunEvents events;
    events.stop = [] { return signal_caught() != 0; };
    events.sink_ready = [this](std::uint16_t port) {
      if (embedded_) embedded_->relay_to(port);
    };
    engine::Run run;
    try {
      run = engine::run(survey, events);
    } catch (const engine::CannotListen& problem) {
      return problem.what();
    }
    if (run.end == engine::RunEnd::untestable) return run.result.incomplete_because;
    opponent.facts = run.facts;
    opponent.target = engine::as_learnt(opponent.target, run.facts);
    if (run.facts.lacks("mail") != nullptr) return "it takes no mail: " + run.facts.lacks("mail")->because;
    if (opponent.target.mail.accepts.empty()) return "none of the mailboxes that were asked for takes mail";
    return std::nullopt;
  }

  /// A baseline names a finding as a run does: by the row of its rule, or by the scenario that it is written as.
  [[nodiscard]] const scenario::Baseline::Entry* known_as(const fuzz::Finding& finding) const {
    std::vector<std::string> ids = {fuzz::scenario_id(finding.breach.cause)};
    for (const scenario::Scenario& row : suite_.scenarios)
      if (row.rule == finding.breach.rule) ids.push_back(row.id);
    for (std::size_t i = 0; baseline_ && i < baseline_->entries.size(); ++i)
      for (const std::string& id : ids)
        if (engine::is_for(baseline_->entries[i], id)) return &baseline_->entries[i];
    return nullptr;
  }

  int cannot_be_fuzzed(const std::string& why) {
    say(fmt::format("{} cannot be fuzzed: {}", scenario::address(opponent_.target), why));
    return exit_untestable;
  }

  fuzz::CampaignEvents events() {
    fuzz::CampaignEvents events;
    events.note = [](const std::string& line) { say(line); };
    events.stop = [] { return signal_caught() != 0; };
    events.start_server = [this] { return start_server(); };
    events.stop_server = [this] { server_.stop(); };
    events.sink_ready = [this](std::uint16_t port) {
      if (embedded_) embedded_->relay_to(port);
    };
    if (isatty(STDERR_FILENO) != 0) events.progress = [](const fuzz::CampaignStatus& status) { show(status); };
    return events;
  }

  static void show(const fuzz::CampaignStatus& status) { put_error("\r\x1b[K" + fuzz::status_line(status)); }

  int report(const fuzz::CampaignResult& result) {
    std::size_t firm = 0;
    for (const fuzz::Finding& one : result.findings) {
      if (const auto* known = known_as(one)) {
        tell("known {}: {}\n", one.breach.cause, known->reason);
        for (const std::string& cause : one.also) tell("  also      {}\n", cause);
        continue;
      }
      const bool is_must = fuzz::level_of(one.breach, suite_) == ledger::Level::must;
      firm += one.is_firm() && is_must ? 1 : 0;
      tell_breach(!one.is_firm() ? "unstable" : is_must ? "FOUND" : "warning", one.breach);
      for (const std::string& cause : one.also) tell("  also      {}\n", cause);
      const auto file =
          folder_.findings() / (fuzz::file_name(one.breach.cause) + (one.has_session() ? ".toml" : ".txt"));
      if (!one.has_session()) {
        tell("  figures   {}\n", file.string());
        continue;
      }
      const std::string target = shell_word(options_.target.target);
      if (fuzz::Pairs::are_of_two_servers(one.breach.cause))
        tell("  again     smtpspec fuzz {} --against {} --replay {}\n", target, shell_word(options_.against),
             shell_word(file.string()));
      else
        tell("  again     smtpspec run {} --suite {}\n", target, shell_word(file.string()));
    }
    tell("{}\nseed {}; the campaign is in {}, and goes on when it is started again\n", fuzz::status_line(result.status),
         settings_.seed, options_.out.string());
    for (const std::string& problem : {result.failed, result.not_written})
      if (!problem.empty()) say(problem);
    if (!flush_output()) return exit_not_written;
    if (!result.refused.empty()) return cannot_be_fuzzed(result.refused);
    if (signal_caught() != 0) return exit_signal + signal_caught();
    if (!result.not_written.empty()) return exit_not_written;
    if (!result.failed.empty()) return exit_untrusted;
    return firm > 0 ? exit_findings : exit_complete;
  }

  const FuzzOptions& options_;
  fuzz::CampaignFolder folder_;
  fuzz::CampaignSettings settings_;
  fuzz::Opponent opponent_;
  fuzz::Opponent other_;
  scenario::Suite suite_;
  std::optional<scenario::Baseline> baseline_;
  std::unique_ptr<Embedded> embedded_;
  std::optional<fuzz::EdgeMap> edges_;
  std::optional<fuzz::ServerWatch> watch_;
  engine::ServerProcess server_;  ///< ends before its watch
};

}  // namespace

void add_fuzz(CLI::App& app, Chosen& chosen) {
  CLI::App* command =
      app.add_subcommand("fuzz", "Hammer a live mail server with changed sessions, the suite's rules as oracle");
  auto options = std::make_shared<FuzzOptions>();
  add_options(*command, *options);
  command->callback([options, &chosen] {
    (void)duration_from(options->time);
    chosen.run = [options] {
      if (!options->apart) return FuzzCommand(*options).go();
      return fuzz_apart(*options, [&](const fuzz::Part& part) { return FuzzCommand(*options, part).go(); });
    };
  });
}

}  // namespace smtpspec::cli
