#include <fmt/format.h>

#include "harness/scenario/loaders.hpp"

namespace smtpspec::scenario {
namespace {

struct RequirementReader {
  Reader& reader;
  ledger::Requirement out = {};

  void read_lines(const Entry& entry) {
    const auto text = reader.string(entry.value);
    if (!text) return;
    const auto lines = ledger::lines_from(*text);
    if (!lines) reader.error(entry.value.spot, "line numbers are written '2013-2019'");
    out.lines = lines.value_or(ledger::Lines{});
  }
};

using It = RequirementReader;
using ledger::Requirement;
const Fields<It> fields = {
    {{"id", "RFC, section and words: rfc5321/4.1.1.4/lf-is-no-line-end", shape::matching("^[^/]+(/[^/]+)+$"), true},
     [](It& it, const Entry& entry) { it.out = ledger::requirement_of(it.reader.string(entry.value).value_or("")); }},
    {{"lines", "Lines of the RFC's text file: 2028-2032", shape::matching("^[0-9]+(-[0-9]+)?$")}, &It::read_lines},
    {{"level", "How an unmet expectation counts; must where it is left out", shape::one_of(words_of<Level>())},
     [](It& it, const Entry& entry) {
       take(it.reader, entry.value, it.out.level);
       it.out.severity = ledger::severity_of(it.out.level);
     }},
    field<&Requirement::severity, It>("severity", "What a breach may cost; by the level where it is left out"),
    field<&Requirement::party, It>("party", "Whose duty or freedom it is; the server's where it is left out"),
    {{"says", "The RFC's sentence, word for word", shape_of<std::string>(), true},
     [](It& it, const Entry& entry) {
       it.out.says = it.reader.string(entry.value).value_or("");
       it.out.says_place = it.reader.place(entry.spot);
     }},
};

}  // namespace

void load_requirement(Reader& reader, const Item& item, const Definitions& /*definitions*/, Suite& suite) {
  RequirementReader it{reader};
  const bool is_table = read_fields(reader, item, "a requirement", fields, it);
  it.out.place = reader.place(item.spot);
  const Item* id = is_table ? item.find("id") : nullptr;
  if (id == nullptr || id->kind != Item::Kind::string) return;
  if (!ledger::is_requirement_id(it.out.id))
    reader.error(id->spot, fmt::format("'{}' is no ledger id", it.out.id),
                 "RFC, section and words: 'rfc5321/4.1.1.4/lf-is-no-line-end'");
  if (!suite.requirements.emplace(it.out.id, it.out).second)
    reader.error(id->spot, fmt::format("requirement '{}' is stated twice", it.out.id));
}

shape::Json requirement_shape() { return shape::table(keys_of(fields)); }

}  // namespace smtpspec::scenario
