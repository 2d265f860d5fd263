#include <fmt/format.h>

#include "harness/scenario/loader.hpp"
#include "harness/scenario/toml_reader.hpp"

namespace smtpspec::scenario {
namespace {

Baseline::Entry load_entry(Reader& reader, const Item& item) {
  Baseline::Entry entry;
  entry.place = reader.place(item.spot);
  if (!reader.keys(item, "an [[expect]]", {"scenario", "outcome", "cause", "reason"})) return entry;
  for (const char* key : {"scenario", "outcome", "reason"})
    if (item.find(key) == nullptr) reader.error(item.spot, fmt::format("an [[expect]] needs '{}'", key));
  reader.read(item, "scenario", entry.scenario);
  reader.read(item, "cause", entry.cause);
  reader.read(item, "reason", entry.reason);
  if (const Item* outcome = item.find("outcome")) {
    std::vector<std::string> names;
    names.reserve(outcome_count);
    for (int i = 0; i < outcome_count; ++i) names.emplace_back(name(static_cast<Outcome>(i)));
    if (const auto word = reader.word(*outcome, "outcome", names))
      entry.outcome = outcome_named(*word).value_or(Outcome::fail);
  }
  return entry;
}

}  // namespace

Loaded<Baseline> load_baseline(std::string_view toml, const std::string& file) {
  Loaded<Baseline> out;
  Reader reader(file, toml);
  const Item root = reader.parse();
  reader.keys(root, "a baseline", {"expect"});
  if (const Item* list = root.find("expect")) {
    if (list->kind != Item::Kind::list)
      reader.error(root.entry("expect")->spot, "expected a list of tables", "did you mean [[expect]]?");
    for (const Item& item : list->items) out.value.entries.push_back(load_entry(reader, item));
  }
  out.diagnostics = reader.take();
  return out;
}

}  // namespace smtpspec::scenario
