#include "harness/engine/selection.hpp"

#include <set>

#include <catch2/catch_test_macros.hpp>

namespace smtpspec::engine {
namespace {

scenario::Suite suite() {
  scenario::Suite suite;
  const auto add = [&](const char* id, const char* family, scenario::Level level, const char* tag,
                       const char* requirement) {
    scenario::Scenario one;
    one.id = id;
    one.family = family;
    one.level = level;
    one.tags = {tag};
    one.requirements = {requirement};
    suite.scenarios.push_back(one);
  };
  add("end/lf", "end", scenario::Level::must, "smuggling", "rfc5321/4.1.1.4/lf-is-no-line-end");
  add("end/cr", "end", scenario::Level::should, "smuggling", "rfc5321/4.1.1.4/lf-is-no-line-end");
  add("ending", "ending", scenario::Level::must, "size", "rfc5321/4.1.1/x");
  add("noop", "noop", scenario::Level::may, "plain", "rfc5321/4.1.1.40/y");
  return suite;
}

std::vector<std::string> ids(const std::vector<std::string>& filters) {
  const auto all = suite();
  std::vector<std::string> ids;
  for (const auto* scenario : select(all, {filters, 1, 1})) ids.push_back(scenario->id);
  return ids;
}

using Ids = std::vector<std::string>;

TEST_CASE("filters") {
  const Ids all = {"end/lf", "end/cr", "ending", "noop"};
  CHECK(ids({}) == all);
  CHECK(ids({"end/lf"}) == Ids{"end/lf"});
  CHECK(ids({"end"}) == Ids{"end/lf", "end/cr"});
  CHECK(ids({"end*"}) == Ids{"end/lf", "end/cr", "ending"});
  CHECK(ids({"end/??"}) == Ids{"end/lf", "end/cr"});
  CHECK(ids({"rfc5321/4.1.1.4"}) == Ids{"end/lf", "end/cr"});  // not 4.1.1.40
  CHECK(ids({"rfc5321/4.1.1.4/lf-is-no-line-end"}) == Ids{"end/lf", "end/cr"});
  CHECK(ids({"rfc5321"}) == all);
  CHECK(ids({"rfc532"}).empty());
  CHECK(ids({"smuggling"}) == Ids{"end/lf", "end/cr"});
  CHECK(ids({"should"}) == Ids{"end/cr"});
  CHECK(ids({"noop", "end/lf"}) == Ids{"end/lf", "noop"});  // in suite order
  CHECK(ids({"!smuggling"}) == Ids{"ending", "noop"});
  CHECK(ids({"must", "!ending"}) == Ids{"end/lf"});
  CHECK(ids({"!ending", "must"}) == Ids{"end/lf"});
  CHECK(ids({"smuggling,must"}) == Ids{"end/lf"});
  CHECK(ids({"must,smuggling"}) == Ids{"end/lf"});
  CHECK(ids({"must,!smuggling"}) == Ids{"ending"});
  CHECK(ids({"must,smuggling,!end/*"}).empty());
  CHECK(ids({"smuggling,must", "noop"}) == Ids{"end/lf", "noop"});
  CHECK(ids({"!smuggling,must"}) == Ids{"end/cr", "ending", "noop"});  // what fits both is kept out
  CHECK(ids({"smuggling,"}).empty());
  CHECK(ids({"nothing"}).empty());
  CHECK(ids({""}).empty());
  CHECK(ids({"!"}) == all);
}

TEST_CASE("shards part the suite, and a new scenario moves no other") {
  scenario::Suite many;
  for (int i = 0; i < 300; ++i) {
    scenario::Scenario one;
    one.id = "case-" + std::to_string(i);
    many.scenarios.push_back(one);
  }
  constexpr std::size_t shards = 3;
  std::set<std::string> seen;
  std::vector<std::set<std::string>> by_shard;
  for (std::size_t shard = 1; shard <= shards; ++shard) {
    const auto chosen = select(many, {{}, shard, shards});
    CHECK(chosen.size() > 50);
    by_shard.emplace_back();
    for (const auto* scenario : chosen) {
      CHECK(seen.insert(scenario->id).second);
      by_shard.back().insert(scenario->id);
    }
  }
  CHECK(seen.size() == many.scenarios.size());
  scenario::Scenario first;
  first.id = "a-new-one";
  many.scenarios.insert(many.scenarios.begin(), first);
  for (std::size_t shard = 1; shard <= shards; ++shard)
    for (const auto* scenario : select(many, {{}, shard, shards}))
      CHECK((scenario->id == first.id || by_shard[shard - 1].count(scenario->id) == 1));
}

TEST_CASE("what holds for every conversation is judged in each shard") {
  scenario::Suite suite;
  suite.scenarios.resize(2);
  suite.scenarios[0].id = "always/one-code";
  suite.scenarios[0].rule = "one-code";
  suite.scenarios[1].id = "noop";
  std::size_t played = 0;
  for (std::size_t shard = 1; shard <= 5; ++shard) {
    const auto chosen = select(suite, {{}, shard, 5});
    REQUIRE_FALSE(chosen.empty());
    CHECK(chosen[0]->id == "always/one-code");
    played += chosen.size() - 1;
  }
  CHECK(played == 1);
  CHECK(select(suite, {{"noop"}, 1, 1}).size() == 1);
  CHECK(select(suite, {{"!always"}, 1, 1}).size() == 2);
  CHECK(select(suite, {{"!always/*"}, 1, 1}).size() == 1);
}

TEST_CASE("a fingerprint is of what scenarios say, not of where or in which order") {
  scenario::Suite suite;
  suite.scenarios.resize(2);
  suite.scenarios[0].id = "noop";
  suite.scenarios[0].title = "NOOP is answered";
  suite.scenarios[1].id = "rset";
  const std::string before = fingerprint(select(suite, {}));
  CHECK(before.size() == 16);
  std::swap(suite.scenarios[0], suite.scenarios[1]);
  suite.scenarios[1].place = {"elsewhere.toml", 7, 1};
  CHECK(fingerprint(select(suite, {})) == before);
  CHECK(fingerprint(select(suite, {{"!rset"}})) != before);
  suite.scenarios[1].title = "NOOP is not answered";
  CHECK(fingerprint(select(suite, {})) != before);
}

}  // namespace
}  // namespace smtpspec::engine
