#include "fuzz/linked/linked_session.hpp"

#include <catch2/catch_test_macros.hpp>

#include "fuzz/linked/linked_server_test.hpp"
#include "fuzz/oracles/conservation.hpp"
#include "fuzz/oracles/oracles.hpp"
#include "fuzz/session/session_input.hpp"
#include "harness/memory/memory_server.hpp"

using namespace smtpspec;
using namespace smtpspec::fuzz;

namespace {

judge::Played play(OwnServer own, const char* input, bool tells_deliveries = false) {
  smtpspec_server server = own.as_server();
  server.tells_deliveries = tells_deliveries ? 1 : 0;
  memory::MemoryServer played(target_of(server), sessions_of(server), "mx.example.test");
  REQUIRE(played.facts().problem.empty());
  scenario::Scenario session = decode(input);
  if (tells_deliveries) session.delivered.emplace();
  return played.play(session);
}

constexpr const char* a_message = "= rcpt\n> DATA\\r\\n\nM {header}text\\r\\n\n";

}  // namespace

TEST_CASE("A session behind the C functions is played as a server on a socket is") {
  const judge::Played played = play({}, a_message);
  CHECK(breaches_in(played).empty());
  CHECK(accepted_in(played.transcript, {"alice@example.test"}).messages.size() == 1);
}

TEST_CASE("A rule that it breaks is seen") {
  OwnServer own;
  own.faults.add(reference::Fault::data_without_mail);
  const auto breaches = breaches_in(play(own, "= ready\n> DATA\\r\\n\nM text\\r\\n\n"));
  REQUIRE_FALSE(breaches.empty());
  CHECK(breaches.front().rule == "listed-code");
}

TEST_CASE("Where it wants a handshake, one is made, and plain text goes on") {
  const judge::Played played = play({}, "= tls\n> NOOP\\r\\n\n");
  CHECK(breaches_in(played).empty());
  CHECK(std::any_of(played.transcript.events.begin(), played.transcript.events.end(),
                    [](const record::Event& event) { return event.kind == record::Event::Kind::tls_started; }));
}

TEST_CASE("A client that leaves ends it, at any time") {
  for (const char* input : {"= data\n> half a mess\nH\n", "= rcpt\nR\n", "= greeted\n+ STARTTLS\\r\\n\nX\n",
                            "= tls\nN\n", "= ready\n@\n> NOOP\\r\\n\nX\n@\n> NOOP\\r\\n\n"}) {
    CAPTURE(input);
    CHECK(breaches_in(play({}, input)).empty());
  }
}

TEST_CASE("What it says that it delivers is what was delivered") {
  const auto arrived = play({}, a_message, true).transcript.deliveries;
  REQUIRE(arrived.size() == 1);
  CHECK(arrived.front().recipients->size() == 1);
  CHECK(arrived.front().message.ends_with("text\r\n"));
}

TEST_CASE("What a server lacks is named, and mailboxes that it names are asked for") {
  OwnServer own;
  smtpspec_server server = own.as_server();
  CHECK(missing_in(server).empty());
  server.give = nullptr;
  CHECK(missing_in(server) == "give");
  const char* const accepts[] = {"carol@mx.test", nullptr};
  server.accepts = accepts;
  CHECK(target_of(server).mail.accepts == std::vector<std::string>{"carol@mx.test"});
  CHECK(target_of(server).mail.domain == "mx.test");
}
