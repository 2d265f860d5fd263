#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <re2/re2.h>

#include "harness/scenario/loader.hpp"
#include "harness/scenario/loaders.hpp"

namespace smtpspec::scenario {
namespace {

const std::vector<std::string> target_facts = {"auth",        "tls",      "delivery",       "relays",
                                               "rejects",     "foreign",  "two-recipients", "lmtp",
                                               "login-first", "accepted", "domain"};
/// What the survey establishes.
const std::vector<std::string> survey_facts = {"greeting",
                                               "ehlo",
                                               "helo",
                                               "handshake",
                                               "noop",
                                               "rset",
                                               "mail",
                                               "mailbox",
                                               "login",
                                               "goes-on",
                                               "lhlo-again",
                                               "help",
                                               "one-reply-to-help",
                                               "vrfy",
                                               "untrusted",
                                               "header-as-sent",
                                               "body-as-sent"};
const std::vector<std::string> limits = {"errors", "commands", "recipients", "messages", "octets"};
const std::vector<std::string> facts = [] {
  std::vector<std::string> all = target_facts;
  all.insert(all.end(), survey_facts.begin(), survey_facts.end());
  return all;
}();

/// What a row may say for itself in the place of its scenario.
constexpr std::string_view keys_of_rows[] = {"requirements", "level", "tags", "needs", "state", "catches"};

/// An EHLO keyword as a condition names it: upper case (RFC 5321 section 4.1.1.1 has letters, digits and hyphens).
const RE2 keyword_form("[A-Z0-9_-]+");

/// Words, and for a row written out a slash between them.
bool is_id(std::string_view text) {
  const auto slash = text.find('/');
  return is_words(text.substr(0, slash)) && (slash == std::string_view::npos || is_words(text.substr(slash + 1)));
}

bool cut_front(std::string_view& text, std::string_view front) {
  if (!text.starts_with(front)) return false;
  text.remove_prefix(front.size());
  return true;
}

struct DeliveredReader {
  Reader& reader;
  const std::vector<std::string>& requirements;
  Delivered out = {};

  void read_decides(const Entry& entry) { load_decides(reader, entry, requirements, out.decides); }
  void read_matches(const Entry& entry) { out.matches = load_pattern(reader, entry.value).value_or(""); }
};

const Fields<DeliveredReader> delivered_fields = {
    field<&Delivered::count, DeliveredReader>("count", "So many messages, neither more nor fewer"),
    field<&Delivered::at_most, DeliveredReader>("at-most", "No more messages than this, whatever happened"),
    field<&Delivered::from, DeliveredReader>("reverse-path", "Of each message, without brackets"),
    field<&Delivered::to, DeliveredReader>("forward-path", "Mailboxes that must all have a copy"),
    field<&Delivered::none_from, DeliveredReader>("no-reverse-path",
                                                  "No message may have one of these, whatever happened"),
    field<&Delivered::none_to, DeliveredReader>("no-forward-path", "None of these may have a copy, whatever happened"),
    field<&Delivered::body, DeliveredReader>("body",
                                             "The octets after the header section, exactly; a list: one of these"),
    field<&Delivered::message, DeliveredReader>("content",
                                                "Header section and body as they were sent; a list: one of these"),
    field<&Delivered::contains, DeliveredReader>("contains", "Each of these in some message"),
    {{"matches", "A regular expression that fits somewhere in some message", shape::text()},
     &DeliveredReader::read_matches},
    field<&Delivered::lacks, DeliveredReader>("lacks", "None of these in any message, whatever happened"),
    field<&Delivered::parameters, DeliveredReader>(
        "parameters", "'mailbox KEYWORD=value': with MAIL or RCPT for that mailbox, each of these was handed on"),
    field<&Delivered::no_parameters, DeliveredReader>("no-parameters", "None of these was, whatever happened"),
    {{"decides", "The requirement that this decides", shape::text()}, &DeliveredReader::read_decides},
};

Delivered load_delivered(Reader& reader, const Item& named, const ExpectationScope& scope) {
  const Item& item = reader.resolve(named);
  DeliveredReader it{reader, scope.requirements};
  it.out.place = reader.place(item.spot);
  const std::size_t errors = reader.errors();
  Delivered nothing;
  const bool is_table = read_fields(reader, item, "'delivered'", delivered_fields, it);
  nothing.decides = it.out.decides;
  if (is_table && reader.errors() == errors && it.out == nothing)
    reader.error(item.spot, "'delivered' asks for nothing", "delivered = { count = 1 }");
  return std::move(it.out);
}

/// One row, or a scenario without rows; or a rule.
struct ScenarioReader {
  Reader& reader;
  const Definitions& definitions;
  Scenario out = {};

  [[nodiscard]] ExpectationScope scope() { return {definitions, out.requirements}; }

  void read_id(const Entry& entry) {
    const Item& item = entry.value;
    out.id = reader.string(item).value_or("");
    if (item.kind == Item::Kind::string && !is_id(out.id))
      reader.error(item.spot, fmt::format("the id '{}' is not made of words", out.id),
                   "lower-case words and numbers with hyphens: 'data-before-recipient'");
    else if (out.id.find('/') != std::string::npos && !reader.values.row.empty())
      reader.error(item.spot, "a slash stands before the name of a row, and here rows have names of their own");
  }

  void read_rule(const Entry& entry) {
    out.rule = reader.string(entry.value).value_or("");
    out.id = out.family = "always/" + out.rule;
    if (entry.value.kind == Item::Kind::string && !is_words(out.rule))
      reader.error(entry.value.spot, fmt::format("the rule '{}' is not made of words", out.rule), "as in 'one-code'");
  }

  template <std::string Scenario::*into, const std::vector<std::string>& words>
  void read_word(const Entry& entry) {
    if (const auto word = reader.word(entry.value, entry.key, words)) out.*into = *word;
  }

  template <std::vector<std::string> Scenario::*list, Place Scenario::*where>
  void read_list(const Entry& entry) {
    out.*list = reader.strings(entry.value);
    out.*where = reader.place(entry.spot);
  }

  void read_level(const Entry& entry) {
    out.level_stated = true;
    take(reader, entry.value, out.level);
  }

  void read_needs(const Entry& entry) {
    for (const Item* need : reader.list(entry.value)) read_condition(*need);
  }

  void read_condition(const Item& item) {
    const auto source = reader.string(item);
    if (!source) return;
    std::string_view text = *source;
    Condition condition;
    condition.negated = cut_front(text, "no ");
    if (cut_front(text, "fact ")) {
      condition.kind = Condition::Kind::fact;
      condition.name = text;
      if (std::find(facts.begin(), facts.end(), condition.name) == facts.end())
        reader.error(item.spot, fmt::format("unknown fact '{}'", text),
                     did_you_mean(text, facts, "one of " + one_of(facts)));
    } else {
      read_keyword(item, text, condition);
    }
    out.needs.push_back(std::move(condition));
  }

  void read_keyword(const Item& item, std::string_view text, Condition& condition) {
    const auto space = text.find(' ');
    condition.name = text.substr(0, space);
    if (space != std::string_view::npos) condition.parameter = text.substr(space + 1);
    if (RE2::FullMatch(condition.name, keyword_form)) return;
    const bool is_fact = std::find(facts.begin(), facts.end(), std::string(text)) != facts.end();
    reader.error(
        item.spot, fmt::format("'{}' is neither an EHLO keyword nor a fact", text),
        is_fact ? fmt::format("did you mean 'fact {}'?", text) : "as in 'PIPELINING', 'AUTH PLAIN', 'fact delivery'");
  }
};

using It = ScenarioReader;
/// What a row of a report is told by: the keys that scenarios and rules have in common.
const Fields<It> described_fields = {
    field<&Scenario::title, It>("title", "One line for people", true),
    field<&Scenario::rationale, It>("rationale", "Why it matters"),
    {{"requirements", "Ids of ledger rows; the first is decided where nothing else is said",
      shape::some(shape::text())},
     &It::read_list<&Scenario::requirements, &Scenario::requirements_place>},
    {{"level", "How an unmet expectation counts; the highest of the requirements where it is left out",
      shape::or_column(shape::one_of(words_of<Level>()))},
     &It::read_level},
    field<&Scenario::tags, It>("tags", "Words to filter by"),
    {{"needs", "EHLO keywords in upper case, or 'fact x'; 'no' turns it round", shape::some(shape::text())},
     &It::read_needs},
    {{"catches", "Named faults of the reference server that must turn it red", shape::some(shape::text())},
     &It::read_list<&Scenario::catches, &Scenario::catches_place>},
};

Fields<It> joined(Fields<It> fields, const Fields<It>& more) {
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}

const Fields<It> rule_fields =
    joined({{{"rule", "The rule's name", shape::text(), true}, &It::read_rule}}, described_fields);

const Fields<It> scenario_fields = joined(
    joined({{{"id", "Lower-case words with hyphens; unique in the suite; never changed", shape::text(), true},
             &It::read_id},
            field<&Scenario::from, It>("state", "The ready state to begin in; greeted where it is left out"),
            {{"each", "Rows to play it with: a name of [rows], or a list", shape::definition("rows")}},
            {{"defaults", "Columns of the rows that leave them out", shape::Json{{"type", "object"}}}},
            field<&Scenario::alone, It>("alone", "Nothing else runs beside it"),
            field<&Scenario::fence, It>("fence", "false: no NOOP and QUIT at the end"),
            field<&Scenario::timeout, It>("timeout", "Of the whole scenario; a minute where it is left out")},
           described_fields),
    // After the requirements, which they may decide.
    {{{"steps", "The conversation", shape::definition("steps"), true},
      [](It& it, const Entry& entry) { it.out.steps = load_steps(it.reader, entry.value, it.scope()); }},
     {{"delivered", "What must have arrived",
       shape::by_type("object", shape::definition("delivered"), shape::definition("column"))},
      [](It& it, const Entry& entry) { it.out.delivered = load_delivered(it.reader, entry.value, it.scope()); }}});

const Fields<It> survey_fields =
    joined({{{"fact", "What holds of the target where one of the rows of this fact passes",
              shape::or_column(shape::one_of(survey_facts))},
             &It::read_word<&Scenario::fact, survey_facts>},
            {{"limit", "What the session has had too much of, where it ends, or refuses more, before the row is done",
              shape::or_column(shape::one_of(limits))},
             &It::read_word<&Scenario::limit, limits>}},
           scenario_fields);

/// The scenario, unless something is wrong in it: what is wrong was told, and its consequences are no news.
void load_row(Reader& reader, const Item& item, const Item& own, const Definitions& definitions, Values values,
              bool survey, Suite& suite) {
  const std::size_t errors = reader.errors();
  reader.values = std::move(values);
  ScenarioReader it{reader, definitions};
  it.out.place = reader.place(item.spot);
  it.out.survey = survey;
  if (!read_fields(reader, item, "a scenario", survey ? survey_fields : scenario_fields, it, own)) return;
  it.out.family = it.out.id.substr(0, it.out.id.find('/'));
  if (survey) it.out.id.insert(0, "survey/");
  if (survey) it.out.family.insert(0, "survey/");
  if (!reader.values.row.empty()) it.out.id += "/" + reader.values.row;
  if (reader.errors() == errors) suite.scenarios.push_back(std::move(it.out));
}

/// What the row says in the place of the scenario.
Item own_of(Reader& reader, const Row& row) {
  Item own;
  for (const std::string_view key : keys_of_rows)
    if (const auto found = row.columns.find(key); found != row.columns.end() && reader.charge(row.spot, 256))
      own.entries.push_back({std::string(key), found->second.spot, found->second});
  return own;
}

void load_rows(Reader& reader, const Item& item, const Item& each, const Definitions& definitions, bool survey,
               Suite& suite) {
  const RowTable table = read_rows(reader, each, item.find("defaults"), definitions);
  std::set<std::string> all;
  for (const Row& row : table.rows)
    for (const auto& [name, column] : row.columns) all.insert(name);
  (void)reader.take_used();
  const std::size_t errors = reader.errors();
  for (const Row& row : table.rows) {
    if (suite.scenarios.size() >= max_rows)
      return reader.error(row.spot, fmt::format("more than {} rows in one file", max_rows));
    if (!reader.charge(row.spot, sizeof(Scenario))) return;
    Values values;
    values.row = row.name;
    for (const std::string& name : all)
      if (row.columns.find(name) == row.columns.end()) values.of_other_rows.insert(name);
    const Item own = own_of(reader, row);
    const Reader::Columns columns(reader, row.columns);
    load_row(reader, item, own, definitions, values, survey, suite);
  }
  if (table.rows.empty() || reader.errors() != errors) return;
  const auto used = reader.take_used();
  for (const auto& [name, spot] : table.written)
    if (used.count(name) == 0 &&
        std::find(std::begin(keys_of_rows), std::end(keys_of_rows), name) == std::end(keys_of_rows))
      reader.warning(spot, fmt::format("column '{}' is never used", name));
}

void load_one(Reader& reader, const Item& item, const Definitions& definitions, bool survey, Suite& suite) {
  const Item* each = item.find("each");
  if (each != nullptr) return load_rows(reader, item, *each, definitions, survey, suite);
  if (const Entry* defaults = item.entry("defaults"))
    reader.error(defaults->spot, "'defaults' are of rows; there is no 'each'");
  load_row(reader, item, {}, definitions, {}, survey, suite);
}

}  // namespace

void load_scenario(Reader& reader, const Item& item, const Definitions& definitions, Suite& suite) {
  load_one(reader, item, definitions, false, suite);
}

void load_survey(Reader& reader, const Item& item, const Definitions& definitions, Suite& suite) {
  load_one(reader, item, definitions, true, suite);
}

void load_rule(Reader& reader, const Item& item, const Definitions& definitions, Suite& suite) {
  ScenarioReader it{reader, definitions};
  it.out.place = reader.place(item.spot);
  it.out.fence = false;
  const std::size_t errors = reader.errors();
  read_fields(reader, item, "a rule", rule_fields, it);
  if (reader.errors() == errors) suite.scenarios.push_back(std::move(it.out));
}

shape::Json delivered_shape() { return shape::table(keys_of(delivered_fields)); }
shape::Json scenario_shape() { return shape::table(keys_of(scenario_fields)); }
shape::Json survey_shape() { return shape::table(keys_of(survey_fields)); }
shape::Json rule_shape() { return shape::table(keys_of(rule_fields)); }

void settle_levels(Suite& suite) {
  for (Scenario& scenario : suite.scenarios) {
    if (scenario.level_stated || scenario.requirements.empty()) continue;
    std::optional<Level> highest;
    for (const std::string& id : scenario.requirements) {
      const auto found = suite.requirements.find(id);
      if (found == suite.requirements.end()) continue;
      highest = std::min(highest.value_or(Level::may), found->second.level);
      scenario.levels[id] = found->second.level;
    }
    if (highest) scenario.level = *highest;
  }
}

}  // namespace smtpspec::scenario
