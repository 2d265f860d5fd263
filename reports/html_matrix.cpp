#include <algorithm>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "harness/engine/findings.hpp"
#include "harness/smtp/visible.hpp"
#include "reports/layout.hpp"
#include "reports/matrix.hpp"
#include "reports/parts.hpp"
#include "reports/terminal_style.hpp"

namespace smtpspec::reports {
namespace {

using engine::Outcome;
using engine::RunResult;
using engine::ScenarioResult;
using smtp::visible;

constexpr std::size_t most_of_texts = std::size_t{8} << 20;  // octets of the page, about, before they are cut short
constexpr std::size_t most_of_all_texts = std::size_t{14} << 20;
constexpr std::size_t most_cells = 300'000;
constexpr std::size_t most_of_excerpts = std::size_t{12} << 20;
constexpr std::size_t most_of_field = 1500;  // columns of one text
constexpr std::size_t most_of_short_field = 100;
constexpr std::size_t most_of_place = 200;  // of a requirement's
constexpr std::size_t most_of_list = 100;
constexpr std::size_t of_a_line = 16;  // octets beside its text

/// Numbers of texts that a cell may lack, in the order of its members.
constexpr int none = -1;

bool is_red(Outcome outcome) { return engine::is_finding(outcome, true); }

/// Trailing members that are lacking say nothing.
PageJson without_tail(PageJson list) {
  while (!list.empty() && list.back() == none) list.erase(list.size() - 1);
  return list;
}

}  // namespace

std::size_t Matrix::text(std::string_view said) {
  if (texts_.octets() > most_of_all_texts) return texts_.number_of("[left out, for want of room]");
  return texts_.number_of(
      cut_middle(visible(said), texts_.octets() < most_of_texts ? most_of_field : most_of_short_field));
}

/// The first run that has its sentence gives it.
std::size_t Matrix::requirement_number(const engine::CitedRequirement& cited) {
  const auto [found, is_new] = requirement_numbers_.emplace(cited.id, requirements_.size());
  if (is_new) {
    const auto fit = [](std::string_view said) { return cut_middle(visible(said), most_of_place); };
    requirements_.push_back(requirement_json(cited, fit));
    requirements_.back()["says"] = none;
  }
  PageJson& says = requirements_[found->second]["says"];
  if (says == none && !cited.says.empty()) says = text(cited.says);
  return found->second;
}

/// What is the same in every run is taken from the first that has it.
std::size_t Matrix::row_number(const ScenarioResult& row) {
  const auto [found, is_new] = row_numbers_.emplace(row.id, rows_.size());
  if (!is_new) return found->second;
  PageJson cited = PageJson::array();
  for (const engine::CitedRequirement& one : row.requirements)
    if (cited.size() < most_of_list) cited.push_back(requirement_number(one));
  rows_.push_back(
      {text(row.id), text(row.title), name(row.level), text(row.file), row.line, std::move(cited), text(area(row))});
  return found->second;
}

PageJson Matrix::excerpt_json(const std::vector<engine::ExcerptLine>& lines) {
  PageJson shown = PageJson::array();
  for (const engine::ExcerptLine& line : lines) {
    if (texts_.octets() + lines_ * of_a_line > most_of_excerpts) break;
    PageJson one = {side_letter(line.side), text(line.text)};
    if (line.key) one.push_back(1);
    shown.push_back(std::move(one));
    ++lines_;
  }
  return shown;
}

/// Row, outcome, actual, expected, reason, the requirement that decided, the command that plays it again, the excerpt,
/// why the baseline knows it, and the link in that.
PageJson Matrix::cell_json(const ScenarioResult& row) {
  const auto number = [this](const std::string& said) { return said.empty() ? PageJson(none) : PageJson(text(said)); };
  PageJson cell = {row_number(row), name(row.outcome), number(row.actual), number(row.expected), number(row.reason)};
  for (const engine::CitedRequirement& cited : row.requirements) (void)requirement_number(cited);
  const auto decided = requirement_numbers_.find(row.decided_by);
  cell.push_back(row.decided_by.empty() || decided == requirement_numbers_.end() ? PageJson(none)
                                                                                 : PageJson(decided->second));
  cell.push_back(is_red(row.outcome) ? number(row.again) : PageJson(none));
  PageJson excerpt = excerpt_json(row.excerpt);
  cell.push_back(excerpt.empty() ? PageJson(none) : std::move(excerpt));
  cell.push_back(number(known_because(row)));
  cell.push_back(number(known_link(row)));
  return without_tail(std::move(cell));
}

PageJson Matrix::about_json(const RunResult& run) {
  PageJson about = {{"address", text(run.target.address)},
                    {"profile", text(run.target.profile)},
                    {"greeting", text(run.target.greeting)},
                    {"started", text(run.started)},
                    {"version", text(run.version)},
                    {"seed", text(std::to_string(run.seed))},
                    {"command", text(run.command)},
                    {"duration_ms", run.duration.count()},
                    {"verdict", text(reports::verdict(run, {}))},
                    {"learnt", PageJson::array()}};
  if (!run.complete) about["incomplete"] = text(run.incomplete_because);
  if (run.shards > 1) about["shard"] = fmt::format("{}/{}", run.shard, run.shards);
  for (const engine::Learnt& fact : run.target.learnt)
    if (about["learnt"].size() < most_of_list) about["learnt"].push_back({text(fact.name), text(fact.value)});
  return about;
}

/// Findings of one id are one line, whose cells are the runs that have it.
void Matrix::put_findings(const std::vector<engine::Finding>& findings, std::size_t column, bool known) {
  for (const engine::Finding& one : findings) {
    const auto [found, is_new] = finding_numbers_.emplace(one.id, findings_.size());
    if (is_new)
      findings_.push_back(
          {{"id", text(one.id)}, {"what", text(one.what)}, {"requirement", none}, {"in", PageJson::array()}});
    PageJson& finding = findings_[found->second];
    if (finding["requirement"] == none && !one.requirement.id.empty())
      finding["requirement"] = requirement_number(one.requirement);
    PageJson rows = PageJson::array();
    for (const std::string& id : one.rows)
      if (const auto row = row_numbers_.find(id); row != row_numbers_.end()) rows.push_back(row->second);
    const auto evidence = row_numbers_.find(one.evidence);
    finding["in"].push_back({column, name(one.severity), name(one.outcome),
                             evidence == row_numbers_.end() ? PageJson(none) : PageJson(evidence->second), known,
                             std::move(rows)});
  }
}

void Matrix::add(const RunResult& run, std::string_view folder) {
  Column column;
  column.name = cut_middle(visible(run.target.name.empty() ? "no name" : run.target.name), most_of_short_field);
  column.folder = cut_middle(visible(folder), most_of_short_field);
  column.about = about_json(run);
  std::unordered_set<std::string_view> seen;  // of two rows of one id the first counts
  for (const ScenarioResult& row : run.scenarios) {
    if (!seen.insert(row.id).second) continue;
    if (++cells_ > most_cells)
      ++left_out_;
    else
      column.cells.push_back(cell_json(row));
  }
  put_findings(engine::findings(run), columns_.size(), false);
  put_findings(engine::known_findings(run), columns_.size(), true);
  columns_.push_back(std::move(column));
}

/// Where two are alike, their folders tell them apart, and else their places in the row.
std::vector<std::string> Matrix::names() const {
  std::vector<std::string> names;
  const auto alike = [](const std::vector<std::string>& all, const std::string& one) {
    return std::count(all.begin(), all.end(), one) > 1;
  };
  for (const Column& column : columns_) names.push_back(column.name);
  const std::vector<std::string> given = names;
  for (std::size_t i = 0; i < names.size(); ++i)
    if (alike(given, given[i])) names[i] = fmt::format("{} ({})", given[i], columns_[i].folder);
  const std::vector<std::string> with_folders = names;
  for (std::size_t i = 0; i < names.size(); ++i)
    if (alike(with_folders, with_folders[i])) names[i] += fmt::format(" #{}", i + 1);
  return names;
}

std::string Matrix::verdict() const {
  return fmt::format("{} side by side: {}.", counted(columns_.size(), "run"), fmt::join(names(), ", "));
}

PageJson Matrix::data() const {
  PageJson data = {
      {"page", "smtpspec-page/1"},         {"verdict", verdict()},          {"texts", texts_.all()},
      {"rows", PageJson::array()},         {"requirements", requirements_}, {"findings", PageJson::array()},
      {"conversations", PageJson::array()}};
  for (PageJson& one : data["requirements"]) one["says"] = one["says"] == none ? "" : texts_.all()[one["says"]];
  PageJson& matrix =
      data["matrix"] = {{"rows", rows_}, {"findings", findings_}, {"left_out", left_out_}, {"runs", PageJson::array()}};
  const std::vector<std::string> shown = names();
  for (std::size_t i = 0; i < columns_.size(); ++i)
    matrix["runs"].push_back({{"name", shown[i]}, {"about", columns_[i].about}, {"cells", columns_[i].cells}});
  return data;
}

std::string to_html(const Matrix& matrix) {
  return page_of(matrix.data(), fmt::format("smtpspec: {}", matrix.verdict()), matrix.verdict());
}

}  // namespace smtpspec::reports
