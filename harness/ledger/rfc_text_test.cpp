#include "harness/ledger/rfc_text.hpp"

#include <vector>

#include <catch2/catch_test_macros.hpp>

using namespace smtpspec::ledger;

namespace {

// An RFC's page break: a foot, a form feed, a head.
constexpr const char* text =
    "9.  Replies\n"                                                               // 1
    "\n"                                                                          // 2
    "   Every command MUST generate exactly one\n"                                // 3
    "   reply.  A receiver-\n"                                                    // 4
    "   SMTP SHOULD say so,\n"                                                    // 5
    "\n"                                                                          // 6
    "Author                      Standards Track                     [Page 9]\n"  // 7
    "\f\n"                                                                        // 8
    "RFC 9999                        Replies                     October 2008\n"  // 9
    "\n"                                                                          // 10
    "   and go on.  Twice - \n"                                                   // 11
    "   that is, here.  Twice\n"                                                  // 12
    "   - that is, here.\n";                                                      // 13

Requirement quoted(const char* says, Lines lines) {
  Requirement requirement = requirement_of("rfc9999/9/words");
  requirement.says = says;
  requirement.lines = lines;
  return requirement;
}

}  // namespace

TEST_CASE("a sentence is found through line ends, page breaks and hyphens") {
  const RfcText rfc(text);
  const auto at = [&](const char* sentence) { return rfc.find(sentence); };
  CHECK(at("Every command MUST generate exactly one reply.") == std::vector<Lines>{{3, 4}});
  CHECK(at("A receiver-SMTP SHOULD say so, and go on.") == std::vector<Lines>{{4, 11}});
  CHECK(at("A\n  receiver-SMTP") == std::vector<Lines>{{4, 5}});
  CHECK(at("Twice - that is, here.") == std::vector<Lines>{{11, 12}, {12, 13}});
  CHECK(at("A receiver- SMTP").empty());
  CHECK(at("Every command must generate").empty());
  CHECK(at("[Page 9]").empty());
  CHECK(at("October 2008").empty());
  CHECK(at("").empty());
  CHECK(rfc.at({4, 11}) == "reply. A receiver-SMTP SHOULD say so, and go on. Twice -");
  CHECK(rfc.at({6, 10}).empty());
  CHECK(rfc.at({14, 99}).empty());
}

TEST_CASE("what is wrong with a sentence is said") {
  const RfcText rfc(text);
  struct Row {
    const char* says;
    Lines lines;
    const char* wrong;
  };
  const std::vector<Row> rows = {
      {"Every command MUST generate exactly one reply.", {3, 4}, ""},
      {"Twice - that is, here.", {12, 13}, ""},
      {"Every command MUST generate exactly one reply.", {3, 5}, "the sentence stands at lines 3-4"},
      {"Every command MUST generate exactly one reply.", {}, "the sentence stands at lines 3-4"},
      {"Every command MUST generate exactly one rep1y.",
       {3, 4},
       "at these lines stands: Every command MUST generate exactly one reply. A receiver-"},
      {"Every command MUST generate exactly one reply", {3, 4}, ""},  // a clause, word for word
      {"Every command.", {}, "the sentence is not in the RFC"},
      {"Every command.", {90, 91}, "nothing stands at these lines"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.says);
    CHECK(misquoted(quoted(row.says, row.lines), rfc) == row.wrong);
  }
}

TEST_CASE("a line stands in the section whose heading is the last before it") {
  const RfcText rfc(
      "Contents\n   4.  Order ......... 7\n4. Order . . . 7\n\n4.  Order\n\n   One.\n\n   1. The list is no section.\n"
      "      4.1.1  \"Within\"\n   Two.\n\nAppendix B.  More\n   Three.\nB.1.  Less\n   Four.\n220 service ready\n   "
      "Five.\n");
  const std::pair<int, const char*> lines[] = {{2, ""},       {5, "4"},  {7, "4"},    {9, "4"},   {10, "4.1.1"},
                                               {11, "4.1.1"}, {14, "B"}, {16, "B.1"}, {18, "B.1"}};
  for (const auto& [line, section] : lines) CHECK(rfc.section_of(line) == section);
  const auto other = [&](const char* id, int line) {
    Requirement requirement = requirement_of(id);
    requirement.lines = {line, line};
    return other_section(requirement, rfc);
  };
  CHECK(other("rfc9999/4.1.1/words", 11).empty());
  CHECK(other("rfc9999/4.1/words", 11).empty());
  CHECK(other("rfc9999/4/words", 11).empty());
  CHECK(other("rfc9999/4.1.1/words", 7) == "4");
  CHECK(other("rfc9999/4.1.1.1/words", 11) == "4.1.1");
  CHECK(other("rfc9999/4/words", 2).empty());
}

TEST_CASE("any octets are a text") {
  CHECK(RfcText("").find("a").empty());
  CHECK(RfcText("\f").at({1, 1}).empty());
  CHECK(RfcText("\f\f\n\f").at({1, 9}).empty());
  CHECK(RfcText("\xEF\xBB\xBFOne\r\nline").find("One line") == std::vector<Lines>{{1, 2}});
}
