#include "harness/wire/transcript.hpp"

#include <set>
#include <stdexcept>

#include <catch2/catch_test_macros.hpp>

using namespace smtpspec::wire;
using Kind = Event::Kind;

TEST_CASE("every kind of event has a name of its own, and is found by it") {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(Kind::stopped); ++i) {
    const Kind kind = static_cast<Kind>(i);
    CHECK_FALSE(name(kind).empty());
    CHECK(names.insert(name(kind)).second);
    CHECK(event_kind_named(name(kind)) == kind);
  }
  for (const std::string_view unknown : {"", "Sent", "sent ", "tls_started"}) CHECK_FALSE(event_kind_named(unknown));
}

TEST_CASE("events carry session, step and rising time") {
  Recorder recorder("data-before-recipient");
  const std::size_t first = recorder.add_session("");
  const std::size_t second = recorder.add_session("other");
  recorder.add(Kind::connected, first, {}, "127.0.0.1:1 -> 127.0.0.1:25");
  recorder.begin_step(first, 0);
  recorder.add(Kind::sent, first, "DATA\r\n");
  recorder.add(Kind::received, second, "220 x\r\n", {}, true);
  recorder.begin_step(first, Event::fence);
  recorder.add(Kind::sent, first, "NOOP\r\n");

  const Transcript& transcript = recorder.transcript();
  CHECK(transcript.scenario == "data-before-recipient");
  CHECK(transcript.sessions == std::vector<std::string>{"", "other"});
  struct Row {
    Kind kind;
    std::size_t session;
    int step;
    std::string octets;
    std::string text;
    bool beneath;
  };
  const Row rows[] = {
      {Kind::connected, 0, Event::ladder, "", "127.0.0.1:1 -> 127.0.0.1:25", false},
      {Kind::step, 0, 0, "", "", false},
      {Kind::sent, 0, 0, "DATA\r\n", "", false},
      {Kind::received, 1, Event::ladder, "220 x\r\n", "", true},
      {Kind::step, 0, Event::fence, "", "", false},
      {Kind::sent, 0, Event::fence, "NOOP\r\n", "", false},
  };
  REQUIRE(transcript.events.size() == std::size(rows));
  std::chrono::nanoseconds before{0};
  for (std::size_t i = 0; i < std::size(rows); ++i) {
    CAPTURE(i);
    const Event& event = transcript.events[i];
    CHECK(event.kind == rows[i].kind);
    CHECK(event.session == rows[i].session);
    CHECK(event.step == rows[i].step);
    CHECK(event.octets == rows[i].octets);
    CHECK(event.text == rows[i].text);
    CHECK(event.beneath_tls == rows[i].beneath);
    CHECK(event.at >= before);
    before = event.at;
  }
  CHECK(recorder.elapsed() >= before);
}

TEST_CASE("octets are kept up to the bound of a direction and session, other events always") {
  Recorder recorder("flood");
  recorder.add_session("");
  recorder.add_session("other");
  recorder.add(Kind::received, 0, std::string(max_octets_received - 1, 'x'));
  recorder.add(Kind::received, 0, "yz");
  recorder.add(Kind::received, 0, "dropped");
  recorder.add(Kind::sent, 0, std::string(max_octets_received + 1, 'z'));
  recorder.add(Kind::received, 1, "other session");
  recorder.add(Kind::closed, 0);
  const auto& events = recorder.transcript().events;
  REQUIRE(events.size() == 5);
  CHECK(events[1].octets == "y");
  CHECK(events[2].octets.size() == max_octets_received + 1);
  CHECK(events[3].octets == "other session");
  CHECK(events[4].kind == Kind::closed);
}

TEST_CASE("a peer that sends octet by octet does not make events without end") {
  Recorder recorder("drip");
  recorder.add_session("");
  const std::size_t all = max_pieces_kept + 1000;
  for (std::size_t i = 0; i < all; ++i) recorder.add(Kind::received, 0, "x");
  recorder.begin_step(0, 1);
  recorder.add(Kind::received, 0, "y");
  const auto& events = recorder.transcript().events;
  REQUIRE(events.size() == max_pieces_kept + 2);
  CHECK(events[max_pieces_kept - 1].octets.size() == 1001);
  CHECK(events.back().octets == "y");
  std::size_t kept = 0;
  for (const Event& event : events) kept += event.octets.size();
  CHECK(kept == all + 1);
}

TEST_CASE("a session that was never added is refused") {
  Recorder recorder("none");
  CHECK_THROWS_AS(recorder.add(Kind::closed, 0), std::out_of_range);
}
