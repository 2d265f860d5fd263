#include "harness/hostile/behaviour.hpp"

#include <set>

#include <catch2/catch_test_macros.hpp>

#include "harness/hostile/sink_peer.hpp"

namespace smtpspec::hostile {

TEST_CASE("names are unique, one word, and found again") {
  std::set<std::string> names;
  for (const Behaviour& behaviour : behaviours()) {
    CAPTURE(behaviour.name);
    CHECK(names.insert(behaviour.name).second);
    CHECK(behaviour.name.find_first_of(" \t") == std::string::npos);
    CHECK(behaviour.what.find('\t') == std::string::npos);
    CHECK_FALSE(name(behaviour.point).empty());
    REQUIRE(behaviours_named(behaviour.name).size() == 1);
    CHECK(behaviours_named(behaviour.name)[0].octets == behaviour.octets);
    CHECK_FALSE(behaviour.what.empty());
  }
  for (const SinkPeer& peer : sink_peers()) {
    CAPTURE(peer.name);
    CHECK(names.insert(peer.name).second);
    CHECK(sink_peer_named(peer.name) == &peer);
    CHECK((peer.most == 0 || !peer.octets.empty()));
  }
  CHECK(behaviours_named("polite").empty());
  CHECK(behaviours_named("polite-any").empty());
  CHECK(sink_peer_named("polite") == nullptr);
}

TEST_CASE("every way to end a session, at as many moments as the others") {
  for (const auto& [name, what] : ends_in_turn()) {
    CAPTURE(name);
    CHECK(behaviours_named(name).size() >= 20);
    CHECK(behaviours_named(name).size() == behaviours_named("close-any").size());
  }
}

TEST_CASE("a behaviour's kind is what it does") {
  CHECK(kind(behaviours_named("reset-half-rcpt").at(0)) == "end");
  CHECK(kind(behaviours_named("trickle-line").at(0)) == "flood");
  CHECK(kind(behaviours_named("deaf").at(0)) == "other");
}

TEST_CASE("a flood has something to flood with") {
  for (const Behaviour& behaviour : behaviours()) {
    CAPTURE(behaviour.name);
    if (behaviour.act == Act::flood || behaviour.act == Act::trickle) CHECK_FALSE(behaviour.octets.empty());
  }
}

}  // namespace smtpspec::hostile
