#include <algorithm>
#include <filesystem>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "harness/engine/findings.hpp"
#include "harness/smtp/char_class.hpp"
#include "harness/smtp/visible.hpp"
#include "reports/layout.hpp"
#include "reports/parts.hpp"
#include "reports/report.hpp"
#include "reports/terminal_style.hpp"

// SARIF 2.1.0 (OASIS): a rule a requirement, a result a finding, anchored at the scenario that is its best evidence.
// Within the limits of GitHub's code scanning: 25,000 results and 25,000 rules a run, 10 MB, 20 tags a rule, 1,000
// characters of a description, and relative paths alone.
namespace smtpspec::reports {
namespace {

using Json = nlohmann::ordered_json;
using engine::CitedRequirement;
using engine::Finding;
using engine::Outcome;
using engine::RunResult;
using engine::ScenarioResult;
using engine::Severity;
using smtp::visible;

constexpr std::size_t most_octets = std::size_t{9} << 20;  // of all results; compressed it is far less
constexpr std::size_t most_results = 20'000;
constexpr std::size_t most_related = 100;  // rows of a finding that are named by place
constexpr std::size_t most_tags = 20;
constexpr std::size_t most_of_text = 1000;
constexpr std::size_t most_of_name = 200;
constexpr std::size_t most_lines_shown = 12;
constexpr const char* suite_base = "SUITE";

std::string cut(std::string_view text, std::size_t most = most_of_text) { return cut_middle(visible(text), most); }

// In a message "{0}" is a placeholder and "[text](target)" a link (sections 3.11.5 and 3.11.6): neither is ours.
std::string message_text(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    if (c == '(' && safe.ends_with(']'))
      safe += "\\x28";
    else
      safe.append(c == '{' || c == '}' ? 2 : 1, c);
  }
  return safe;
}
Json message(std::string_view text) { return {{"text", message_text(text)}}; }

std::string percent_encoded(std::string_view path) {
  std::string uri;
  for (const char c : path) {
    const bool plain = smtp::is_let_dig(c) || std::string_view("-._~/").find(c) != std::string_view::npos;
    uri += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return uri;
}

std::string_view level_of(Severity severity) { return severity == Severity::should ? "warning" : "error"; }

/// Where a scenario's file is. GitHub takes relative paths alone: of a suite elsewhere it is the path within it.
struct Place {
  std::string base;  ///< of the suite: "/usr/share/smtpspec/"; empty where the path was relative
  std::string path;
};
Place place_of(const ScenarioResult& row) {
  const std::string path = std::filesystem::path(row.file).lexically_normal().string();
  if (!path.starts_with('/')) return {"", path};
  const auto suite = path.rfind("/scenarios/");
  const std::size_t split = suite == std::string::npos ? 1 : suite + 1;
  return {path.substr(0, split), path.substr(split)};
}

class Log {
 public:
  explicit Log(const RunResult& run) : run_(run) {}

  Json write() {
    Json results = Json::array();
    add(results, engine::findings(run_), false);
    add(results, engine::known_findings(run_), true);
    Json driver = {{"name", "smtpspec"}};
    if (!run_.version.empty()) driver["version"] = visible(run_.version);
    driver["rules"] = std::move(rules_);
    Json run = {{"tool", {{"driver", std::move(driver)}}},
                {"automationDetails", {{"id", fmt::format("smtpspec/{}/", category())}}},
                {"columnKind", "unicodeCodePoints"},
                {"invocations", {invocation()}}};
    if (!base_.empty()) run["originalUriBaseIds"] = {{suite_base, {{"uri", "file://" + percent_encoded(base_)}}}};
    run["results"] = std::move(results);
    run["properties"] = {{"target", visible(run_.target.name)},
                         {"address", visible(run_.target.address)},
                         {"profile", visible(run_.target.profile)},
                         {"seed", fmt::to_string(run_.seed)}};
    return {{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"}, {"version", "2.1.0"}, {"runs", {run}}};
  }

 private:
  /// Results of one target replace those of the same one alone.
  [[nodiscard]] std::string category() const {
    std::string name = cut(run_.target.name, most_of_name);
    std::replace(name.begin(), name.end(), '/', '_');
    return name.empty() ? "target" : name;
  }

  void add(Json& results, const std::vector<Finding>& findings, bool known) {
    for (const Finding& finding : findings) {
      Json result = result_of(finding, known);
      octets_ += result.dump().size();
      if (octets_ > most_octets || results.size() >= most_results)
        ++left_out_;
      else
        results.push_back(std::move(result));
    }
  }

  Json result_of(const Finding& finding, bool known) {
    const ScenarioResult* const row = row_named(run_, finding.evidence);
    Json result = {{"ruleId", rule_id(finding)},
                   {"ruleIndex", rule_index(finding, row)},
                   {"level", level_of(finding.severity)},
                   {"message", message(words_of(finding, row))},
                   {"locations", Json::array()}};
    if (row != nullptr) result["locations"].push_back(location(*row));
    Json related = Json::array();
    for (const std::string& id : finding.rows) {
      if (related.size() == most_related) break;
      const ScenarioResult* const other = id == finding.evidence ? nullptr : row_named(run_, id);
      if (other != nullptr) related.push_back(location(*other));
    }
    if (!related.empty()) result["relatedLocations"] = std::move(related);
    // GitHub looks at the first alone, and calculates it from the file where it is not there.
    result["partialFingerprints"] = {
        {"primaryLocationLineHash", fmt::format("{:016x}:1", engine::stable_hash(finding.id))},
        {"smtpspecFinding/v1", cut(finding.id)}};
    if (known) {
      const std::string because = row == nullptr ? "" : cut(known_because(*row));
      result["suppressions"] = {{{"kind", "external"},
                                 {"status", "accepted"},
                                 {"justification", because.empty() ? "The baseline says that it is known." : because}}};
    }
    result["properties"] = {{"severity", name(finding.severity)},
                            {"outcome", name(finding.outcome)},
                            {"cause", judge::name(finding.cause)},
                            {"rows", finding.rows.size() + finding.consequences.size()}};
    if (row != nullptr && !row->again.empty()) result["properties"]["again"] = cut(row->again);
    return result;
  }

  /// The first sentence is all that GitHub shows in a list.
  static std::string words_of(const Finding& finding, const ScenarioResult* row) {
    std::string words = fmt::format("{}: {}.", cut(finding.what, most_of_name), in_one_line(finding, most_of_text));
    if (!finding.requirement.id.empty())
      words +=
          fmt::format("\n{}: {}", cut(place(finding.requirement), most_of_name), cut(sentence(finding.requirement)));
    if (row != nullptr && row->known) words += '\n' + cut(against_baseline(*row));
    if (row == nullptr || row->excerpt.empty()) return words;
    words += '\n' + conversation(around_key(row->excerpt, most_lines_shown), {.width = 120}, false);
    words.pop_back();
    return words;
  }

  Json location(const ScenarioResult& row) {
    const Place place = place_of(row);
    Json artifact = {{"uri", percent_encoded(visible(place.path))}};
    if (base_.empty()) base_ = place.base;
    if (!place.base.empty() && place.base == base_) artifact["uriBaseId"] = suite_base;
    if (!place.base.empty() && place.base != base_)
      artifact["uri"] = "file://" + percent_encoded(visible(place.base + place.path));
    return {{"physicalLocation",
             {{"artifactLocation", std::move(artifact)}, {"region", {{"startLine", std::max(row.line, 1)}}}}},
            {"logicalLocations", {{{"fullyQualifiedName", cut(row.id)}}}},
            {"message", message(cut(row.title))}};
  }

  static std::string rule_id(const Finding& finding) {
    return cut(finding.requirement.id.empty() ? finding.id : finding.requirement.id, most_of_name);
  }

  std::size_t rule_index(const Finding& finding, const ScenarioResult* row) {
    const auto [found, is_new] = rule_indices_.emplace(rule_id(finding), rules_.size());
    if (is_new) rules_.push_back(rule(finding, row));
    return found->second;
  }

  static Json rule(const Finding& finding, const ScenarioResult* row) {
    const CitedRequirement& cited = finding.requirement;
    const std::string says = cut(cited.id.empty() ? finding.what : sentence(cited));
    Json rule = {
        {"id", rule_id(finding)},
        {"shortDescription", message(says)},
        {"fullDescription", message(cited.id.empty() ? says : cut(fmt::format("{}: {}", place(cited), says)))}};
    if (row != nullptr && !row->rationale.empty()) rule["help"] = message(cut(row->rationale));
    if (const std::string link = link_to(cited); !link.empty()) rule["helpUri"] = link;
    rule["defaultConfiguration"] = {{"level", level_of(finding.severity)}};
    Json tags = {name(finding.severity)};
    if (row != nullptr)
      for (const std::string& tag : row->tags)
        if (tags.size() < most_tags && tag != name(finding.severity)) tags.push_back(cut(tag, most_of_name));
    rule["properties"] = {{"tags", std::move(tags)}, {"problem.severity", level_of(finding.severity)}};
    if (finding.severity == Severity::security) rule["properties"]["security-severity"] = "8.0";
    return rule;
  }

  [[nodiscard]] Json invocation() const {
    Json invocation = {{"commandLine", visible(run_.command)}};
    constexpr std::string_view form = "0000-00-00T00:00:00Z";
    const auto fits = [](char is, char model) { return model == '0' ? is >= '0' && is <= '9' : is == model; };
    if (run_.started.size() == form.size() && std::equal(form.begin(), form.end(), run_.started.begin(),
                                                         [&](char model, char is) { return fits(is, model); }))
      invocation["startTimeUtc"] = run_.started;
    invocation["executionSuccessful"] = run_.complete;
    Json notes = Json::array();
    const auto note = [&](std::string_view level, const std::string& text) {
      notes.push_back({{"level", level}, {"message", message(cut(text))}});
    };
    if (!run_.complete) note("error", "The run is incomplete: " + run_.incomplete_because);
    if (left_out_ > 0) note("warning", counted(left_out_, "more finding") + ", left out to keep the file short");
    for (const ScenarioResult& row : run_.scenarios)
      if (row.outcome == Outcome::error && notes.size() < most_related)
        note("warning", fmt::format("{}: {}", row.id, row.actual.empty() ? row.reason : row.actual));
    for (const std::string& told : run_.baseline_notes)
      if (notes.size() < 2 * most_related) note("note", "baseline: " + told);
    if (!notes.empty()) invocation["toolExecutionNotifications"] = std::move(notes);
    return invocation;
  }

  const RunResult& run_;
  Json rules_ = Json::array();
  std::map<std::string, std::size_t> rule_indices_;
  std::string base_;
  std::size_t octets_ = 0;
  std::size_t left_out_ = 0;
};

}  // namespace

std::string to_sarif(const RunResult& run) {
  constexpr int indent = 1;
  constexpr bool ascii_alone = true;
  return Log(run).write().dump(indent, ' ', ascii_alone) + "\n";
}

}  // namespace smtpspec::reports
