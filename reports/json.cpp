#include <concepts>
#include <limits>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "harness/engine/findings.hpp"
#include "harness/smtp/visible.hpp"
#include "reports/report.hpp"

// The form of results.json is the contract of schemas/results.schema.json. Each object is described once, by
// `members`: the writer and the reader are both shown its members in turn.
namespace smtpspec::reports {
namespace {

using Json = nlohmann::ordered_json;
using smtp::visible;
using smtp::well_formed;

constexpr const char* schema_name = "smtpspec-results/2";
constexpr const char* first_schema_name = "smtpspec-results/1";  // is read as well

template <class Value, class Object>
concept IsA = std::same_as<std::remove_const_t<Value>, Object>;

struct Nothing {};
void members(auto& /*io*/, IsA<Nothing> auto& /*nothing*/) {}

void members(auto& io, IsA<engine::CitedRequirement> auto& cited) {
  io("id", cited.id);
  io("section", cited.section);
  io("lines", cited.lines);
  io("level", cited.level);
  io("says", cited.says);
  io.added("severity", cited.severity);
}

void members(auto& io, IsA<engine::ExcerptLine> auto& line) {
  io("side", line.side);
  io("session", line.session);
  io("text", line.text);
  io("key", line.key);
}

void members(auto& io, IsA<engine::Learnt> auto& fact) {
  io("name", fact.name);
  io("value", fact.value);
}

void members(auto& io, IsA<engine::TargetFacts> auto& target) {
  io("name", target.name);
  io("address", target.address);
  io("profile", target.profile);
  io("greeting", target.greeting);
  io("keywords", target.keywords);
  io.added("learnt", target.learnt);
}

void members(auto& io, IsA<engine::Finding> auto& finding) {
  io("id", finding.id);
  io("severity", finding.severity);
  io("outcome", finding.outcome);
  io("requirement", finding.requirement.id);
  io("cause", finding.cause);
  io("what", finding.what);
  io("expected", finding.expected);
  io("actual", finding.actual);
  io("evidence", finding.evidence);
  io("scenarios", finding.rows);
  io("consequences", finding.consequences);
  io("blocked", finding.blocked);
}

void members(auto& io, IsA<engine::Seen> auto& seen) {
  io("outcome", seen.outcome);
  io("times", seen.times);
}

void members(auto& io, IsA<engine::KnownFailure> auto& known) {
  io("reason", known.reason);
  io("link", known.link);
  io("owner", known.owner);
  io("until", known.until);
}

void members(auto& io, IsA<engine::ScenarioResult> auto& result) {
  io("id", result.id);
  io("title", result.title);
  io("level", result.level);
  io("outcome", result.outcome);
  io("expectation", result.expectation);
  io("requirements", result.requirements);
  io("decided_by", result.decided_by);
  io("cause", result.cause);
  io("expected", result.expected);
  io("actual", result.actual);
  io("reason", result.reason);
  io("duration_ms", result.duration);
  io.object("source", [&] {
    io("file", result.file);
    io("line", result.line);
  });
  io("transcript", result.transcript);
  io("excerpt", result.excerpt);
  io("again", result.again);
  io("attempts", result.attempts);
  io.if_there("seen", result.seen);
  io("checked", result.checked);
  io("seen_in", result.seen_in);
  io.if_there("known", result.known);
  io("tags", result.tags);
  io("rationale", result.rationale);
}

// Between the schema and the scenarios; summary and findings follow from these.
void members(auto& io, IsA<engine::RunResult> auto& run) {
  io.object("smtpspec", [&] {
    io("version", run.version);
    io("seed", run.seed);
    io.if_there("shard", run.shard);
    io.if_there("shards", run.shards);
    io.if_there("filters", run.filters);
    io.if_there("suite", run.suite);
    io("command", run.command);
    io("started", run.started);
    io("duration_ms", run.duration);
  });
  io("target", run.target);
  io("complete", run.complete);
  io("incomplete_because", run.incomplete_because);
  io.object("baseline", [&] {
    io("given", run.has_baseline);
    io("notes", run.baseline_notes);
    io.if_there("other_endings", run.other_endings);
  });
}

class Writer {
 public:
  template <class Value>
  void operator()(const char* key, const Value& value) {
    put((*object_)[key], value);
  }
  /// A member that the first schema did not have.
  template <class Value>
  void added(const char* key, const Value& value) {
    operator()(key, value);
  }
  /// One that files of this schema had not from the beginning.
  template <class Value>
  void if_there(const char* key, const Value& value) {
    operator()(key, value);
  }
  template <class Value>
  void if_there(const char* key, const std::optional<Value>& value) {
    if (value) operator()(key, *value);
  }
  template <class Item>
  void if_there(const char* key, const std::vector<Item>& list) {
    if (!list.empty()) operator()(key, list);
  }
  void object(const char* key, const auto& show) { fill((*object_)[key], show); }
  [[nodiscard]] Json& document() { return document_; }

 private:
  void fill(Json& json, const auto& show) {
    json = Json::object();
    Json* const outer = std::exchange(object_, &json);
    show();
    object_ = outer;
  }

  // JSON can carry every control character, but no octet that is not UTF-8 (RFC 8259 section 8.1).
  void put(Json& json, const std::string& text) { json = well_formed(text); }
  void put(Json& json, std::chrono::milliseconds duration) { json = duration.count(); }
  template <class Item>
  void put(Json& json, const std::vector<Item>& list) {
    json = Json::array();
    for (const Item& item : list) put(json.emplace_back(), item);
  }
  template <class Value>
  void put(Json& json, const Value& value) {
    if constexpr (std::is_enum_v<Value>)
      json = name(value);
    else if constexpr (std::is_arithmetic_v<Value>)
      json = value;
    else
      fill(json, [&] { members(*this, value); });
  }

  Json document_ = Json::object();
  Json* object_ = &document_;
};

// What a results.json may have. It may come from anybody, and many small values take far more memory than the file.
constexpr int most_depth = 12;
constexpr std::size_t most_values = 100'000;  // of a row, and of all that is in none
constexpr std::size_t most_rows = 10'000;
constexpr std::size_t most_of_text = std::size_t{256} << 10;
constexpr std::size_t most_of_excerpt = 1000;
constexpr std::size_t most_seen_in = 8;

// The first thing that is wrong stays in `problem`, with its place ("scenarios[3].outcome"); all that comes after it is
// left as it is. Unknown members are passed over: a later version may add some.
class Reader {
 public:
  Reader(const Json& document, std::string place, std::string& problem)
      : problem_(problem), place_(std::move(place)), object_(&document) {
    problem_.clear();
    if (!document.is_object()) fail("is not an object");
  }
  [[nodiscard]] bool failed() const { return !problem_.empty(); }
  void fail(std::string_view what) {
    if (!failed()) problem_ = visible(fmt::format("{} {}", place_.empty() ? "the file" : place_, what));
  }

  template <class Value>
  void operator()(std::string_view key, Value& value) {
    at(key, [&](const Json& json) { take(json, value); });
  }
  template <class Value>
  void added(std::string_view key, Value& value) {
    if (!of_first_schema_) operator()(key, value);
  }
  template <class Value>
  void if_there(std::string_view key, Value& value) {
    if (!failed() && object_->contains(key)) operator()(key, value);
  }
  template <class Value>
  void if_there(std::string_view key, std::optional<Value>& value) {
    if (!failed() && object_->contains(key)) operator()(key, value.emplace());
  }
  void is_of_first_schema() { of_first_schema_ = true; }
  void object(std::string_view key, const auto& show) {
    at(key, [&](const Json& json) { take_object(json, show); });
  }

 private:
  void at(std::string_view key, const auto& use) {
    if (failed()) return;
    const std::size_t outer = place_.size();
    if (!place_.empty()) place_ += '.';
    place_ += key;
    if (const auto found = object_->find(key); found == object_->end())
      fail("is missing");
    else
      use(*found);
    place_.resize(outer);
  }

  void take_object(const Json& json, const auto& show) {
    if (!json.is_object()) return fail("is not an object");
    const Json* const outer = std::exchange(object_, &json);
    show();
    object_ = outer;
  }

  template <class Object>
  void take(const Json& json, Object& value) {
    take_object(json, [&] { members(*this, value); });
  }
  void take(const Json& json, std::string& value) {
    if (!json.is_string()) return fail("is not a string");
    value = json.get<std::string>();
    if (value.size() > most_of_text) return fail("is too long");
  }
  void take(const Json& json, bool& value) {
    if (!json.is_boolean()) return fail("is not true or false");
    value = json.get<bool>();
  }
  template <std::integral Number>
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

  template <ledger::Worded Value>
  void take(const Json& json, Value& value) {
    std::string word;
    take(json, word);
    if (failed()) return;
    const std::optional<Value> found = ledger::named<Value>(word);
    if (!found) return fail(fmt::format("is '{}', which is none of its words", word));
    value = *found;
  }

  std::string& problem_;
  std::string place_;
  bool of_first_schema_ = false;
  const Json* object_;
};

// Reads the file once, and holds no more of it than one row at a time beside the result.
class Document {
 public:
  explicit Document(std::string& problem) : problem_(problem) { problem_.clear(); }

  std::optional<engine::RunResult> read(std::string_view text) {
    try {
      const Json json = Json::parse(text, [this](int depth, Json::parse_event_t event, Json& value) {
        if (depth > most_depth) stop("is nested too deep");
        if (++values_ > most_values) stop("has too many values");
        return take(depth, event, value);
      });
      Reader reader(json, "", problem_);
      std::string schema;
      reader("schema", schema);
      if (!reader.failed() && json.begin().key() != "schema") reader.fail("does not begin with its schema");
      if (is_first()) reader.is_of_first_schema();
      members(reader, run_);
      std::vector<Nothing> rest;  // every row was taken already
      reader("scenarios", rest);
    } catch (const Stopped&) {
    } catch (const Json::exception& error) {  // a file, not the peer's octets: an exception is fine here
      problem_ = visible(fmt::format("this is not JSON: {}", error.what()));
    }
    if (!problem_.empty()) return std::nullopt;
    return std::move(run_);
  }

 private:
  struct Stopped {};
  [[noreturn]] void stop(std::string_view what) {
    if (problem_.empty()) problem_ = visible(fmt::format("the file {}", what));
    throw Stopped();
  }

  [[nodiscard]] bool is_first() const { return schema_ == first_schema_name; }

  // False: it is not needed any more.
  bool take(int depth, Json::parse_event_t event, const Json& value) {
    using Event = Json::parse_event_t;
    if (depth == 1 && event == Event::key) key_ = value.get<std::string>();
    if (depth == 1 && event == Event::value && key_ == "schema") take_schema(value);
    if (depth == 1 && (event == Event::object_start || event == Event::array_start))
      return key_ != "summary" && key_ != "findings";  // they follow from the rest
    if (depth != 2 || event != Event::object_end || key_ != "scenarios") return true;
    take_row(value);
    values_ = 0;
    return false;
  }

  void take_schema(const Json& value) {
    if (!value.is_string()) return;
    schema_ = value.get<std::string>();
    if (!is_first() && schema_ != schema_name)
      stop(fmt::format("has the schema '{}'; this smtpspec reads '{}' and '{}'", schema_, schema_name,
                       first_schema_name));
  }

  void take_row(const Json& json) {
    Reader reader(json, fmt::format("scenarios[{}]", run_.scenarios.size()), problem_);
    if (is_first()) reader.is_of_first_schema();
    engine::ScenarioResult& row = run_.scenarios.emplace_back();
    members(reader, row);
    if (run_.scenarios.size() > most_rows) reader.fail("is one too many");
    if (row.excerpt.size() > most_of_excerpt || row.seen_in.size() > most_seen_in) reader.fail("has too many lines");
    if (reader.failed()) stop("");
    if (is_first())
      for (engine::CitedRequirement& cited : row.requirements) cited.severity = ledger::severity_of(cited.level);
  }

  std::string& problem_;
  std::string schema_;
  std::string key_;  // of the file itself, where the reading has come to
  std::size_t values_ = 0;
  engine::RunResult run_;
};

}  // namespace

std::string to_json(const engine::RunResult& run) {
  Writer writer;
  writer.document()["schema"] = schema_name;
  members(writer, run);
  Json& summary = writer.document()["summary"];
  for (int i = 0; i < scenario::outcome_count; ++i) {
    const auto outcome = static_cast<engine::Outcome>(i);
    summary[std::string(name(outcome))] = run.count(outcome);
  }
  writer("findings", engine::findings(run));
  writer("scenarios", run.scenarios);
  constexpr int indent = 2;
  constexpr bool ascii_alone = true;  // no control character and no odd encoding wherever the file is shown
  return writer.document().dump(indent, ' ', ascii_alone) + "\n";
}

std::optional<engine::RunResult> from_json(std::string_view json, std::string& problem) {
  return Document(problem).read(json);
}

}  // namespace smtpspec::reports
