#include "harness/proxy/signs.hpp"

#include <catch2/catch_test_macros.hpp>

#include "harness/proxy/events_test.hpp"

using namespace smtpspec;
using record::Event;
using record::Party;

namespace {

struct Session {
  proxy::Signs signs = {};
  Session& say(Party by, std::string octets) {
    signs.show(proxy::said(by, std::move(octets)));
    return *this;
  }
  Session& client(std::string octets) { return say(Party::client, std::move(octets)); }
  Session& server(std::string octets) { return say(Party::server, std::move(octets)); }
  Session& tls() {
    Event event;
    event.kind = Event::Kind::tls_started;
    signs.show(event);
    return *this;
  }
};

const std::string hello("\x16\x03\x01\x02\x00", 5);

}  // namespace

TEST_CASE("TLS may begin where STARTTLS was accepted, whatever was sent with it") {
  const auto may = [](Session session) { return session.signs.may_begin_tls(); };
  const Session ready = Session().server("220 mx\r\n").client("EHLO c\r\n").server("250-mx\r\n250 STARTTLS\r\n");
  CHECK_FALSE(may(ready));
  CHECK(may(Session(ready).client("STARTTLS\r\n").server("220 go\r\n")));
  CHECK(may(Session(ready).client("startTLS \n").server("220-go\r\n2").server("20 now\r\n")));
  CHECK(may(Session(ready).client("STARTTLS\r\nNOOP\r\n").server("220 go\r\n250 ok\r\n")));
  CHECK_FALSE(may(Session(ready).client("STARTTLS\r\n").server("220-go\r\n")));
  CHECK_FALSE(may(Session(ready).client("STARTTLS\r\n").server("454 no\r\n")));
  CHECK_FALSE(may(Session(ready).client("STARTTLS now\r\n").server("220 go\r\n")));
  CHECK_FALSE(may(Session(ready).client("NOOP\r\n").server("220 go\r\n")));
  CHECK_FALSE(may(Session().client("EHLO c\r\nSTARTTLS\r\n").server("220 mx\r\n")));
  CHECK_FALSE(may(Session(ready).client("STARTTLS\r\n").server("220 go\r\n").tls()));
}

TEST_CASE("TLS of others is what both sides began in clear text") {
  const auto sealed = [](Session session) { return session.signs.is_sealed(); };
  const Session ready = Session().server("220 mx\r\n");
  CHECK(sealed(Session(ready).client(hello).server(hello)));
  CHECK_FALSE(sealed(Session(ready).client(hello).server("500 What\r\n")));
  CHECK_FALSE(sealed(Session(ready).server(hello)));
  CHECK_FALSE(sealed(Session(ready).tls().client(hello).server(hello)));
}

TEST_CASE("a goodbye is the last reply") {
  CHECK(Session().server("220 mx\r\n421 bye\r\n").signs.said_goodbye());
  CHECK(Session().server("221-bye\r\n221 bye\r\n").signs.said_goodbye());
  CHECK_FALSE(Session().server("421 bye\r\n250 ok\r\n").signs.said_goodbye());
  CHECK_FALSE(Session().signs.said_goodbye());
}
