#include <nlohmann/json.hpp>

#include "reports/report.hpp"
#include "reports/visible.hpp"

// The form of results.json is the contract of schemas/results.schema.json; json_reader.cpp reads it back.
namespace smtpspec::reports {
namespace {

using Json = nlohmann::ordered_json;

// JSON can carry every control character, but no octet that is not UTF-8 (RFC 8259 section 8.1).
Json text(std::string_view octets) { return well_formed(octets); }

Json texts(const std::vector<std::string>& list) {
  Json array = Json::array();
  for (const std::string& item : list) array.push_back(text(item));
  return array;
}

template <class List, class Write>
Json list_of(const List& list, Write write) {
  Json array = Json::array();
  for (const auto& item : list) array.push_back(write(item));
  return array;
}

Json requirement(const engine::CitedRequirement& cited) {
  return {{"id", text(cited.id)},
          {"section", text(cited.section)},
          {"lines", text(cited.lines)},
          {"level", name(cited.level)},
          {"says", text(cited.says)}};
}

Json excerpt_line(const engine::ExcerptLine& line) {
  return {{"side", name(line.side)}, {"session", text(line.session)}, {"text", text(line.text)}, {"key", line.key}};
}

Json scenario(const engine::ScenarioResult& result) {
  return {{"id", text(result.id)},
          {"title", text(result.title)},
          {"level", name(result.level)},
          {"outcome", name(result.outcome)},
          {"expectation", name(result.expectation)},
          {"requirements", list_of(result.requirements, requirement)},
          {"cause", text(result.cause)},
          {"expected", text(result.expected)},
          {"actual", text(result.actual)},
          {"reason", text(result.reason)},
          {"duration_ms", result.duration.count()},
          {"source", {{"file", text(result.file)}, {"line", result.line}}},
          {"transcript", text(result.transcript)},
          {"excerpt", list_of(result.excerpt, excerpt_line)},
          {"again", text(result.again)},
          {"attempts", result.attempts},
          {"tags", texts(result.tags)},
          {"rationale", text(result.rationale)}};
}

Json summary(const engine::RunResult& run) {
  Json counts = Json::object();
  for (int i = 0; i < scenario::outcome_count; ++i) {
    const auto outcome = static_cast<engine::Outcome>(i);
    counts[std::string(name(outcome))] = run.count(outcome);
  }
  return counts;
}

}  // namespace

std::string to_json(const engine::RunResult& run) {
  const Json document = {{"schema", "smtpspec-results/1"},
                         {"smtpspec",
                          {{"version", text(run.version)},
                           {"seed", run.seed},
                           {"command", text(run.command)},
                           {"started", text(run.started)},
                           {"duration_ms", run.duration.count()}}},
                         {"target",
                          {{"name", text(run.target.name)},
                           {"address", text(run.target.address)},
                           {"profile", text(run.target.profile)},
                           {"greeting", text(run.target.greeting)},
                           {"keywords", texts(run.target.keywords)}}},
                         {"complete", run.complete},
                         {"incomplete_because", text(run.incomplete_because)},
                         {"baseline", {{"given", run.has_baseline}, {"notes", texts(run.baseline_notes)}}},
                         {"summary", summary(run)},
                         {"scenarios", list_of(run.scenarios, scenario)}};
  constexpr int indent = 2;
  constexpr bool ascii_alone = true;  // no control character and no odd encoding wherever the file is shown
  return document.dump(indent, ' ', ascii_alone) + "\n";
}

}  // namespace smtpspec::reports
