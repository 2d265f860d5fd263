#include "harness/scenario/writer.hpp"

#include <type_traits>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace smtpspec::scenario {
std::string toml_string(std::string_view text) {
  bool literal = true;
  for (const char c : text) literal = literal && static_cast<unsigned char>(c) >= 0x20 && c != 0x7F && c != '\'';
  if (literal) return fmt::format("'{}'", text);
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\')
      out += {'\\', c};
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
      out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    else
      out += c;
  }
  return out + "\"";
}

std::string to_text(const Condition& need) {
  return std::string(need.negated ? "no " : "") + (need.kind == Condition::Kind::fact ? "fact " : "") + need.name +
         (need.parameter.empty() ? "" : " " + need.parameter);
}

namespace {

std::string value(std::string_view text) { return toml_string(text); }
std::string value(const std::string& text) { return toml_string(text); }
std::string value(const Text& text) { return toml_string(to_source(text)); }
std::string value(bool flag) { return flag ? "true" : "false"; }
std::string value(std::size_t count) { return std::to_string(count); }
std::string value(long offset) { return std::to_string(offset); }
std::string value(Duration duration) {
  const auto count = duration.count();
  if (count % 60000 == 0 && count != 0) return fmt::format("'{}m'", count / 60000);
  return count % 1000 == 0 ? fmt::format("'{}s'", count / 1000) : fmt::format("'{}ms'", count);
}

std::string value(const Alternative& alternative);
std::string value(const std::vector<Alternative>& endings);
std::string value(const Condition& need) { return toml_string(to_text(need)); }

/// A list; one thing alone stands for the list of it.
template <class Value>
std::string value(const std::vector<Value>& list) {
  if (list.size() == 1) return value(list.front());
  std::string out;
  for (const Value& one : list) out += (out.empty() ? "" : ", ") + value(one);
  return "[" + out + "]";
}

/// `key = value` for each, within braces or one a line.
class Table {
 public:
  template <class Value>
  void add(std::string_view key, const Value& one) {
    add_source(key, value(one));
  }
  template <class Value>
  void add(std::string_view key, const std::optional<Value>& one) {
    if (one) add(key, *one);
  }
  /// Unless it is empty.
  template <class Value>
  void add_some(std::string_view key, const Value& one) {
    if (!one.empty()) add(key, one);
  }
  void add_true(std::string_view key, bool flag) {
    if (flag) add(key, flag);
  }
  void add_source(std::string_view key, std::string source) { pairs_.emplace_back(key, std::move(source)); }

  [[nodiscard]] std::size_t size() const { return pairs_.size(); }
  [[nodiscard]] std::string in_braces() const { return "{ " + joined(", ") + " }"; }
  [[nodiscard]] std::string lines() const { return joined("\n") + "\n"; }

 private:
  [[nodiscard]] std::string joined(std::string_view between) const {
    std::string out;
    for (const auto& [key, source] : pairs_) out += fmt::format("{}{} = {}", out.empty() ? "" : between, key, source);
    return out;
  }

  std::vector<std::pair<std::string, std::string>> pairs_;
};

/// "550 5.1.1 close".
std::string reply_words(const Alternative& alternative) {
  return alternative.code + (alternative.enhanced.empty() ? "" : " " + alternative.enhanced) +
         (alternative.closes ? " close" : "");
}

std::string value(const Alternative& alternative) {
  const bool is_reply = alternative.kind == Alternative::Kind::reply;
  const std::string form = is_reply                                       ? reply_words(alternative)
                           : alternative.kind == Alternative::Kind::close ? "close"
                                                                          : "silence";
  Table table;
  table.add(is_reply ? "reply" : "event", form);
  table.add("line-count", alternative.lines);
  table.add_some("keywords", alternative.keywords);
  table.add_some("without", alternative.without);
  table.add("contains", alternative.contains);
  if (!alternative.capture.empty()) {
    Table patterns;
    for (const auto& [name, pattern] : alternative.capture) patterns.add(name, pattern);
    table.add_source("capture", patterns.in_braces());
  }
  if (alternative.as) table.add("as", name(*alternative.as));
  table.add_some("because", alternative.because);
  table.add_some("decides", alternative.decides);
  if (alternative.ends) table.add("then", std::string_view("end"));
  return table.size() == 1 ? toml_string(form) : table.in_braces();
}

/// Each on a line of its own where one of them says more than what comes.
std::string value(const std::vector<Alternative>& endings) {
  std::string out;
  bool plain = true;
  for (const Alternative& one : endings) {
    const std::string source = value(one);
    plain = plain && !source.starts_with('{');
    out += "    " + source + ",\n";
  }
  return plain || endings.size() == 1 ? value<Alternative>(endings) : "[\n" + out + "  ]";
}

/// Each expectation of a group, equal neighbours counted.
std::string replies_source(const std::vector<Expectation>& replies) {
  std::string out;
  for (std::size_t i = 0; i < replies.size();) {
    std::size_t count = 1;
    while (i + count < replies.size() && replies[i + count] == replies[i]) ++count;
    const std::string source = value(replies[i].alternatives);
    if (!out.empty()) out += ", ";
    out += count == 1 ? source : fmt::format("{{ repeat = {}, expect = {} }}", count, source);
    i += count;
  }
  return "[" + out + "]";
}

void add_send(Table& table, const Send& send) {
  constexpr std::string_view actions[] = {"bytes", "send", "message", "chunk"};  // in the order of Framing
  table.add(actions[static_cast<std::size_t>(send.framing)], send.octets);
  table.add_true("last", send.last_chunk);
  if (send.chunk_size) table.add("size", std::to_string(*send.chunk_size));
  table.add_true("beneath-tls", send.beneath_tls);
  if (send.cut.each_octet)
    table.add("cut", std::string_view("each"));
  else if (!send.cut.at.empty() || send.cut.pause != Duration{0})
    table.add("cut", send.cut.at);
  if (send.cut.pause != Duration{0}) table.add("gap", send.cut.pause);
}

void add_login(Table& table, const Login& login) {
  table.add("login", login.mechanism);
  table.add("user", login.user);
  table.add("password", login.password);
  if (!login.initial_response) table.add("initial", false);
}

void add_action(Table& table, const Step& step) {
  const auto word = [&](std::string_view key, std::string_view what) { table.add(key, what); };
  std::visit(
      [&](const auto& action) {
        using Kind = std::decay_t<decltype(action)>;
        if constexpr (std::is_same_v<Kind, Send>) add_send(table, action);
        if constexpr (std::is_same_v<Kind, Login>) add_login(table, action);
        if constexpr (std::is_same_v<Kind, Pause>) table.add("pause", action.duration);
        if constexpr (std::is_same_v<Kind, Open>) {
          word("open", step.session);
          word("state", name(action.ladder));
        }
        if constexpr (std::is_same_v<Kind, Handshake>) word("tls", "handshake");
        if constexpr (std::is_same_v<Kind, CloseNotify>) word("tls", "close_notify");
        if constexpr (std::is_same_v<Kind, HalfClose>) word("disconnect", "half");
        if constexpr (std::is_same_v<Kind, Reset>) word("disconnect", "reset");
        if constexpr (std::is_same_v<Kind, Close>) word("disconnect", "full");
      },
      step.action);
}

std::string step_source(const Step& step) {
  Table table;
  if (!std::holds_alternative<Open>(step.action)) table.add_some("on", step.session);
  add_action(table, step);
  table.add("wait", step.within);
  if (step.owed)
    table.add("replies", owed_word);
  else if (step.replies.size() == 1)
    table.add("expect", step.replies.front().alternatives);
  else if (!step.replies.empty())
    table.add_source("replies", replies_source(step.replies));
  table.add_some("decides", step.decides);
  return table.in_braces();
}

/// A step a line, equal neighbours counted.
std::string steps_source(const std::vector<Step>& steps) {
  std::vector<std::string> sources;
  sources.reserve(steps.size());
  for (const Step& step : steps) sources.push_back(step_source(step));
  std::string out = "[\n";
  for (std::size_t i = 0; i < sources.size();) {
    const std::string& source = sources[i];
    std::size_t count = 1;
    // "{turn}" counts within a repetition, and is some value's name here.
    if (source.find("{turn}") == std::string::npos)
      while (i + count < sources.size() && sources[i + count] == source) ++count;
    out += count == 1 ? "  " + source + ",\n" : fmt::format("  {{ repeat = {},{},\n", count, source.substr(1));
    i += count;
  }
  return out + "]";
}

std::string delivered_source(const Delivered& delivered) {
  Table table;
  table.add("count", delivered.count);
  table.add("at-most", delivered.at_most);
  table.add("reverse-path", delivered.from);
  table.add_some("forward-path", delivered.to);
  table.add_some("no-reverse-path", delivered.none_from);
  table.add_some("no-forward-path", delivered.none_to);
  table.add_some("body", delivered.body);
  table.add_some("content", delivered.message);
  table.add_some("contains", delivered.contains);
  table.add_some("matches", delivered.matches);
  table.add_some("lacks", delivered.lacks);
  table.add_some("parameters", delivered.parameters);
  table.add_some("no-parameters", delivered.no_parameters);
  table.add_some("decides", delivered.decides);
  return table.in_braces();
}

}  // namespace

std::string to_toml(const Scenario& scenario) {
  const bool is_rule = !scenario.rule.empty();
  Table table;
  const std::string_view id = std::string_view(scenario.id).substr(scenario.survey ? scenario.id.find('/') + 1 : 0);
  table.add(is_rule ? "rule" : "id", is_rule ? std::string_view(scenario.rule) : id);
  table.add("title", scenario.title);
  table.add_some("rationale", scenario.rationale);
  table.add_some("requirements", scenario.requirements);
  table.add("level", name(scenario.level));
  table.add_some("tags", scenario.tags);
  table.add_some("needs", scenario.needs);
  table.add_some("fact", scenario.fact);
  table.add_some("limit", scenario.limit);
  if (!is_rule) {
    table.add("state", name(scenario.from));
    table.add_true("alone", scenario.alone);
    if (!scenario.fence) table.add("fence", false);
    table.add("timeout", scenario.timeout);
    table.add_source("steps", steps_source(scenario.steps));
    if (scenario.delivered) table.add_source("delivered", delivered_source(*scenario.delivered));
  }
  table.add_some("catches", scenario.catches);
  return (is_rule ? "[[rule]]\n" : scenario.survey ? "[[survey]]\n" : "[[scenario]]\n") + table.lines();
}

}  // namespace smtpspec::scenario
