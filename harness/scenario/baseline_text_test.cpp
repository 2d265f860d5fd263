#include "harness/scenario/baseline_text.hpp"

#include <catch2/catch_test_macros.hpp>

#include "harness/scenario/loader.hpp"

namespace smtpspec::scenario {
namespace {

const std::string file =
    "# What is known of our server.\n"
    "\n"
    "# Of a library.\n"
    "[[expect]]\n"
    "scenario = \"a/*\"   # both\n"
    "outcome = \"fail\"\n"
    "reason = \"r\"\n"
    "\n"
    "[[expect]]\n"
    "finding = \"f\"\n"
    "  signature=\"250 #\"\n"
    "# in between\n"
    "reason = \"s\"\n"
    "\n"
    "# Of the relay.\n"
    "[[expect]]\n"
    "finding = \"g\"\n"
    "reason = \"t\"\n";

std::vector<Place> places() {
  std::vector<Place> all;
  for (const auto& one : load_baseline(file, "b.toml").value.entries) all.push_back(one.place);
  REQUIRE(all.size() == 3);
  return all;
}

TEST_CASE("Endings are put at the end, and written anew where they stand, with the comments around them") {
  const std::string once = with_endings(file, {{"a/b", "250 #"}});
  CHECK(once == file + "\n[endings]\n'a/b' = '250 #'\n");
  CHECK(with_endings("", {}) == "[endings]\n");
  CHECK(with_endings("[endings]", {{"a", "b"}}) == "[endings]\n'a' = 'b'\n");
  const std::string among =
      "# Ours.\n[endings] # of the row's\n# kept\n\"c\" = \"d\"\n\n[[expect]]\nfinding = \"f\"\nreason = \"r\"\n";
  CHECK(with_endings(among, {{"a", "b"}, {"c", "\"e\""}}) ==
        "# Ours.\n[endings] # of the row's\n'a' = 'b'\n'c' = '\"e\"'\n# kept\n\n[[expect]]\nfinding = "
        "\"f\"\nreason = \"r\"\n");
  const auto loaded = load_baseline(once, "b.toml");
  CHECK(loaded.diagnostics.empty());
  CHECK(loaded.value.endings == std::map<std::string, std::string>{{"a/b", "250 #"}});
  CHECK(loaded.value.entries.size() == 3);
  CHECK_FALSE(load_baseline(file, "b.toml").value.endings);
  for (const char* const wrong : {"endings = 1\n", "[endings]\na = 1\n", "[endings]\n\"a\" = [\"b\"]\n"})
    CHECK_FALSE(load_baseline(wrong, "b.toml").diagnostics.empty());
}

TEST_CASE("An entry that is written and read is the same") {
  Baseline::Entry one;
  one.finding = "rfc5321/4.1.4/a:reply";
  one.outcome = Outcome::fail;
  one.signature = "250 \"x\" \\r\\n #";
  one.reason = "r";
  one.link = "https://example.test/1";
  one.owner = "us";
  one.until = day_in("2027-01-31");
  one.unstable = true;
  one.rows = {{"end/a", "01234567"}, {"end/b", ""}};
  const auto loaded = load_baseline(to_toml(one), "b.toml");
  REQUIRE(loaded.ok());
  REQUIRE(loaded.value.entries.size() == 1);
  CHECK(to_toml(loaded.value.entries.front()) == to_toml(one));
  CHECK(loaded.value.entries.front().rows == one.rows);
}

TEST_CASE("Entries go with the comment above them, and nothing else does") {
  const auto all = places();
  CHECK(without_entries(file, {}) == file);
  CHECK(without_entries(file, {all[1]}) ==
        file.substr(0, file.find("[[expect]]\nfinding = \"f\"")) + file.substr(file.find("# Of the relay.")));
  CHECK(without_entries(file, {all[0], all[2]}) ==
        "# What is known of our server.\n\n" +
            file.substr(file.find("[[expect]]\nfinding = \"f\""),
                        file.find("# Of the relay.") - file.find("[[expect]]\nfinding = \"f\"")));
  CHECK(without_entries(file, all) == "# What is known of our server.\n\n");
}

TEST_CASE("An entry fails in another way from now on") {
  Baseline::Entry now;
  now.outcome = Outcome::crash;
  now.signature = "451 #";
  now.place = places()[1];
  Baseline::Entry last;
  last.place = places()[2];
  last.until = day_in("2027-01-31");
  const auto text = with_entries(file, {now, last});
  REQUIRE(text);
  CHECK(text->find("finding = \"f\"\nsignature = '451 #'\n# in between\nreason = \"s\"\noutcome = 'crash'\n") !=
        std::string::npos);
  const auto loaded = load_baseline(*text, "b.toml");
  REQUIRE(loaded.ok());
  CHECK(loaded.value.entries[1].outcome == Outcome::crash);
  CHECK(loaded.value.entries[1].signature == "451 #");
  CHECK(loaded.value.entries[0].outcome == Outcome::fail);
  CHECK(loaded.value.entries[2].until == last.until);
}

TEST_CASE("The rows of an entry are written anew where they stand, and no line of another moves") {
  Baseline::Entry now;
  now.place = places()[1];
  now.rows = {{"a/b", "1"}, {"a/c", "2"}};
  const auto once = with_entries(file, {now});
  REQUIRE(once);
  CHECK(once->find("reason = \"s\"\nrows = [\n  'a/b 1',\n  'a/c 2',\n]\n\n# Of the relay.\n") != std::string::npos);
  now.rows = {{"d", "3"}};
  Baseline::Entry last;
  last.place = load_baseline(*once, "b.toml").value.entries[2].place;
  last.outcome = Outcome::warn;
  const auto twice = with_entries(*once, {now, last});
  REQUIRE(twice);
  CHECK(twice->find("reason = \"s\"\nrows = [\n  'd 3',\n]\n\n# Of the relay.\n") != std::string::npos);
  CHECK(load_baseline(*twice, "b.toml").value.entries[2].outcome == Outcome::warn);
  CHECK(without_entries(*twice, {now.place})->find("'d 3'") == std::string::npos);
}

TEST_CASE("Rows are written anew however their list was written") {
  for (const std::string list : {"[ 'a]b 1', \"#c 2\" ]", "[\n  'a]b 1',\n  \"#c 2\" ]",
                                 "[ 'a]b 1',\n  \"#c 2\" ] # both", "[ # both\n  'a]b 1',\n  \"#c 2\",\n]"}) {
    INFO(list);
    const std::string text = "[[expect]]\nfinding = \"f\"\nrows = " + list + "\nreason = \"r\"\n";
    Baseline::Entry now = load_baseline(text, "b.toml").value.entries.at(0);
    CHECK(now.rows == std::map<std::string, std::string>{{"a]b", "1"}, {"#c", "2"}});
    now.rows = {{"d", "3"}};
    const auto after = with_entries(text, {now});
    REQUIRE(after);
    CHECK(*after == "[[expect]]\nfinding = \"f\"\nrows = [\n  'd 3',\n]\nreason = \"r\"\n");
  }
}

TEST_CASE("A quotation mark within a string ends no string of a list") {
  for (const std::string list : {R"([ "a\"]b 1",)", R"([ 'c\', "a\\",)", R"([ "a\"#]b 1", # "]" '
)"}) {
    INFO(list);
    const std::string text = "[[expect]]\nfinding = \"f\"\nrows = " + list + "\n  'd 2' ]\nreason = \"r\"\n";
    const auto loaded = load_baseline(text, "b.toml");
    REQUIRE(loaded.ok());
    Baseline::Entry now = loaded.value.entries.at(0);
    CHECK(now.rows.count("d") == 1);
    now.rows = {{"d", "3"}};
    CHECK(with_entries(text, {now}) == "[[expect]]\nfinding = \"f\"\nrows = [\n  'd 3',\n]\nreason = \"r\"\n");
  }
}

TEST_CASE("An entry that becomes unstable loses its signature, and no line of another moves") {
  const std::string two =
      "[[expect]]\nfinding = 'f'\nreason = 'r'\nsignature = '250 #'\n\n[[expect]]\nfinding = 'g'\nreason = 's'\n";
  auto entries = load_baseline(two, "b.toml").value.entries;
  REQUIRE(entries.size() == 2);
  entries[0].signature.clear();
  entries[0].unstable = true;
  entries[1].outcome = Outcome::fail;
  CHECK(with_entries(two, entries) ==
        "[[expect]]\nfinding = 'f'\nreason = 'r'\nunstable = true\n\n[[expect]]\n"
        "finding = 'g'\nreason = 's'\noutcome = 'fail'\n");
}

TEST_CASE("What is not written as a table of its own is left alone") {
  const std::string inline_tables = "expect = [\n  { finding = 'f', reason = 'r' },\n]\n";
  const auto loaded = load_baseline(inline_tables, "b.toml");
  REQUIRE(loaded.value.entries.size() == 1);
  CHECK_FALSE(without_entries(inline_tables, {loaded.value.entries[0].place}));
  CHECK_FALSE(with_entries(inline_tables, {loaded.value.entries[0]}));
  CHECK_FALSE(without_entries("", {{"b.toml", 7, 1}}));
}

}  // namespace
}  // namespace smtpspec::scenario
