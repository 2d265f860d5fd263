#include <limits>
#include <type_traits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "reports/report.hpp"
#include "reports/visible.hpp"

namespace smtpspec::reports {
namespace {

using Json = nlohmann::ordered_json;

// Reads member by member. The first thing that is wrong stays in `problem`, with its place ("scenarios[3].outcome");
// all that comes behind it is left as it is. Unknown members are passed over: a later version may add some.
class Reader {
 public:
  explicit Reader(std::string& problem) : problem_(problem) { problem_.clear(); }
  [[nodiscard]] bool failed() const { return !problem_.empty(); }

  template <class Value>
  void read(const Json& object, std::string_view key, Value&& value) {
    if (failed()) return;
    const std::size_t outer = place_.size();
    if (!place_.empty()) place_ += '.';
    place_ += key;
    if (const auto found = object.find(key); found == object.end()) {
      fail("is missing");
    } else {
      take(*found, value);
    }
    place_.resize(outer);
  }

  void take(const Json& json, engine::RunResult& run);

 private:
  void fail(std::string_view what) {
    if (!failed()) problem_ = visible(fmt::format("{} {}", place_.empty() ? "the file" : place_, what));
  }

  bool is_object(const Json& json) {
    if (!json.is_object()) fail("is not an object");
    return json.is_object();
  }

  void take(const Json& json, std::string& value) {
    if (!json.is_string()) return fail("is not a string");
    value = json.get<std::string>();
  }
  void take(const Json& json, bool& value) {
    if (!json.is_boolean()) return fail("is not true or false");
    value = json.get<bool>();
  }
  template <class Number>
  requires std::is_integral_v<Number>
  void take(const Json& json, Number& value) {
    if (!json.is_number_unsigned() ||
        json.get<std::uint64_t>() > static_cast<std::uint64_t>(std::numeric_limits<Number>::max()))
      return fail("is not a whole number in its range");
    value = json.get<Number>();
  }
  void take(const Json& json, std::chrono::milliseconds& value) {
    std::chrono::milliseconds::rep count = 0;
    take(json, count);
    value = std::chrono::milliseconds(count);
  }

  template <class Value>
  void take_named(const Json& json, std::optional<Value> (*named)(std::string_view), Value& value) {
    std::string word;
    take(json, word);
    if (failed()) return;
    const std::optional<Value> found = named(word);
    if (!found) return fail(fmt::format("is '{}', which is none of its words", word));
    value = *found;
  }
  void take(const Json& json, engine::Outcome& value) { take_named(json, scenario::outcome_named, value); }
  void take(const Json& json, engine::Level& value) { take_named(json, scenario::level_named, value); }
  void take(const Json& json, engine::Expectation& value) { take_named(json, engine::expectation_named, value); }
  void take(const Json& json, engine::ExcerptLine::Side& value) { take_named(json, engine::side_named, value); }

  template <class Item>
  void take(const Json& json, std::vector<Item>& list) {
    if (!json.is_array()) return fail("is not an array");
    const std::size_t outer = place_.size();
    for (std::size_t i = 0; i < json.size() && !failed(); ++i) {
      place_ += fmt::format("[{}]", i);
      take(json[i], list.emplace_back());
      place_.resize(outer);
    }
  }

  void take(const Json& json, engine::CitedRequirement& cited);
  void take(const Json& json, engine::ExcerptLine& line);
  void take(const Json& json, engine::ScenarioResult& result);
  void take(const Json& json, engine::TargetFacts& target);

  // An object that has no type of its own: its members go into several places.
  template <class Members>
  void read_members(const Json& object, std::string_view key, Members members) {
    read(object, key, Inner<Members>{members});
  }
  template <class Members>
  struct Inner {
    Members members;
  };
  template <class Members>
  void take(const Json& json, const Inner<Members>& inner) {
    if (is_object(json)) inner.members(json);
  }

  std::string& problem_;
  std::string place_;
};

void Reader::take(const Json& json, engine::CitedRequirement& cited) {
  if (!is_object(json)) return;
  read(json, "id", cited.id);
  read(json, "section", cited.section);
  read(json, "lines", cited.lines);
  read(json, "level", cited.level);
  read(json, "says", cited.says);
}

void Reader::take(const Json& json, engine::ExcerptLine& line) {
  if (!is_object(json)) return;
  read(json, "side", line.side);
  read(json, "session", line.session);
  read(json, "text", line.text);
  read(json, "key", line.key);
}

void Reader::take(const Json& json, engine::TargetFacts& target) {
  if (!is_object(json)) return;
  read(json, "name", target.name);
  read(json, "address", target.address);
  read(json, "profile", target.profile);
  read(json, "greeting", target.greeting);
  read(json, "keywords", target.keywords);
}

void Reader::take(const Json& json, engine::ScenarioResult& result) {
  if (!is_object(json)) return;
  read(json, "id", result.id);
  read(json, "title", result.title);
  read(json, "level", result.level);
  read(json, "outcome", result.outcome);
  read(json, "expectation", result.expectation);
  read(json, "requirements", result.requirements);
  read(json, "cause", result.cause);
  read(json, "expected", result.expected);
  read(json, "actual", result.actual);
  read(json, "reason", result.reason);
  read(json, "duration_ms", result.duration);
  read_members(json, "source", [&](const Json& source) {
    read(source, "file", result.file);
    read(source, "line", result.line);
  });
  read(json, "transcript", result.transcript);
  read(json, "excerpt", result.excerpt);
  read(json, "again", result.again);
  read(json, "attempts", result.attempts);
  read(json, "tags", result.tags);
  read(json, "rationale", result.rationale);
}

void Reader::take(const Json& json, engine::RunResult& run) {
  if (!is_object(json)) return;
  std::string schema;
  read(json, "schema", schema);
  if (!failed() && schema != "smtpspec-results/1")
    return fail(fmt::format("has the schema '{}'; this smtpspec reads 'smtpspec-results/1'", schema));
  read_members(json, "smtpspec", [&](const Json& about) {
    read(about, "version", run.version);
    read(about, "seed", run.seed);
    read(about, "command", run.command);
    read(about, "started", run.started);
    read(about, "duration_ms", run.duration);
  });
  read(json, "target", run.target);
  read(json, "complete", run.complete);
  read(json, "incomplete_because", run.incomplete_because);
  read_members(json, "baseline", [&](const Json& baseline) {
    read(baseline, "given", run.has_baseline);
    read(baseline, "notes", run.baseline_notes);
  });
  read(json, "scenarios", run.scenarios);
}

}  // namespace

std::optional<engine::RunResult> from_json(std::string_view json, std::string& problem) {
  Json document;
  try {
    document = Json::parse(json);
  } catch (const Json::exception& error) {  // a file of one's own, not the peer's octets: an exception is fine here
    problem = visible(fmt::format("this is not JSON: {}", error.what()));
    return std::nullopt;
  }
  engine::RunResult run;
  Reader reader(problem);
  reader.take(document, run);
  if (reader.failed()) return std::nullopt;
  return run;
}

}  // namespace smtpspec::reports
