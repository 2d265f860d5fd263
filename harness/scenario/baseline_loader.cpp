#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "harness/scenario/baseline.hpp"
#include "harness/scenario/fields.hpp"
#include "harness/scenario/loader.hpp"
#include "harness/scenario/loaders.hpp"

namespace smtpspec::scenario {
namespace {

struct EntryReader {
  Reader& reader;
  Baseline::Entry out = {};

  void read_outcome(const Entry& entry) { take(reader, entry.value, out.outcome.emplace()); }
  void read_rows(const Entry& entry) {
    for (const Item& item : entry.value.items)
      if (const auto text = reader.string(item)) {
        const std::size_t end = std::min(text->find(' '), text->size());
        out.rows[text->substr(0, end)] = text->substr(std::min(end + 1, text->size()));
      }
  }
  void read_until(const Entry& entry) {
    const Item& item = entry.value;
    if (item.kind == Item::Kind::string || item.kind == Item::Kind::date) out.until = day_in(item.text);
    if (!out.until) reader.error(item.spot, "expected a day", "as in until = 2027-03-31");
  }
};

using Known = Baseline::Entry;
const Fields<EntryReader> entry_fields = {
    field<&Known::scenario, EntryReader>("scenario", "The id of a row, or a glob"),
    field<&Known::finding, EntryReader>("finding", "The id of a finding, or a glob: all of its rows"),
    {{"outcome", "What is expected; needed with 'scenario'", shape_of<Outcome>()}, &EntryReader::read_outcome},
    field<&Known::cause, EntryReader>("cause", "The cause that it must have; another is drift"),
    field<&Known::signature, EntryReader>("signature", "What must be seen, # for each number; anything else is drift"),
    {{"rows", "Of a finding: \"ID PRINT\" of the rows that showed it, as 'baseline accept' writes them",
      shape::list_of(shape::text())},
     &EntryReader::read_rows},
    field<&Known::reason, EntryReader>("reason", "Why it is so, for people", true),
    field<&Known::link, EntryReader>("link", "Where it is followed up, for people"),
    field<&Known::owner, EntryReader>("owner", "Whose it is, for people"),
    {{"until", "The last day on which it is expected: 2027-03-31", shape::matching("^[0-9]{4}-[0-9]{2}-[0-9]{2}$")},
     &EntryReader::read_until},
    {{"unstable", "It fails now and then: a pass is as expected as the failure", shape::boolean()},
     [](EntryReader& it, const Entry& entry) { take(it.reader, entry.value, it.out.unstable); }},
};

Baseline::Entry load_entry(Reader& reader, const Item& item) {
  EntryReader it{reader};
  it.out.place = reader.place(item.spot);
  if (!read_fields(reader, item, "an [[expect]]", entry_fields, it)) return std::move(it.out);
  if (it.out.scenario.empty() == it.out.finding.empty())
    reader.error(item.spot, "an [[expect]] needs 'scenario' or 'finding', and not both",
                 "the id of a row, or of a finding as the report has it");
  if (!it.out.scenario.empty() && item.find("outcome") == nullptr)
    reader.error(item.spot, "an [[expect]] of a scenario needs 'outcome'", "as in outcome = \"fail\"");
  return std::move(it.out);
}

std::vector<Key> baseline_keys() {
  const shape::Json entry = shape::table(keys_of(entry_fields), {{"scenario", {"finding"}}}, {"scenario", "finding"});
  return {{"expect", "Known failures", shape::list_of(entry)},
          {"endings", "Which of several permitted endings rows took, by their ids; another is told, and no finding",
           shape::table_of(shape::text())}};
}

void load_endings(Reader& reader, const Item& item, Baseline& out) {
  if (item.kind != Item::Kind::table) return reader.expected(item, "a table: \"id of a row\" = \"what was seen\"");
  auto& endings = out.endings.emplace();
  for (const Entry& entry : item.entries)
    if (const auto text = reader.string(entry.value)) endings[entry.key] = *text;
}

}  // namespace

std::optional<std::chrono::year_month_day> day_in(std::string_view text) {
  constexpr std::string_view form = "dddd-dd-dd";
  if (text.size() != form.size() || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto number = [&](std::size_t from, std::size_t count) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(text.data() + from, text.data() + from + count, value);
    return error == std::errc() && end == text.data() + from + count ? std::optional(value) : std::nullopt;
  };
  const auto year = number(0, 4);
  const auto month = number(5, 2);
  const auto day = number(8, 2);
  if (!year || !month || !day) return std::nullopt;
  const std::chrono::year_month_day it{std::chrono::year(static_cast<int>(*year)), std::chrono::month(*month),
                                       std::chrono::day(*day)};
  return it.ok() ? std::optional(it) : std::nullopt;
}

std::string to_text(std::chrono::year_month_day day) {
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(day.year()), static_cast<unsigned>(day.month()),
                     static_cast<unsigned>(day.day()));
}

Loaded<Baseline> load_baseline(std::string_view toml, const std::string& file) {
  Loaded<Baseline> out;
  Reader reader(file, toml);
  const Item root = reader.parse();
  reader.keys(root, "a baseline", names_of(baseline_keys()));
  if (const Item* list = root.find("expect")) {
    if (list->kind != Item::Kind::list)
      reader.error(root.entry("expect")->spot, "expected a list of tables", "did you mean [[expect]]?");
    for (const Item& item : list->items) out.value.entries.push_back(load_entry(reader, item));
  }
  if (const Item* endings = root.find("endings")) load_endings(reader, *endings, out.value);
  out.diagnostics = reader.take();
  return out;
}

shape::Json baseline_shape() { return shape::table(baseline_keys()); }

}  // namespace smtpspec::scenario
