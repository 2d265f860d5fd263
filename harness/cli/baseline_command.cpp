#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fnmatch.h>

#include "harness/cli/commands.hpp"
#include "harness/cli/console.hpp"
#include "harness/cli/run_folder.hpp"
#include "harness/cli/run_options.hpp"
#include "harness/cli/suite_files.hpp"
#include "harness/engine/baseline.hpp"
#include "harness/engine/findings.hpp"
#include "harness/scenario/baseline_text.hpp"
#include "harness/smtp/visible.hpp"
#include "reports/parts.hpp"

namespace smtpspec::cli {
namespace {

using engine::BaselineStatus;
using engine::EntryStanding;
using scenario::Baseline;

struct Options {
  std::filesystem::path run = "smtpspec-run";
  std::filesystem::path file = "expected.toml";
  std::vector<std::filesystem::path> suite;
  std::vector<std::string> only;
  Baseline::Entry about;  ///< what `accept` says of each
  std::string until;
};

/// A run, and the baseline that it is held against now, whatever it was played with.
struct Held {
  engine::RunResult run;
  std::string text;
  Baseline baseline;
  std::optional<scenario::Suite> suite;

  [[nodiscard]] std::vector<EntryStanding> standings() const {
    return engine::standings(run, baseline, suite ? &*suite : nullptr);
  }
};

/// `may_begin`: there need not be a file yet.
std::optional<Held> hold(const Options& options, bool may_begin) {
  Held held;
  auto run = stored_result(options.run);
  if (!run) return std::nullopt;
  held.run = std::move(*run);
  std::error_code ignored;
  if (const auto text = read_file(options.file)) {
    held.text = *text;
  } else if (!may_begin || std::filesystem::exists(std::filesystem::symlink_status(options.file, ignored))) {
    say(fmt::format("{}: cannot be read as a baseline", options.file.string()));
    return std::nullopt;
  }
  auto loaded = scenario::load_baseline(held.text, options.file.string());
  if (!print(loaded)) return std::nullopt;
  held.baseline = std::move(loaded.value);
  held.suite = load_suite(options.suite);
  if (!held.suite) return std::nullopt;
  engine::apply_baseline(held.run, held.baseline, &*held.suite);
  return held;
}

std::string_view label(const EntryStanding& standing) { return standing.status ? name(*standing.status) : "not seen"; }

std::string what_of(const Baseline::Entry& entry) { return entry.scenario.empty() ? entry.finding : entry.scenario; }

bool is_out_of_date(const EntryStanding& standing) {
  return standing.status == BaselineStatus::fixed || standing.status == BaselineStatus::stale;
}

std::string line_of(const EntryStanding& standing) {
  const Baseline::Entry& entry = *standing.entry;
  std::string line = fmt::format("{:<12}  {}:{}  {}", label(standing), entry.place.file, entry.place.line,
                                 smtp::visible(what_of(entry)));
  if (standing.rows.size() > 1) line += fmt::format(", {} rows", standing.rows.size());
  if (entry.until) line += ", until " + scenario::to_text(*entry.until);
  if (!entry.owner.empty()) line += ", of " + smtp::visible(entry.owner);
  return line + fmt::format("\n              {}\n", smtp::visible(entry.reason));
}

/// An entry is about it, and says otherwise.
bool is_known(const engine::RunResult& run, const engine::Finding& finding) {
  const engine::ScenarioResult* const row = reports::row_named(run, finding.evidence);
  return row != nullptr && row->known.has_value();
}

int review(const Options& options) {
  const auto held = hold(options, false);
  if (!held) return exit_usage;
  std::string out;
  std::map<std::string_view, std::size_t> counts;
  auto all = held->standings();
  std::stable_sort(all.begin(), all.end(), [](const EntryStanding& a, const EntryStanding& b) {
    const auto rank = [](const EntryStanding& one) {
      return one.status == BaselineStatus::drift     ? 0
             : one.status == BaselineStatus::expired ? 1
             : is_out_of_date(one)                   ? 2
                                                     : 3;
    };
    return rank(a) < rank(b);
  });
  for (const EntryStanding& one : all) {
    out += line_of(one);
    ++counts[label(one)];
  }
  for (const engine::Finding& one : engine::findings(held->run)) {
    if (is_known(held->run, one)) continue;
    out += fmt::format("{:<12}  {}  {}\n", name(BaselineStatus::regression), smtp::visible(one.id),
                       smtp::visible(one.what));
    ++counts[name(BaselineStatus::regression)];
  }
  std::string sum;
  for (const auto& [word, count] : counts) sum += fmt::format("{}{} {}", sum.empty() ? "" : ", ", count, word);
  put_folded(out + (sum.empty() ? "no entry, and no finding" : "\n" + sum) + "\n");
  if (held->run.findings(false) > 0) return exit_findings;
  return std::any_of(all.begin(), all.end(), is_out_of_date) ? exit_baseline : exit_complete;
}

/// Writes it where it still says what it is to say.
int write(const Options& options, const std::string& text, const std::string& told) {
  if (!print(scenario::load_baseline(text, options.file.string()).diagnostics)) return exit_internal;
  if (const auto problem = reports::write_file(options.file, text)) {
    say(*problem);
    return exit_not_written;
  }
  put_folded(told);
  return exit_complete;
}

int left_to_its_author(const Options& options) {
  say(fmt::format("{}: an entry is not written as a table of its own, [[expect]]: nothing was changed",
                  options.file.string()));
  return exit_usage;
}

int prune(const Options& options) {
  const auto held = hold(options, false);
  if (!held) return exit_usage;
  std::vector<scenario::Place> gone;
  std::string told;
  for (const EntryStanding& one : held->standings())
    if (is_out_of_date(one)) {
      gone.push_back(one.entry->place);
      told += "taken out  " + line_of(one);
    }
  if (gone.empty()) {
    put("no entry is out of date\n");
    return exit_complete;
  }
  if (!held->run.complete) {
    say("the run is incomplete: what it did not show is not fixed by that; nothing was changed");
    return exit_untrusted;
  }
  const auto text = scenario::without_entries(held->text, gone);
  if (!text) return left_to_its_author(options);
  return write(options, *text, told);
}

/// Writes down what a run found, finding by finding.
class Accepting {
 public:
  Accepting(const Options& options, const Held& held) : options_(options), held_(held) {
    for (const EntryStanding& one : held.standings())
      for (const std::string& id : one.rows) entries_[id] = one.entry;
  }

  int accept() {
    for (const engine::Finding& one : engine::findings(held_.run))
      if (is_wanted(one)) take(one);
    if (told_.empty()) {
      put("no finding that the baseline does not know\n");
      return exit_complete;
    }
    auto text = scenario::with_entries(held_.text, changes_);
    if (!text) return left_to_its_author(options_);
    if (!text->empty() && !text->ends_with('\n')) *text += '\n';
    return write(options_, *text + added_, told_);
  }

 private:
  [[nodiscard]] bool is_wanted(const engine::Finding& finding) const {
    const auto fits = [&](const std::string& glob) {
      const auto is = [&](const std::string& id) { return fnmatch(glob.c_str(), id.c_str(), 0) == 0; };
      return is(finding.id) || std::any_of(finding.rows.begin(), finding.rows.end(), is);
    };
    return options_.only.empty() || std::any_of(options_.only.begin(), options_.only.end(), fits);
  }

  void take(const engine::Finding& finding) {
    Baseline::Entry entry = options_.about;
    entry.finding = finding.id;
    entry.outcome = finding.outcome;
    entry.signature = engine::without_names(finding.actual);
    if (entry.reason.empty()) entry.reason = "Accepted, not looked into: " + finding.what;
    bool is_new = true;
    for (const auto* const rows : {&finding.rows, &finding.consequences})
      for (const std::string& id : *rows)
        if (const auto known = entries_.find(id); known != entries_.end()) {
          is_new = false;
          change(*known->second, known->second->scenario.empty() ? entry : of_row(id, *known->second));
        }
    if (is_new) add(entry);
  }

  /// A row that an entry of its own, or a glob, knows otherwise.
  [[nodiscard]] Baseline::Entry of_row(const std::string& id, const Baseline::Entry& known) const {
    const engine::ScenarioResult* const row = reports::row_named(held_.run, id);  // a finding's: it is there
    Baseline::Entry entry = known;
    entry.scenario = id;
    entry.outcome = row->outcome;
    if (!known.cause.empty()) entry.cause = judge::name(row->cause);
    if (!known.signature.empty()) entry.signature = engine::without_names(row->actual);
    entry.until = options_.about.until;
    return entry;
  }

  void change(const Baseline::Entry& known, Baseline::Entry now) {
    if (known.scenario != now.scenario) return add(now);  // a glob, which holds for its other rows
    if (!changed_.insert(&known).second) return;
    if (known.until && !now.until) {
      told_ += fmt::format("expired  {}: --until DAY accepts it for longer\n", smtp::visible(what_of(known)));
      return;
    }
    now.place = known.place;
    told_ += fmt::format("changed  {}\n", smtp::visible(what_of(known)));
    changes_.push_back(std::move(now));
  }

  void add(const Baseline::Entry& entry) {
    added_ += (held_.text.empty() && added_.empty() ? "" : "\n") + scenario::to_toml(entry);
    told_ += fmt::format("added    {}\n", smtp::visible(what_of(entry)));
  }

  const Options& options_;
  const Held& held_;
  std::map<std::string, const Baseline::Entry*> entries_;  ///< by the rows that they are about
  std::set<const Baseline::Entry*> changed_;
  std::vector<Baseline::Entry> changes_;
  std::string added_;
  std::string told_;
};

int accept(Options options) {
  if (!options.until.empty() && !(options.about.until = scenario::day_in(options.until))) {
    say(fmt::format("--until {}: no day; as in 2027-03-31", options.until));
    return exit_usage;
  }
  const auto held = hold(options, true);
  return held ? Accepting(options, *held).accept() : int{exit_usage};
}

CLI::App* add(CLI::App& command, const std::string& name, const std::string& about, Options& options) {
  CLI::App* sub = command.add_subcommand(name, about);
  sub->add_option("run", options.run, "The folder that run --out wrote")->capture_default_str();
  sub->add_option("--baseline", options.file, "The file of known failures")->type_name("FILE")->capture_default_str();
  add_suite_option(*sub, options.suite);
  return sub;
}

}  // namespace

void add_baseline(CLI::App& app, Chosen& chosen) {
  CLI::App* command = app.add_subcommand("baseline", "Known failures: accept what a run found, review, prune");
  command->require_subcommand(1);
  auto options = std::make_shared<Options>();
  CLI::App* accepting =
      add(*command, "accept", "Write an entry for each finding that has none; made where there is no file", *options);
  accepting->add_option("--only", options->only, "Findings of these ids, or of rows of these; globs")
      ->type_name("GLOB ...");
  accepting->add_option("--reason", options->about.reason, "Why it is so");
  accepting->add_option("--link", options->about.link, "Where it is followed up")->type_name("URL");
  accepting->add_option("--owner", options->about.owner, "Whose it is");
  accepting->add_option("--until", options->until, "The last day on which it is expected: 2027-03-31")
      ->type_name("DAY");
  accepting->add_flag("--unstable", options->about.unstable, "It fails now and then: a pass is as expected");
  accepting->callback([options, &chosen] { chosen.run = [options] { return accept(*options); }; });
  add(*command, "review", "Tell how each entry stands against a run, what is out of date first", *options)
      ->callback([options, &chosen] { chosen.run = [options] { return review(*options); }; });
  add(*command, "prune", "Take out the entries that are fixed, or of no scenario; comments and order stay", *options)
      ->callback([options, &chosen] { chosen.run = [options] { return prune(*options); }; });
  command->footer(
      "Exit codes: 0 done, or all is as the file says; 1 (review) findings that it does not know; 2 usage, or a file\n"
      "that cannot be read or is not written as [[expect]]; 5 (prune) the run is incomplete; 6 (review) entries are\n"
      "out of date; 74 the file cannot be written.");
}

}  // namespace smtpspec::cli
