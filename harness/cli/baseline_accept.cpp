#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>
#include <fnmatch.h>

#include "harness/cli/commands.hpp"
#include "harness/cli/console.hpp"
#include "harness/cli/held_baseline.hpp"
#include "harness/engine/endings.hpp"
#include "harness/engine/findings.hpp"
#include "harness/scenario/baseline_text.hpp"
#include "harness/smtp/visible.hpp"
#include "reports/parts.hpp"

namespace smtpspec::cli {
namespace {

using engine::EntryStanding;
using scenario::Baseline;

/// Writes down what a run found, finding by finding.
class Accepting {
 public:
  Accepting(const BaselineOptions& options, const HeldBaseline& held) : options_(options), held_(held) {
    for (const EntryStanding& one : held.standings())
      for (const std::string& id : one.rows) entries_[id] = one.entry;
  }

  int accept() {
    for (const engine::Finding& one : engine::findings(held_.run))
      if (is_wanted(one)) take(one);
    const auto endings = endings_now();
    if (told_.empty()) {
      put("no finding that the baseline does not know\n");
      return exit_complete;
    }
    auto text = scenario::with_entries(held_.text, changes_);
    if (!text || !may_be_added_to()) return left_to_its_author(options_);
    if (!text->empty() && !text->ends_with('\n')) *text += '\n';
    *text += added_;
    return write(options_, endings ? scenario::with_endings(*text, *endings) : *text, told_);
  }

 private:
  /// TOML lets nobody add a table to a list that was written as a value.
  [[nodiscard]] bool may_be_added_to() const {
    std::vector<scenario::Place> places;
    for (const Baseline::Entry& one : held_.baseline.entries) places.push_back(one.place);
    return added_.empty() || scenario::without_entries(held_.text, places).has_value();
  }

  /// Those that the file is to have, where they are others than it has; rows that did not run keep theirs.
  std::optional<std::map<std::string, std::string>> endings_now() {
    const auto& before = held_.baseline.endings;
    if (!before && !options_.endings) return std::nullopt;
    auto now = before.value_or(std::map<std::string, std::string>());
    for (const engine::ScenarioResult& row : held_.run.scenarios)
      if (engine::is_decided(row.outcome)) now.erase(row.id);
    now.merge(engine::endings_of(held_.run));
    if (before == now) return std::nullopt;
    told_ += fmt::format("endings  {} remembered\n", now.size());
    return now;
  }

  [[nodiscard]] bool is_wanted(const engine::Finding& finding) const {
    const auto fits = [&](const std::string& glob) {
      const auto is = [&](const std::string& id) { return fnmatch(glob.c_str(), id.c_str(), 0) == 0; };
      return is(finding.id) || std::any_of(finding.rows.begin(), finding.rows.end(), is);
    };
    return options_.only.empty() || std::any_of(options_.only.begin(), options_.only.end(), fits);
  }

  /// What comes and goes may do so in other words each time: those of this run would turn a later one red by chance.
  static std::string signature_of(const Baseline::Entry& entry, const std::string& actual) {
    return entry.unstable ? "" : engine::without_names(actual);
  }

  /// As it was seen where it was verified.
  [[nodiscard]] bool comes_and_goes(const engine::Finding& finding) const {
    const auto kept = [](const engine::Seen& one) {
      return engine::is_decided(one.outcome) && !engine::is_finding(one.outcome, true);
    };
    const engine::ScenarioResult* const row = reports::row_named(held_.run, finding.evidence);
    return row != nullptr && std::any_of(row->seen.begin(), row->seen.end(), kept);
  }

  void take(const engine::Finding& finding) {
    Baseline::Entry entry = options_.about;
    entry.finding = finding.id;
    entry.outcome = finding.outcome;
    entry.unstable = entry.unstable || comes_and_goes(finding);
    entry.signature = signature_of(entry, finding.actual);
    if (entry.reason.empty()) entry.reason = "Accepted, not looked into: " + finding.what;
    for (const auto* const rows : {&finding.rows, &finding.consequences})
      for (const std::string& id : *rows)
        entry.rows[id] = entry.unstable ? "" : engine::print_of(*reports::row_named(held_.run, id));
    bool is_new = true;
    for (const auto& [id, print] : entry.rows)
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
    entry.unstable = known.unstable || options_.about.unstable;
    if (!known.signature.empty()) entry.signature = signature_of(entry, row->actual);
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
    now.unstable = now.unstable || known.unstable;
    if (now.unstable) now.signature.clear();
    if (now.scenario.empty()) now.rows.insert(known.rows.begin(), known.rows.end());
    now.place = known.place;
    told_ += fmt::format("changed  {}\n", smtp::visible(what_of(known)));
    changes_.push_back(std::move(now));
  }

  void add(const Baseline::Entry& entry) {
    added_ += (held_.text.empty() && added_.empty() ? "" : "\n") + scenario::to_toml(entry);
    told_ += fmt::format("added    {}\n", smtp::visible(what_of(entry)));
  }

  const BaselineOptions& options_;
  const HeldBaseline& held_;
  std::map<std::string, const Baseline::Entry*> entries_;  ///< by the rows that they are about
  std::set<const Baseline::Entry*> changed_;
  std::vector<Baseline::Entry> changes_;
  std::string added_;
  std::string told_;
};

}  // namespace

int accept_findings(BaselineOptions options) {
  if (!options.until.empty() && !(options.about.until = scenario::day_in(options.until))) {
    say(fmt::format("--until {}: no day; as in 2027-03-31", options.until));
    return exit_usage;
  }
  const auto held = hold(options, true);
  return held ? Accepting(options, *held).accept() : int{exit_usage};
}

}  // namespace smtpspec::cli
