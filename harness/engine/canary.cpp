#include "harness/engine/canary.hpp"

#include <cstdlib>

#include <fmt/format.h>

#include "harness/record/secrets.hpp"
#include "harness/scenario/loader.hpp"

namespace smtpspec::engine {

namespace {

/// Scenarios like all others, in the same language.
constexpr std::string_view canaries = R"(
[[scenario]]
id = "canary"
title = "An ordinary message is accepted and delivered"
state = "data"
steps = [ { message = '{header}canary\r\n', expect = "250" } ]
delivered = { count = 1 }

[[scenario]]
id = "canary-between"
title = "A transaction is opened and given up"
state = "rcpt"
steps = [ { send = "RSET", expect = "250" } ]
)";

/// A message of somebody else's may have come between, so that nobody can tell; a road that is lost is lost.
constexpr std::size_t most_again = 2;

const scenario::Suite& suite() {
  static const auto loaded = scenario::load_scenarios(canaries, "canaries");
  if (!loaded.ok() || loaded.value.scenarios.size() != 2) std::abort();  // ours alone: a test loads it
  return loaded.value;
}

/// It was accepted, and whether it was delivered could not be seen.
bool out_of_sight(const Played& played) { return played.to_the_end && !played.transcript.deliveries_observed; }

bool never_arrived(const Played& played) {
  return played.judged.verdict.cause == Cause::delivery && played.transcript.deliveries.empty();
}

}  // namespace

const scenario::Scenario& canary_with_message() { return suite().scenarios[0]; }
const scenario::Scenario& canary_without_message() { return suite().scenarios[1]; }

std::string actual_of(const Played& played) {
  return record::Redactor(played.transcript.secrets).without_secrets(played.judged.verdict.actual);
}

bool Canaries::takes_mail() const {
  return attempts_.facts().lacks("mail") == nullptr && attempts_.facts().lacks("mailbox") == nullptr;
}

asio::awaitable<std::string> Canaries::first() {
  if (!takes_mail()) co_return "";
  const scenario::Scenario& scenario = canary_with_message();
  Played played = co_await attempts_.play(scenario, scenario.id, 0);
  for (std::size_t again = 1; again <= most_again && attempts_.watch().seen && out_of_sight(played); ++again)
    played = co_await attempts_.play(scenario, scenario.id, again);
  attempts_.save(played.transcript);
  attempts_.watch().trust(played.transcript.deliveries);
  const judge::Verdict& verdict = played.judged.verdict;
  const bool unseen = attempts_.watch().seen && out_of_sight(played);
  if (never_arrived(played) || unseen) {
    attempts_.watch().seen = false;
    attempts_.note(unseen
                       ? "what became of the canary's message could not be seen: nor can deliveries in this run"
                       : "the canary's message was accepted and never arrived: deliveries cannot be seen in this run");
  } else if (!played.to_the_end) {
    co_return fmt::format("the canary, an ordinary message, was not accepted: {} ({} was expected)", actual_of(played),
                          verdict.expected.empty() ? "a session" : verdict.expected);
  }
  co_return "";
}

asio::awaitable<void> Canaries::between(std::string name) {
  const scenario::Scenario greeted = only_the_ladder(scenario::Ladder::greeted);
  const Played played = co_await attempts_.play(takes_mail() ? canary_without_message() : greeted, std::move(name), 0);
  if (!played.to_the_end) take(played);
}

asio::awaitable<void> Canaries::last() {
  if (!attempts_.watch().seen || !takes_mail()) co_return co_await between("canary-last");
  Played played = co_await attempts_.play(canary_with_message(), "canary-last", 0);
  for (std::size_t again = 1; again <= most_again && out_of_sight(played); ++again)
    played = co_await attempts_.play(canary_with_message(), "canary-last", again);
  if (!played.to_the_end)
    take(played);
  else if (out_of_sight(played) && distrust_.empty())
    distrust_ = "what became of the last canary could not be seen, so verdicts on deliveries are not to be trusted";
  else if (never_arrived(played) && distrust_.empty())
    distrust_ = "the last canary was accepted and never arrived, so verdicts on deliveries are not to be trusted";
}

void Canaries::take(const Played& failed) {
  attempts_.save(failed.transcript);
  if (distrust_.empty())
    distrust_ = fmt::format("a canary failed, so verdicts after it are not to be trusted: {}", actual_of(failed));
}

}  // namespace smtpspec::engine
