#include <algorithm>
#include <memory>
#include <set>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <sys/resource.h>

#include "harness/cli/advice.hpp"
#include "harness/cli/commands.hpp"
#include "harness/cli/consent.hpp"
#include "harness/cli/console.hpp"
#include "harness/cli/embedded.hpp"
#include "harness/cli/filters.hpp"
#include "harness/cli/last_failed.hpp"
#include "harness/cli/report_places.hpp"
#include "harness/cli/run_folder.hpp"
#include "harness/cli/run_options.hpp"
#include "harness/cli/suite_files.hpp"
#include "harness/delivery/token.hpp"
#include "harness/engine/server_process.hpp"
#include "harness/engine/verify.hpp"
#include "reports/terminal_style.hpp"

namespace smtpspec::cli {

namespace {

/// How many sessions there are descriptors for, of which the system is asked for as many as it gives. Of the embedded
/// server a session has both ends, and its mail two more connections.
std::size_t sessions_by_descriptors() {
  constexpr rlim_t of_the_run = 40;
  constexpr rlim_t of_a_session = 6;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < of_the_run) return 0;
  return static_cast<std::size_t>((limit.rlim_cur - of_the_run) / of_a_session);
}

class RunCommand {
 public:
  RunCommand(RunOptions options, const std::string& command_line) : options_(std::move(options)) {
    settings_.version = SMTPSPEC_VERSION;
    settings_.command = command_line;
  }

  int go() {
    watch_signals();
    if (const int code = prepare(); code != exit_complete) return code;
    if (settings_.scenarios.empty()) return chose_nothing();
    if (!options_.last_failed) tell_idle_filters(options_.filters, suite_);
    if (!can_be_written()) return exit_not_written;
    engine::ServerProcess server;
    const auto stopped = [] { return signal_caught() != 0; };
    if (const auto problem = server.start(settings_.target, settings_.near_only, stopped))
      return report(not_begun(*problem));
    if (settings_.target.server && !settings_.target.server->start.empty() && server.last_started() == 0)
      say(fmt::format("{} answers already, so nothing was started: it is played as it is",
                      scenario::address(settings_.target)));
    try {
      const int code = report(play());
      return embedded_ ? unless_it_failed(embedded_->problem(), code) : code;
    } catch (const engine::CannotListen& problem) {
      return report(not_begun(fmt::format("{}: [delivery] sink: {}", settings_.target.file.string(), problem.what())));
    } catch (const std::exception& error) {  // no memory for a run, or no thread
      engine::RunResult result = known_.value_or(engine::begun(settings_, ""));
      result.complete = false;
      result.incomplete_because = fmt::format("an error of smtpspec's own: {}", error.what());
      write_results(result, record::Readers::all);
      throw;
    }
  }

 private:
  int prepare() {
    auto suite = load_suite(options_.suite);
    const auto selection = selection_of(options_);
    auto wanted = reports_of(options_.reports);
    if (!suite || !selection || !wanted || !baseline_of(options_.baseline, settings_.baseline)) return exit_usage;
    suite_ = std::move(*suite);
    wanted_ = std::move(*wanted);
    if (options_.target.target.empty() && !options_.target.words().empty()) {
      say(fmt::format("of which server?{}: name a target", options_.target.words()));
      return exit_usage;
    }
    if (options_.target.target.empty()) {
      embedded_ = std::make_unique<Embedded>();
      settings_.target = embedded_->target();
    } else {
      auto target = target_of(options_.target);
      if (!target) return exit_usage;
      settings_.target = std::move(*target);
    }
    const auto out = options_.out.empty() ? std::filesystem::path(last_run) : options_.out;
    if (!reports_have_places(out, wanted_, read_by(options_, settings_.target))) return exit_usage;
    if (!tell_once(holds_what_is_no_runs(out))) return exit_usage;
    settings_.patience.reply = duration_from(options_.timeout);
    settings_.last_patience = duration_from(options_.patience);
    settings_.chosen_by = *selection;
    settings_.scenarios = engine::select(suite_, *selection);
    of_all_shards_ = engine::select(suite_, {selection->filters});
    settings_.fingerprint = engine::fingerprint(of_all_shards_);
    const Burden burden = burden_of(settings_.scenarios, options_.repeat);
    if (!may_be_played(settings_.target, options_.allow_remote, burden)) return exit_usage;
    settings_.suite = &suite_;
    settings_.jobs = std::min(options_.jobs, sessions_by_descriptors());
    if (settings_.jobs == 0) {
      say("too few files may be open at a time: ulimit -n must be 64 at least");
      return exit_untrusted;
    }
    settings_.near_only = !options_.allow_remote;
    settings_.rate = options_.rate;
    if (!options_.time.empty()) settings_.time = duration_from(options_.time);
    settings_.repeat = options_.repeat;
    settings_.secret = delivery::make_secret();
    settings_.seed = seed_of(options_.seed);
    const std::string& target = options_.target.target;
    settings_.again = "smtpspec run" + (target.empty() ? "" : " " + shell_word(target)) + options_.target.words();
    for (const auto& folder : options_.suite) settings_.again += " --suite " + shell_word(folder.string());
    return exit_complete;
  }

  /// Found out before anything is sent. From then on the folder holds nothing of an earlier run.
  bool can_be_written() {
    if (options_.out.empty()) options_.out = new_run_folder();
    settings_.out = options_.out;
    const engine::RunResult result = engine::begun(settings_, "the run was still going on");
    if (!tell_once(clear_run_folder(options_.out)) || !write_results(result, record::Readers::owner)) return false;
    for (const WantedReport& wanted : wanted_) {
      if (wanted.file.empty() || wanted.file == "-") continue;
      const auto problem = reports::clear_for_file(wanted.file);
      if (tell_once(problem)) continue;
      write_results(engine::begun(settings_, *problem), record::Readers::all);
      return false;
    }
    point_to_run(options_.out);
    return true;
  }

  [[nodiscard]] engine::Run not_begun(const std::string& why) const {
    engine::Run run;
    run.result = engine::begun(settings_, why);
    run.end = engine::RunEnd::untestable;
    return run;
  }

  /// The other shards are merged with what an empty one writes.
  int chose_nothing() {
    if (of_all_shards_.empty())
      return nothing_ran("no scenario matches",
                         options_.filters.empty() ? "" : perhaps_meant(options_.filters.front(), suite_));
    if (!can_be_written()) return exit_not_written;
    engine::Run empty;
    empty.result = engine::begun(settings_, "");
    empty.result.complete = true;
    return report(empty);
  }

  int nothing_ran(const std::string& why, const std::string& hint = {}) {
    std::string filters;
    for (const std::string& filter : options_.filters) filters += " --filter " + filter;
    say(fmt::format("nothing ran: {}{}{}", why, filters, hint));
    return exit_nothing_ran;
  }

  engine::Run play() {
    ProgressLine line;
    engine::RunEvents events;
    events.progress = [&](const engine::Progress& progress) { line.show(progress); };
    // Its evidence holds tokens that mail is still awaited for.
    events.checkpoint = [&](const engine::RunResult& so_far) { write_results(so_far, record::Readers::owner); };
    events.note = [](const std::string& text) { say(text); };
    events.stop = [] { return signal_caught() != 0; };
    events.sink_ready = [this](std::uint16_t port) {
      if (embedded_) embedded_->relay_to(port);
    };
    engine::Run run = engine::run(settings_, events);
    known_ = run.result;
    if (options_.verify) engine::verify(run, settings_, events, options_.strict);
    return run;
  }

  /// True where there is no problem. What is the same each second is not said each second.
  bool tell_once(const std::optional<std::string>& problem) {
    if (problem && told_.insert(*problem).second) say(*problem);
    return !problem;
  }
  bool write_results(const engine::RunResult& result, record::Readers readers) {
    return tell_once(put_in_run_folder(options_.out, results_file, reports::to_json(result), readers));
  }

  int report(const engine::Run& run) {
    engine::RunResult result = run.result;
    const int signal = signal_caught();
    if (signal != 0) result.incomplete_because = fmt::format("interrupted by signal {}", signal);
    note_undecided(result, options_.undecided);
    known_ = result;
    bool written = write_results(result, record::Readers::all);
    std::vector<std::string> files;
    if (written) files.push_back((options_.out / results_file).string());
    if (run.unsaved > 0) {
      say(fmt::format("{} transcript{} could not be written", run.unsaved, run.unsaved == 1 ? "" : "s"));
      written = false;
    }
    const reports::TerminalStyle style = stdout_style(options_.verbose, options_.strict);
    std::string shown = reports::to_terminal(result, style);
    for (const std::string& line : advice(result, settings_.target)) reports::put_field(shown, {2, 0}, "", line, style);
    shown = reports::without_commands(shown);
    const PutReports came = put_reports(options_.out, wanted_, result, shown);
    files.insert(files.end(), came.files.begin(), came.files.end());
    written = written && came.all_written;
    put(shown);
    // Where standard output is a report, the other is read by GitHub's runner as well.
    if (!options_.annotate.empty()) (came.for_people ? put : put_error)(reports::to_github_annotations(result));
    if (came.for_people && !files.empty())
      tell("Reports: {}; transcripts: {}\n", fmt::join(files, ", "), (options_.out / "transcripts").string());
    if (!flush_output()) written = false;
    if (!written) return exit_not_written;
    if (signal != 0) return exit_signal + signal;
    return exit_code(run, result);
  }

  int exit_code(const engine::Run& run, const engine::RunResult& result) {
    if (run.end == engine::RunEnd::untestable && result.findings(options_.strict) == 0) {
      say(fmt::format("{} cannot be tested: {}", scenario::address(settings_.target), result.incomplete_because));
      for (const std::string& line : advice(result, settings_.target)) say(line);
      return exit_untestable;
    }
    const int code = exit_code_of(result, options_.strict);
    if (code != exit_nothing_ran) return code;
    return nothing_ran(settings_.scenarios.empty()
                           ? fmt::format("no scenario chosen is in shard {}/{}", result.shard, result.shards)
                           : "every scenario chosen is skipped or unsupported here");
  }

  RunOptions options_;
  engine::RunSettings settings_;
  scenario::Suite suite_;
  std::vector<const scenario::Scenario*> of_all_shards_;  ///< views into the suite
  std::vector<WantedReport> wanted_;
  std::unique_ptr<Embedded> embedded_;
  std::set<std::string> told_;
  std::optional<engine::RunResult> known_;  ///< the last that was whole: what fails later does not undo it
};

int run(RunOptions options, const std::string& command_line) {
  if (options.last_failed)
    if (const int code = choose_what_failed(options); code != exit_complete) return code;
  return RunCommand(std::move(options), command_line).go();
}

void add(CLI::App* command, std::shared_ptr<RunOptions> options, Chosen& chosen) {
  add_options(*command, *options);
  command->callback([options, &chosen] {
    (void)duration_from(options->timeout);
    (void)duration_from(options->patience);
    if (!options->time.empty()) (void)duration_from(options->time);
    chosen.run = [options, &chosen] { return run(*options, chosen.command_line); };
  });
}

}  // namespace

void add_run(CLI::App& app, Chosen& chosen) {
  CLI::App* command = app.add_subcommand("run", "Play the suite against a mail server and judge what it does");
  add(command, std::make_shared<RunOptions>(), chosen);
}

void add_survey(CLI::App& app, Chosen& chosen) {
  CLI::App* command = app.add_subcommand("survey", "Get acquainted with a mail server: the first part of every run");
  auto options = std::make_shared<RunOptions>();
  options->filters = {"survey/*"};
  add(command, options, chosen);
}

}  // namespace smtpspec::cli
