#include <map>
#include <sstream>

#include <fmt/format.h>
#include <pugixml.hpp>

#include "harness/smtp/visible.hpp"
#include "reports/parts.hpp"
#include "reports/report.hpp"

// The dialect that GitLab, Jenkins and the usual GitHub actions share; schemas/junit.xsd is its schema. GitLab shows
// the bodies and drops a test case whose name and class were there before, Jenkins shows `message` and takes what
// stands before the last period of `classname` for the package.
namespace smtpspec::reports {
namespace {

using engine::Outcome;
using engine::RunResult;
using engine::ScenarioResult;
using smtp::visible;

/// How a result is told to a consumer that knows but four states.
enum class State { passed, failed, error, skipped };

// A known failure must not turn a pipeline red, and it has not passed: skipped, as other runners show an expected
// failure.
State state_of(const RunResult& run, const ScenarioResult& result) {
  switch (result.outcome) {
    case Outcome::pass:
    case Outcome::warn:
    case Outcome::info: return State::passed;
    case Outcome::fail:
    case Outcome::crash: return run.foreseen(result) ? State::skipped : State::failed;
    case Outcome::error: return State::error;
    default: return State::skipped;
  }
}

// The folder of the file as the package, the scenario without its row as the class.
std::string class_name(const ScenarioResult& result) {
  return visible(fmt::format("{}.{}", area(result), result.id.substr(0, result.id.find('/'))));
}

std::string seconds(std::chrono::milliseconds duration) {
  return fmt::format("{}.{:03}", duration.count() / 1000, duration.count() % 1000);
}

void attribute(pugi::xml_node& node, const char* name, std::string_view value) {
  node.append_attribute(name).set_value(visible(value).c_str());
}

// Lines of our own making are kept; what stands in them was made visible when they were made.
void body(pugi::xml_node& node, const std::string& text) { node.text().set(("\n" + text).c_str()); }

std::string message(const ScenarioResult& result) {
  std::string said;
  if (!result.expected.empty()) said = fmt::format("expected {}; ", result.expected);
  if (!result.actual.empty()) said += fmt::format("actual: {}; ", result.actual);
  if (!result.reason.empty()) said += fmt::format("{}; ", result.reason);
  if (said.empty()) return result.title;
  return said.substr(0, said.size() - 2);
}

void add_state(pugi::xml_node& testcase, const RunResult& run, const ScenarioResult& result) {
  const std::string text = row_report(result, {.width = 100});
  const auto add = [&](const char* element, std::string_view said) {
    pugi::xml_node node = testcase.append_child(element);
    attribute(node, "type",
              fmt::format("{}{}{}", name(result.outcome), result.cause == engine::Cause::none ? "" : "/",
                          judge::name(result.cause)));
    attribute(node, "message", said);
    body(node, text);
  };
  switch (state_of(run, result)) {
    case State::failed: return add("failure", message(result));
    case State::error: return add("error", message(result));
    case State::skipped: {
      const bool known = run.foreseen(result);
      const std::string why = known ? known_because(result) : result.reason;
      return add("skipped", fmt::format("{}: {}", known ? "known failure" : name(result.outcome),
                                        why.empty() ? message(result) : why));
    }
    case State::passed: break;
  }
  if (result.outcome == Outcome::pass && result.expectation != engine::BaselineStatus::fixed && result.attempts == 1)
    return;
  pugi::xml_node out = testcase.append_child("system-out");
  body(out, text);
}

void add_testcase(pugi::xml_node& suite, const RunResult& run, const ScenarioResult& result,
                  std::map<std::string, int>& names) {
  pugi::xml_node testcase = suite.append_child("testcase");
  const std::string id = visible(result.id);
  const int times = ++names[id];
  attribute(testcase, "name", times == 1 ? id : fmt::format("{} (repeated, {})", id, times));
  attribute(testcase, "classname", class_name(result));
  if (!result.file.empty()) {
    attribute(testcase, "file", result.file);
    attribute(testcase, "line", fmt::to_string(result.line));
  }
  attribute(testcase, "time", seconds(result.duration));
  add_state(testcase, run, result);
}

// A run that was cut short must not look green where only test cases are counted.
void add_incomplete(pugi::xml_node& suite, const RunResult& run) {
  pugi::xml_node testcase = suite.append_child("testcase");
  attribute(testcase, "name", "the run is complete");
  attribute(testcase, "classname", "smtpspec.run");
  attribute(testcase, "time", "0.000");
  pugi::xml_node error = testcase.append_child("error");
  attribute(error, "type", "incomplete");
  attribute(error, "message",
            run.incomplete_because.empty() ? "the run has not come to its end" : run.incomplete_because);
}

void add_counts(pugi::xml_node& node, const RunResult& run) {
  std::map<State, std::size_t> counts;
  for (const ScenarioResult& result : run.scenarios) ++counts[state_of(run, result)];
  const std::size_t incomplete = run.complete ? 0 : 1;
  attribute(node, "tests", fmt::to_string(run.scenarios.size() + incomplete));
  attribute(node, "failures", fmt::to_string(counts[State::failed]));
  attribute(node, "errors", fmt::to_string(counts[State::error] + incomplete));
  attribute(node, "skipped", fmt::to_string(counts[State::skipped]));
  attribute(node, "time", seconds(run.duration));
}

void add_properties(pugi::xml_node& suite, const RunResult& run) {
  pugi::xml_node properties = suite.append_child("properties");
  const auto add = [&](const char* name, std::string_view value) {
    pugi::xml_node property = properties.append_child("property");
    attribute(property, "name", name);
    attribute(property, "value", value);
  };
  add("smtpspec.version", run.version);
  add("smtpspec.seed", fmt::format("{}", run.seed));
  add("smtpspec.command", run.command);
  add("target.name", run.target.name);
  add("target.address", run.target.address);
  add("target.profile", run.target.profile);
  add("target.greeting", run.target.greeting);
  for (const std::string& keyword : run.target.keywords) add("target.keyword", keyword);
}

}  // namespace

std::string to_junit(const RunResult& run) {
  pugi::xml_document document;
  pugi::xml_node declaration = document.append_child(pugi::node_declaration);
  declaration.append_attribute("version").set_value("1.0");
  declaration.append_attribute("encoding").set_value("UTF-8");
  pugi::xml_node suites = document.append_child("testsuites");
  attribute(suites, "name", "smtpspec");
  add_counts(suites, run);
  pugi::xml_node suite = suites.append_child("testsuite");
  attribute(suite, "name", fmt::format("smtpspec {}", run.target.name));
  add_counts(suite, run);
  if (!run.started.empty()) attribute(suite, "timestamp", run.started);
  add_properties(suite, run);
  std::map<std::string, int> names;
  for (const ScenarioResult& result : run.scenarios) add_testcase(suite, run, result, names);
  if (!run.complete) add_incomplete(suite, run);
  std::ostringstream out;
  document.save(out, "  ", pugi::format_indent, pugi::encoding_utf8);
  return out.str();
}

}  // namespace smtpspec::reports
