#include "harness/scenario/scenario_loader.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "harness/scenario/loader.hpp"
#include "harness/scenario/row_table.hpp"
#include "harness/scenario/step_loader.hpp"

namespace smtpspec::scenario {
namespace {

const std::vector<std::string> scenario_keys = {"id",       "title", "rationale", "requirements", "level", "tags",
                                                "profiles", "needs", "from",      "each",         "steps", "delivered",
                                                "catches",  "alone", "fence",     "timeout"};
const std::vector<std::string> delivered_keys = {"count",   "at-most", "from",    "to",       "none-from",
                                                 "none-to", "body",    "message", "contains", "lacks"};
const std::vector<std::string> facts = {"auth", "tls", "delivery", "rejects", "foreign", "two-recipients"};
const std::vector<std::string> levels = {"must", "should", "may"};
const std::vector<std::string> ladder_words = {"connected", "greeted", "tls", "authenticated", "mail", "rcpt", "data"};

/// An EHLO keyword as a condition names it: upper case (RFC 5321 section 4.1.1.1 has letters, digits and hyphens).
bool is_keyword(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

void load_condition(Reader& reader, const Item& item, Scenario& scenario) {
  const auto source = reader.string(item);
  if (!source) return;
  Condition condition;
  std::string_view text = *source;
  constexpr std::string_view no = "no ";
  constexpr std::string_view fact = "fact ";
  if (text.substr(0, no.size()) == no) {
    condition.negated = true;
    text.remove_prefix(no.size());
  }
  if (text.substr(0, fact.size()) == fact) {
    condition.kind = Condition::Kind::fact;
    condition.name = text.substr(fact.size());
    if (std::find(facts.begin(), facts.end(), condition.name) == facts.end()) {
      const std::string near = did_you_mean(condition.name, facts);
      reader.error(item.spot, fmt::format("unknown fact '{}'", condition.name),
                   near.empty() ? "one of " + one_of(facts) : near);
    }
  } else {
    const auto space = text.find(' ');
    condition.name = text.substr(0, space);
    if (space != std::string_view::npos) condition.parameter = text.substr(space + 1);
    if (!is_keyword(condition.name)) {
      const bool is_fact = std::find(facts.begin(), facts.end(), std::string(text)) != facts.end();
      reader.error(
          item.spot, fmt::format("'{}' is neither an EHLO keyword nor a fact", text),
          is_fact ? fmt::format("did you mean 'fact {}'?", text) : "as in 'PIPELINING', 'AUTH PLAIN', 'fact delivery'");
    }
  }
  scenario.needs.push_back(std::move(condition));
}

Delivered load_delivered(Reader& reader, const Item& item, const Values& values) {
  Delivered out;
  out.place = reader.place(item.spot);
  if (!reader.keys(item, "'delivered'", delivered_keys)) return out;
  if (item.entries.empty()) reader.error(item.spot, "'delivered' asks for nothing", "delivered = { count = 1 }");
  const auto count = [&](std::string_view key, std::optional<std::size_t>& into) {
    if (const Item* number = item.find(key))
      if (const auto value = reader.integer(*number, 0, 1000000)) into = static_cast<std::size_t>(*value);
  };
  count("count", out.count);
  count("at-most", out.at_most);
  if (const Item* from = item.find("from")) out.from = reader.text(*from, values);
  const auto texts = [&](std::string_view key, std::vector<Text>& into) {
    if (const Item* list = item.find(key)) into = reader.texts(*list, values);
  };
  texts("to", out.to);
  texts("none-from", out.none_from);
  texts("none-to", out.none_to);
  texts("body", out.body);
  texts("message", out.message);
  texts("contains", out.contains);
  texts("lacks", out.lacks);
  return out;
}

void require(Reader& reader, const Item& item, std::string_view key, std::string_view what) {
  if (item.find(key) == nullptr) reader.error(item.spot, fmt::format("{} needs '{}'", what, key));
}

void load_names(Reader& reader, const Item& item, Scenario& scenario) {
  if (const Item* id = item.find("id")) {
    reader.read(item, "id", scenario.id);
    if (id->kind == Item::Kind::string && !is_words(scenario.id))
      reader.error(id->spot, fmt::format("the id '{}' is not made of words", scenario.id),
                   "lower-case words and numbers with hyphens: 'data-before-recipient'");
  }
  reader.read(item, "title", scenario.title);
  reader.read(item, "rationale", scenario.rationale);
  reader.read(item, "requirements", scenario.requirements);
  if (const Item* level = item.find("level")) {
    scenario.level_stated = true;
    if (const auto word = reader.word(*level, "level", levels))
      scenario.level = level_named(*word).value_or(Level::must);
  }
  reader.read(item, "tags", scenario.tags);
  reader.read(item, "catches", scenario.catches);
  scenario.profiles = {"mx", "submission"};
  if (const Item* profiles = item.find("profiles")) {
    scenario.profiles.clear();
    for (const Item* profile : reader.list(*profiles))
      if (const auto word = reader.word(*profile, "profile", {"mx", "submission", "lmtp"}))
        scenario.profiles.push_back(*word);
  }
}

Scenario load_row(Reader& reader, const Item& item, Values values) {
  Scenario scenario;
  scenario.place = reader.place(item.spot);
  load_names(reader, item, scenario);
  if (const Item* needs = item.find("needs"))
    for (const Item* need : reader.list(*needs)) load_condition(reader, *need, scenario);
  if (const Item* from = item.find("from"))
    if (const auto word = reader.word(*from, "state", ladder_words))
      scenario.from = ladder_named(*word).value_or(Ladder::greeted);
  if (const Item* steps = item.find("steps")) scenario.steps = load_steps(reader, *steps, values);
  if (const Item* delivered = item.find("delivered")) scenario.delivered = load_delivered(reader, *delivered, values);
  reader.read(item, "alone", scenario.alone);
  reader.read(item, "fence", scenario.fence);
  reader.read(item, "timeout", scenario.timeout);
  scenario.family = scenario.id;
  if (!values.row.empty()) scenario.id += "/" + values.row;
  return scenario;
}

/// The row variables that are to be used: every key of the rows but the name.
std::map<std::string, Spot> variables_of(const Item& each) {
  std::map<std::string, Spot> out;
  for (const Item& row : each.items)
    for (const Entry& entry : row.entries)
      if (entry.key != "row") out.emplace(entry.key, entry.spot);
  return out;
}

}  // namespace

void load_scenario(Reader& reader, const Item& item, Suite& suite) {
  if (!reader.keys(item, "a scenario", scenario_keys)) return;
  for (const char* key : {"id", "title", "steps"}) require(reader, item, key, "a scenario");
  const Item* each = item.find("each");
  if (each == nullptr) {
    suite.scenarios.push_back(load_row(reader, item, {}));
    return;
  }

  Item pattern = item;
  pattern.entries.erase(std::remove_if(pattern.entries.begin(), pattern.entries.end(),
                                       [](const Entry& entry) { return entry.key == "each"; }),
                        pattern.entries.end());
  const auto variables = variables_of(*each);
  std::set<std::string> used;
  std::size_t first = suite.scenarios.size();
  for (const Row& row : read_rows(reader, *each)) {
    if (suite.scenarios.size() >= max_rows) {
      reader.error(row.spot, fmt::format("more than {} rows in one file", max_rows));
      break;
    }
    if (!reader.charge(row.spot, 1024)) break;
    Values values;
    values.row = row.name;
    for (const auto& [name, spot] : variables)
      if (row.values.count(name) == 0) values.of_other_rows.insert(name);
    suite.scenarios.push_back(load_row(reader, substitute(reader, pattern, row, used), values));
  }
  if (suite.scenarios.size() == first) return;
  for (const auto& [name, spot] : variables)
    if (used.count(name) == 0) reader.warning(spot, fmt::format("row variable '{}' is never used", name));
}

void load_requirement(Reader& reader, const Item& item, Suite& suite) {
  if (!reader.keys(item, "a requirement", {"id", "level", "lines", "says"})) return;
  for (const char* key : {"id", "says"}) require(reader, item, key, "a requirement");
  Requirement requirement;
  requirement.place = reader.place(item.spot);
  reader.read(item, "id", requirement.id);
  reader.read(item, "lines", requirement.lines);
  reader.read(item, "says", requirement.says);
  if (const Item* level = item.find("level"))
    if (const auto word = reader.word(*level, "level", levels))
      requirement.level = level_named(*word).value_or(Level::must);

  const Item* id = item.find("id");
  if (id == nullptr || id->kind != Item::Kind::string) return;
  const auto slash = requirement.id.rfind('/');
  if (slash == std::string::npos || slash == 0 || !is_words(std::string_view(requirement.id).substr(slash + 1)))
    reader.error(id->spot, fmt::format("'{}' is no ledger id", requirement.id),
                 "RFC, section and words: 'rfc5321/4.1.1.4/lf-is-no-line-end'");
  if (const Item* lines = item.find("lines")) {
    const bool fits = requirement.lines.find_first_not_of("0123456789-,") == std::string::npos;
    if (!fits) reader.error(lines->spot, "line numbers are written '2013-2019'");
  }
  if (!suite.requirements.emplace(requirement.id, requirement).second)
    reader.error(id->spot, fmt::format("requirement '{}' is stated twice", requirement.id));
}

void settle_levels(Suite& suite) {
  for (Scenario& scenario : suite.scenarios) {
    if (scenario.level_stated || scenario.requirements.empty()) continue;
    std::optional<Level> highest;
    for (const std::string& id : scenario.requirements) {
      const auto found = suite.requirements.find(id);
      if (found != suite.requirements.end()) highest = std::min(highest.value_or(Level::may), found->second.level);
    }
    if (highest) scenario.level = *highest;
  }
}

}  // namespace smtpspec::scenario
