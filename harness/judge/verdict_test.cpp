#include "harness/judge/verdict.hpp"

#include <utility>

#include <catch2/catch_test_macros.hpp>

namespace smtpspec::judge {
namespace {

TEST_CASE("each cause has a word of its own, which never changes") {
  const std::pair<Cause, std::string_view> rows[] = {
      {Cause::none, ""},
      {Cause::reply, "reply"},
      {Cause::early_reply, "early-reply"},
      {Cause::silence, "silence"},
      {Cause::hang, "hang"},
      {Cause::incomplete, "incomplete"},
      {Cause::closed, "closed"},
      {Cause::delivery, "delivery"},
      {Cause::ending, "ending"},
      {Cause::interference, "interference"},
      {Cause::connect, "connect"},
      {Cause::ladder, "ladder"},
      {Cause::tls_handshake, "tls-handshake"},
      {Cause::out_of_step, "out-of-step"},
      {Cause::no_delivery_road, "no-delivery-road"},
      {Cause::cut_short, "cut-short"},
      {Cause::time_out, "time-out"},
      {Cause::condition, "condition"},
      {Cause::not_played, "not-played"},
      {Cause::extra_reply, "extra-reply"},
      {Cause::rule, "rule"},
      {Cause::internal, "internal"},
      {Cause::never_checked, "never-checked"},
  };
  CHECK(std::size(rows) == cause_count);
  for (const auto& [cause, word] : rows) {
    CHECK(name(cause) == word);
    CHECK(named<Cause>(word) == cause);
    CHECK(meaning(cause).empty() == word.empty());
  }
  CHECK_FALSE(named<Cause>("no such cause"));
}

TEST_CASE("the one order of outcomes") {
  const Outcome worst_first[] = {Outcome::crash,   Outcome::fail,         Outcome::error,   Outcome::warn,
                                 Outcome::info,    Outcome::inconclusive, Outcome::blocked, Outcome::unsupported,
                                 Outcome::skipped, Outcome::pass};
  for (std::size_t i = 1; i < std::size(worst_first); ++i) CHECK(rank(worst_first[i - 1]) > rank(worst_first[i]));
}

TEST_CASE("of two verdicts as bad, what was seen outweighs what did not come") {
  const auto verdict = [](Outcome outcome, bool missing) {
    Verdict made;
    made.outcome = outcome;
    made.missing = missing;
    return made;
  };
  CHECK(outweighs(verdict(Outcome::fail, true), verdict(Outcome::warn, false)));
  CHECK(outweighs(verdict(Outcome::fail, false), verdict(Outcome::fail, true)));
  CHECK_FALSE(outweighs(verdict(Outcome::fail, true), verdict(Outcome::fail, false)));
  CHECK_FALSE(outweighs(verdict(Outcome::fail, false), verdict(Outcome::fail, false)));
  CHECK_FALSE(outweighs(verdict(Outcome::warn, false), verdict(Outcome::fail, true)));
}

}  // namespace
}  // namespace smtpspec::judge
