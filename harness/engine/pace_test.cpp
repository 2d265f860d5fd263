#include "harness/engine/pace.hpp"

#include <vector>

#include <catch2/catch_test_macros.hpp>

namespace smtpspec::engine {
namespace {

using std::chrono::milliseconds;
using Time = Clock::time_point;
using Kind = FirstWord::Kind;

/// A target that takes so many sessions at a time and so many a second, each for so long; time is virtual.
struct Shy {
  std::size_t sessions = 1000;
  std::size_t rate = 100000;
  milliseconds latency{1};
  milliseconds lasts{20};
};

struct Played {
  std::size_t greeted = 0;
  std::size_t refused = 0;
  std::size_t most = 0;  ///< at a time
};

/// Begins sessions whenever the pace lets it.
Played play(Pace& pace, const Shy& target, milliseconds time, Time start = {}) {
  Played played;
  std::vector<Time> ends;
  std::vector<Time> begins;  // that were taken
  for (Time now = start; now < start + time; now += milliseconds(1)) {
    for (std::size_t i = ends.size(); i-- > 0;) {
      if (ends[i] > now) continue;
      ends.erase(ends.begin() + static_cast<long>(i));
      pace.leaving();
      pace.ended(1);
    }
    for (auto begin = pace.next(1, now); begin && *begin <= now; begin = pace.next(1, now)) {
      pace.began(1, now);
      std::size_t last_second = 0;
      for (const Time one : begins) last_second += now - one < milliseconds(1000) ? 1 : 0;
      if (ends.size() >= target.sessions || last_second >= target.rate) {
        pace.hear({.kind = Kind::refusal}, now);
        pace.ended(1);
        ++played.refused;
        continue;
      }
      begins.push_back(now);
      ends.push_back(now + target.lasts);
      pace.hear({.after = target.latency}, now);
      ++played.greeted;
      played.most = std::max(played.most, ends.size());
    }
  }
  for (std::size_t i = ends.size(); i-- > 0;) pace.leaving();
  pace.ended(ends.size());
  return played;
}

TEST_CASE("a healthy target is given more and more at once, and never more than was said") {
  Pace pace({.sessions = 50, .rate = 0});
  CHECK(pace.limit() < 10);
  const Played played = play(pace, {}, milliseconds(200));
  CHECK(pace.limit() == 50);
  CHECK(played.most == 50);
  CHECK(played.refused == 0);
  CHECK_FALSE(pace.sessions_learnt());
  CHECK_FALSE(pace.rate_learnt());
}

TEST_CASE("of sessions that wait there may be more than is usual") {
  Pace pace({});
  const Shy patient{1000, 100000, milliseconds(1), milliseconds(12000)};
  CHECK(play(pace, patient, milliseconds(2000)).most == 128);
  pace.expect_waiting();
  CHECK(play(pace, patient, milliseconds(3000), Time(milliseconds(2000))).most > 256);
}

TEST_CASE("a play of several sessions waits for no other where a limit was not met, and for room where it was") {
  const Time now{};
  const auto full_but_for_one = [&](Pace& pace) {
    for (std::size_t open = 0; open + 1 < pace.limit(); ++open) pace.began(1, now);
    return pace.limit() - 1;
  };
  Pace pace({.sessions = 50, .rate = 0});
  std::size_t open = full_but_for_one(pace);
  CHECK(pace.next(2, now));
  CHECK_FALSE(pace.next(pace.limit() + 1, now));
  pace.began(2, now);
  pace.hear({.kind = Kind::refusal}, now);
  pace.ended(open + 2);
  open = full_but_for_one(pace);
  CHECK(pace.next(1, now));
  CHECK_FALSE(pace.next(2, now));
  Pace bounded({.sessions = 4, .rate = 0});
  full_but_for_one(bounded);
  CHECK(bounded.next(1, now));
  CHECK_FALSE(bounded.next(2, now));
}

TEST_CASE("how many sessions a target takes at a time is found out") {
  for (const std::size_t sessions : {1U, 2U, 5U, 50U}) {
    INFO(sessions);
    Pace pace({});
    const Played played = play(pace, {.sessions = sessions}, milliseconds(10'000));
    REQUIRE(pace.sessions_learnt());
    CHECK(*pace.sessions_learnt() == sessions);
    CHECK(played.refused < 20);
    CHECK(played.greeted > sessions * 400);
  }
}

TEST_CASE("how many sessions a second a target takes is found out") {
  Pace pace({});
  const Played played = play(pace, {.rate = 4, .lasts = milliseconds(5)}, milliseconds(60'000));
  REQUIRE(pace.rate_learnt());
  CHECK(*pace.rate_learnt() > 3);
  CHECK(*pace.rate_learnt() < 5);
  CHECK(played.greeted > 180);
  CHECK(played.refused < 30);
}

TEST_CASE("a rate that was asked for is kept") {
  Pace pace({.sessions = 128, .rate = 10});
  const Played played = play(pace, {}, milliseconds(2000));
  CHECK(played.greeted >= 19);
  CHECK(played.greeted <= 21);
  CHECK_FALSE(pace.rate_learnt());
}

TEST_CASE("greetings that become slow are a reason for fewer sessions") {
  Pace pace({});
  (void)play(pace, {}, milliseconds(200));
  const std::size_t before = pace.limit();
  (void)play(pace, {.latency = milliseconds(3000)}, milliseconds(10'000), Time(milliseconds(200)));
  CHECK(pace.limit() < before / 4);
}

TEST_CASE("a greeting that is always late is none") {
  Pace pace({});
  (void)play(pace, {.latency = milliseconds(5000), .lasts = milliseconds(5100)}, milliseconds(60'000));
  CHECK(pace.limit() == 128);
}

TEST_CASE("where nobody listens it is tried for a while, and not at all where nobody ever did") {
  const Time start{};
  Pace pace({});
  pace.began(1, start);
  pace.hear({.kind = Kind::no_connection}, start);
  CHECK(pace.hopeless(start));
  pace.hear({.after = milliseconds(1)}, start);
  CHECK_FALSE(pace.hopeless(start));
  pace.hear({.kind = Kind::no_connection}, start);
  pace.ended(1);
  CHECK(pace.next(1, start) > start);
  CHECK_FALSE(pace.hopeless(start + milliseconds(10'000)));
  CHECK(pace.hopeless(start + milliseconds(100'000)));
  CHECK(pace.next(1, start + milliseconds(100'000)) <= start + milliseconds(100'000));
}

}  // namespace
}  // namespace smtpspec::engine
