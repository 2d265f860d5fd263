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
    CHECK(behaviour.name.find(' ') == std::string::npos);
    CHECK(behaviour_named(behaviour.name) == &behaviour);
    CHECK_FALSE(behaviour.what.empty());
  }
  for (const SinkPeer& peer : sink_peers()) {
    CAPTURE(peer.name);
    CHECK(names.insert(peer.name).second);
    CHECK(sink_peer_named(peer.name) == &peer);
    CHECK((peer.most == 0 || !peer.octets.empty()));
  }
  CHECK(behaviour_named("polite") == nullptr);
  CHECK(sink_peer_named("polite") == nullptr);
}

TEST_CASE("a flood has something to flood with") {
  for (const Behaviour& behaviour : behaviours()) {
    CAPTURE(behaviour.name);
    if (behaviour.act == Act::flood || behaviour.act == Act::trickle) CHECK_FALSE(behaviour.octets.empty());
  }
}

}  // namespace smtpspec::hostile
