#include <algorithm>
#include <map>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "harness/cli/commands.hpp"
#include "harness/cli/console.hpp"
#include "harness/cli/held_baseline.hpp"
#include "harness/cli/suite_files.hpp"
#include "harness/engine/findings.hpp"
#include "harness/scenario/baseline_text.hpp"
#include "harness/smtp/visible.hpp"
#include "reports/parts.hpp"

namespace smtpspec::cli {
namespace {

using engine::BaselineStatus;
using engine::EntryStanding;

std::string_view label(const EntryStanding& standing) { return standing.status ? name(*standing.status) : "not seen"; }

bool is_out_of_date(const EntryStanding& standing) {
  return standing.status == BaselineStatus::fixed || standing.status == BaselineStatus::stale;
}

std::string line_of(const EntryStanding& standing) {
  const scenario::Baseline::Entry& entry = *standing.entry;
  std::string line = fmt::format("{:<12}  {}:{}  {}", label(standing), entry.place.file, entry.place.line,
                                 smtp::visible(what_of(entry)));
  if (standing.rows.size() > 1) line += fmt::format(", {} rows", standing.rows.size());
  if (entry.until) line += ", until " + scenario::to_text(*entry.until);
  if (!entry.owner.empty()) line += ", of " + smtp::visible(entry.owner);
  return line + fmt::format("\n              {}\n", smtp::visible(entry.reason));
}

/// Of a row that takes another permitted ending than the baseline remembers.
constexpr std::string_view otherwise = "otherwise";

/// An entry is about it, and says otherwise.
bool is_known(const engine::RunResult& run, const engine::Finding& finding) {
  const engine::ScenarioResult* const row = reports::row_named(run, finding.evidence);
  return row != nullptr && row->known.has_value();
}

int review(const BaselineOptions& options) {
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
  for (const std::string& line : held->run.other_endings) {
    out += fmt::format("{:<12}  {}\n", otherwise, smtp::visible(line));
    ++counts[otherwise];
  }
  std::string sum;
  for (const auto& [word, count] : counts) sum += fmt::format("{}{} {}", sum.empty() ? "" : ", ", count, word);
  put_folded(out + (sum.empty() ? "no entry, and no finding" : "\n" + sum) + "\n");
  if (held->run.findings(false) > 0) return exit_findings;
  return std::any_of(all.begin(), all.end(), is_out_of_date) ? exit_baseline : exit_complete;
}

int prune(const BaselineOptions& options) {
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

CLI::App* add(CLI::App& command, const std::string& name, const std::string& about, BaselineOptions& options) {
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
  command->footer(
      "Exit codes: 0 done, or all is as the file says; 1 (review) findings that it does not know; 2 usage, or a file\n"
      "that cannot be read or is not written as [[expect]]; 5 (prune) the run is incomplete; 6 (review) entries are\n"
      "out of date; 74 the file cannot be written.");
  auto options = std::make_shared<BaselineOptions>();
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
  accepting->add_flag("--endings", options->endings,
                      "Remember which of several permitted endings rows took, as a file that has some does anyway:\n"
                      "another is told from then on, and is no finding");
  accepting->callback([options, &chosen] { chosen.run = [options] { return accept_findings(*options); }; });
  add(*command, "review", "Tell how each entry stands against a run, what is out of date first", *options)
      ->callback([options, &chosen] { chosen.run = [options] { return review(*options); }; });
  add(*command, "prune", "Take out the entries that are fixed, or of nothing in the suite; comments and order stay",
      *options)
      ->callback([options, &chosen] { chosen.run = [options] { return prune(*options); }; });
}

}  // namespace smtpspec::cli
