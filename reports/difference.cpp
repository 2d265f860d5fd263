#include "reports/difference.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "harness/smtp/visible.hpp"
#include "reports/layout.hpp"
#include "reports/terminal_style.hpp"

namespace smtpspec::reports {
namespace {

using Json = nlohmann::ordered_json;
using engine::Change;
using engine::Difference;
using engine::Finding;
using engine::RowChange;
using engine::RunResult;
using engine::ScenarioResult;
using smtp::visible;
using smtp::well_formed;

constexpr Columns entry = {2, 0};
constexpr Columns detail = {4, 6};
constexpr std::size_t most_of_kind = 15;

struct Words {
  Change change;
  std::string_view heading;
  std::string_view counted;  ///< "3 ..."
};
constexpr Words words[] = {{Change::worse, "Worse", "worse"},
                           {Change::another, "Fail in another way", "failing in another way"},
                           {Change::otherwise, "Otherwise", "otherwise"},
                           {Change::better, "Better", "better"}};

std::string outcome_of(const ScenarioResult* row) {
  return row == nullptr ? "not played" : std::string(name(row->outcome));
}

/// What was seen of it, or why nothing was.
std::string seen(const ScenarioResult* row) {
  if (row == nullptr) return {};
  return !row->actual.empty() ? row->actual : row->reason;
}

void put_row(std::string& out, const RowChange& row, const TerminalStyle& style) {
  const ScenarioResult& shown = row.after != nullptr ? *row.after : *row.before;
  const std::size_t most = style.verbose ? no_limit : 1;
  const std::string was = outcome_of(row.before);
  const std::string is = outcome_of(row.after);
  put_field(out, entry, "", fmt::format("{}: {}, {}", shown.id, is, is == was ? "as before" : "was " + was), style,
            most);
  if (row.change == Change::worse || row.change == Change::another || style.verbose) {
    if (!seen(row.before).empty()) put_field(out, detail, "was", seen(row.before), style, most);
    if (!seen(row.after).empty()) put_field(out, detail, "is", seen(row.after), style, most);
  }
}

void put_rows(std::string& out, const Difference& difference, const TerminalStyle& style) {
  for (const auto& [change, heading, ignored] : words) {
    const std::size_t count = difference.count(change);
    if (count == 0) continue;
    out += fmt::format("{}: {}\n", heading, counted(count, "row"));
    std::size_t shown = 0;
    for (const RowChange& row : difference.rows) {
      if (row.change != change) continue;
      if (shown == most_of_kind && !style.verbose) {
        put_field(out, entry, "", fmt::format("and {} more; --verbose shows all", count - shown), style);
        break;
      }
      put_row(out, row, style);
      ++shown;
    }
    out += '\n';
  }
}

void put_findings(std::string& out, std::string_view heading, const std::vector<Finding>& findings,
                  const TerminalStyle& style) {
  if (findings.empty()) return;
  out += fmt::format("{}: {}, {}\n", heading, counted(findings.size(), "finding"), by_severity(findings, 0));
  for (std::size_t i = 0; i < findings.size(); ++i) {
    if (i == most_of_kind && !style.verbose) {
      put_field(out, entry, "", fmt::format("and {} more; --verbose shows all", findings.size() - i), style);
      break;
    }
    put_field(out, entry, "", fmt::format("{} {}: {}", name(findings[i].severity), findings[i].id, findings[i].what),
              style, style.verbose ? no_limit : 2);
  }
  out += '\n';
}

void put_facts(std::string& out, const Difference& difference, const TerminalStyle& style) {
  if (difference.facts.empty()) return;
  out += "The target\n";
  for (const engine::FactChange& fact : difference.facts)
    put_field(out, entry, "",
              fmt::format("{}: {}, was {}", fact.name, fact.after.empty() ? "not there" : fact.after,
                          fact.before.empty() ? "not there" : fact.before),
              style, style.verbose ? no_limit : 2);
  out += '\n';
}

std::string described(const RunResult& run) {
  return fmt::format("{} {} ({}), {}, {}{}", run.target.name, run.target.address, run.target.profile, run.started,
                     counted(run.scenarios.size(), "row"), run.complete ? "" : ", incomplete");
}

Json of_run(const RunResult& run) {
  return {{"version", well_formed(run.version)},
          {"suite", well_formed(run.suite)},
          {"seed", run.seed},
          {"started", well_formed(run.started)},
          {"target", well_formed(run.target.name)},
          {"address", well_formed(run.target.address)},
          {"complete", run.complete},
          {"rows", run.scenarios.size()}};
}

Json of_row(const ScenarioResult* row) {
  if (row == nullptr) return nullptr;
  return {{"outcome", name(row->outcome)},
          {"cause", judge::name(row->cause)},
          {"actual", well_formed(row->actual)},
          {"reason", well_formed(row->reason)}};
}

Json of_findings(const std::vector<Finding>& findings) {
  Json list = Json::array();
  for (const Finding& one : findings)
    list.push_back({{"id", well_formed(one.id)},
                    {"severity", name(one.severity)},
                    {"outcome", name(one.outcome)},
                    {"what", well_formed(one.what)},
                    {"actual", well_formed(one.actual)},
                    {"evidence", well_formed(one.evidence)}});
  return list;
}

}  // namespace

std::string_view verdict_word(const Difference& difference) {
  if (difference.is_worse()) return "worse";
  if (difference.is_nothing()) return "same";
  const bool only_better = difference.count(Change::better) > 0 && difference.count(Change::another) == 0 &&
                           difference.count(Change::otherwise) == 0;
  return only_better ? "better" : "changed";
}

std::string to_terminal(const Difference& difference, const RunResult& before, const RunResult& after,
                        const TerminalStyle& style) {
  std::string out;
  put_field(out, {0, 8}, "before", described(before), style, 2);
  put_field(out, {0, 8}, "after", described(after), style, 2);
  if (difference.of_other_suite)
    put_field(
        out, {0, 0}, "",
        fmt::format("The runs are of different suites, or selections of one: {}, then {}.", before.suite, after.suite),
        style, 2);
  out += '\n';
  put_rows(out, difference, style);
  put_findings(out, "Appeared", difference.appeared, style);
  put_findings(out, "Gone", difference.gone, style);
  put_findings(out, "Not played, or not decided", difference.not_played, style);
  put_facts(out, difference, style);
  std::string counts;
  for (const Words& one : words)
    if (difference.count(one.change) > 0) counts += fmt::format(", {} {}", difference.count(one.change), one.counted);
  const std::string_view word = verdict_word(difference);
  const Colour colour = word == "worse"                      ? Colour::red
                        : word == "same" || word == "better" ? Colour::green
                                                             : Colour::yellow;
  std::string said = word == "same"     ? "The same"
                     : word == "worse"  ? "Something got worse"
                     : word == "better" ? "Only better"
                                        : "Changed, but no row is worse";
  said += fmt::format(": {} compared{}.", counted(difference.compared, "row"), counts);
  for (const std::string& line : fitted(said, style.width)) out += painted(line, colour, style) + '\n';
  return without_commands(folded(out, style.width));
}

std::string to_json(const Difference& difference, const RunResult& before, const RunResult& after) {
  Json document = {{"schema", "smtpspec-diff/1"}, {"verdict", verdict_word(difference)}};
  document["before"] = of_run(before);
  document["after"] = of_run(after);
  document["of_other_suite"] = difference.of_other_suite;
  document["compared"] = difference.compared;
  document["rows"] = Json::array();
  for (const RowChange& row : difference.rows)
    document["rows"].push_back({{"id", well_formed(row.after != nullptr ? row.after->id : row.before->id)},
                                {"change", name(row.change)},
                                {"before", of_row(row.before)},
                                {"after", of_row(row.after)}});
  document["appeared"] = of_findings(difference.appeared);
  document["gone"] = of_findings(difference.gone);
  document["not_played"] = of_findings(difference.not_played);
  document["facts"] = Json::array();
  for (const engine::FactChange& fact : difference.facts)
    document["facts"].push_back(
        {{"name", well_formed(fact.name)}, {"before", well_formed(fact.before)}, {"after", well_formed(fact.after)}});
  constexpr int indent = 2;
  constexpr bool ascii_alone = true;
  return document.dump(indent, ' ', ascii_alone) + "\n";
}

}  // namespace smtpspec::reports
