#include "harness/record/transcript.hpp"

#include <set>
#include <stdexcept>

#include <catch2/catch_test_macros.hpp>

using namespace smtpspec::record;
using Kind = Event::Kind;

namespace {

Event event_of(Kind kind, std::size_t session, std::string octets = "", Party by = Party::client) {
  Event event;
  event.kind = kind;
  event.session = session;
  event.by = by;
  event.octets = std::move(octets);
  return event;
}
Event sent(std::size_t session, std::string octets) { return event_of(Kind::octets, session, std::move(octets)); }
Event received(std::size_t session, std::string octets) {
  return event_of(Kind::octets, session, std::move(octets), Party::server);
}
Event step(std::size_t session, int number) {
  Event event = event_of(Kind::step, session);
  event.step = number;
  return event;
}

}  // namespace

TEST_CASE("every kind of event has a name of its own, and is found by it") {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(Kind::waited); ++i) {
    const Kind kind = static_cast<Kind>(i);
    CHECK_FALSE(name(kind).empty());
    CHECK(names.insert(name(kind)).second);
    CHECK(event_kind_named(name(kind)) == kind);
  }
  for (const std::string_view unknown : {"", "Octets", "octets ", "tls_started"})
    CHECK_FALSE(event_kind_named(unknown));
}

TEST_CASE("events carry their session's step, and are shown before they are kept") {
  std::size_t shown = 0;
  Recorder recorder("data-before-recipient", "t0123456789abcdef", {}, [&shown](const Event&) { ++shown; });
  const std::size_t first = recorder.add_session("");
  const std::size_t second = recorder.add_session("other");
  recorder.add(event_of(Kind::connected, first));
  recorder.add(step(first, 0));
  recorder.add(sent(first, "DATA\r\n"));
  recorder.add(received(second, "220 x\r\n"));
  recorder.add(step(first, Event::fence));
  recorder.add(sent(first, "NOOP\r\n"));

  const Transcript& transcript = recorder.transcript();
  CHECK(shown == 6);
  CHECK(transcript.scenario == "data-before-recipient");
  CHECK(transcript.sessions == std::vector<std::string>{"", "other"});
  const int steps[] = {Event::ladder, 0, 0, Event::ladder, Event::fence, Event::fence};
  REQUIRE(transcript.events.size() == std::size(steps));
  for (std::size_t i = 0; i < std::size(steps); ++i) CHECK(transcript.events[i].step == steps[i]);
  CHECK(transcript.events[3].by == Party::server);
}

TEST_CASE("octets are kept up to the bound of a direction and session, and counted beyond it") {
  std::size_t shown = 0;
  Recorder recorder("flood", "", {}, [&shown](const Event& event) { shown += event.octets.size(); });
  recorder.add_session("");
  recorder.add_session("other");
  recorder.add(received(0, std::string(max_octets_received - 1, 'x')));
  recorder.add(received(0, "yz"));
  recorder.add(received(0, "omitted"));
  recorder.add(sent(0, std::string(max_octets_received + 1, 'z')));
  recorder.add(received(1, "other session"));
  recorder.add(event_of(Kind::closed, 0));
  const auto& events = recorder.transcript().events;
  REQUIRE(events.size() == 6);
  CHECK(events[1].octets == "y");
  CHECK(events[1].omitted == 1);
  CHECK(events[2].octets.empty());
  CHECK(events[2].omitted == 7);
  CHECK(events[3].octets.size() == max_octets_received + 1);
  CHECK(events[4].octets == "other session");
  CHECK(events[5].kind == Kind::closed);
  CHECK(shown == 2 * max_octets_received + 1 + 1 + 7 + 13);
}

TEST_CASE("a peer that sends octet by octet does not make events without end") {
  Recorder recorder("drip", "", {}, {});
  recorder.add_session("");
  const std::size_t all = max_pieces_kept + 1000;
  for (std::size_t i = 0; i < all; ++i) recorder.add(received(0, "x"));
  recorder.add(step(0, 1));
  recorder.add(received(0, "y"));
  const auto& events = recorder.transcript().events;
  REQUIRE(events.size() == max_pieces_kept + 2);
  CHECK(events[max_pieces_kept - 1].octets.size() == 1001);
  CHECK(events.back().octets == "y");
}

TEST_CASE("a TLS alert in plain text is told apart, however it is cut") {
  const std::string alert("\x15\x03\x03\0\x02\x02\x0a", 7);
  for (std::size_t cut = 0; cut <= alert.size(); ++cut) {
    CAPTURE(cut);
    Recorder recorder("alert", "", {}, {});
    recorder.add_session("");
    const std::string line = "NOOP\r\nStartTLS\r\n";
    for (std::size_t i = 0; i < line.size(); i += cut + 1) recorder.add(sent(0, line.substr(i, cut + 1)));
    recorder.add(received(0, "220 Go\r\n" + alert.substr(0, cut)));
    recorder.add(received(0, alert.substr(cut) + "250 Ok\r\n"));
    std::string text;
    std::string told;
    for (const Event& event : recorder.transcript().events) {
      if (event.by == Party::server) (event.kind == Kind::tls_alert ? told : text) += event.octets;
    }
    CHECK(text == "220 Go\r\n250 Ok\r\n");
    CHECK(told == alert);
  }
  Recorder recorder("no-alert", "", {}, {});
  recorder.add_session("");
  recorder.add(received(0, alert));
  CHECK(recorder.transcript().events[0].kind == Kind::octets);
}

TEST_CASE("a session that was never added is refused") {
  Recorder recorder("none", "", {}, {});
  CHECK_THROWS_AS(recorder.add(event_of(Kind::closed, 0)), std::out_of_range);
}
