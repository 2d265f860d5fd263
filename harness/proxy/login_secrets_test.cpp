#include "harness/proxy/login_secrets.hpp"

#include <algorithm>

#include <catch2/catch_test_macros.hpp>

#include "harness/proxy/events_test.hpp"
#include "harness/smtp/base64.hpp"

using namespace smtpspec;
using record::Party;
using smtp::base64_encode;

namespace {

class Session {
 public:
  Session& sends(std::string octets) { return show(Party::client, std::move(octets)); }
  Session& says(std::string octets) { return show(Party::server, std::move(octets)); }
  [[nodiscard]] bool has(const std::string& secret) const {
    const auto all = secrets.secrets();
    return std::find(all.begin(), all.end(), secret) != all.end();
  }

  proxy::LoginSecrets secrets;

 private:
  Session& show(Party by, std::string octets) {
    secrets.show(proxy::said(by, std::move(octets)));
    return *this;
  }
};

const std::string plain = base64_encode(std::string("\0alice@example.test\0open-sesame", 31));

}  // namespace

TEST_CASE("PLAIN: the response and the password in it, and not the user") {
  Session session;
  session.says("220 mx\r\n").sends("EHLO c\r\n").says("250-mx\r\n250 AUTH PLAIN\r\n");
  session.sends("auth plain " + plain + "\r\n").says("235 ok\r\n").sends("MAIL FROM:<alice@example.test>\r\n");
  CHECK(session.has(plain));
  CHECK(session.has("open-sesame"));
  CHECK(session.secrets.secrets().size() == 2);
}

TEST_CASE("what is said after a refusal that was not read, until a command follows") {
  const std::string user = base64_encode("alice@example.test");
  Session session;
  session.sends("AUTH LOGIN\r\n").says("504 no\r\n").sends(user + "\r\n").says("500 what\r\n");
  session.sends(base64_encode("open-sesame") + "\r\n").says("500 what\r\n");
  CHECK(session.has("open-sesame"));
  CHECK(!session.has(user));
  session.sends("QUIT\r\nnothing\r\n");
  CHECK(!session.has("nothing"));
}

TEST_CASE("a chunk is no command line, but where it may have been refused") {
  Session session;
  session.sends("BDAT 5 LAST\r\nhello").says("250 ok\r\n").sends("AUTH PLAIN " + plain + "\r\n");
  CHECK(session.has("open-sesame"));
  Session letter;
  letter.sends("BDAT 40 LAST\r\nAuth is needed now, they say.\r\nA line\r\n.");
  letter.sends("NOOP\r\n");
  CHECK(letter.secrets.secrets().empty());
  Session refused;
  refused.sends("BDAT 1000\r\n").says("500 what\r\n").sends("AUTH PLAIN " + plain + "\r\n").says("235 ok\r\n");
  CHECK(refused.has("open-sesame"));
}

TEST_CASE("a response after 334, in pieces, or never finished") {
  Session session;
  session.sends("AUTH PLAIN\r\n").says("334 \r\n");
  for (const char octet : plain) session.sends(std::string(1, octet));
  CHECK(session.has(plain));
  CHECK(session.has("open-sesame"));
  session.sends("\r\n");
  CHECK(session.has("open-sesame"));
}

TEST_CASE("LOGIN: the second response is the password, whatever is sent at once") {
  const std::string user = base64_encode("alice@example.test");
  const std::string password = base64_encode("abc");
  Session waits;
  waits.sends("AUTH LOGIN\r\n").says("334 VXNlcm5hbWU6\r\n").sends(user + "\r\n").says("334 UGFzc3dvcmQ6\r\n");
  waits.sends(password + "\r\n").says("535 no\r\n").sends("QUIT\r\n");
  Session does_not_wait;
  does_not_wait.sends("EHLO c\r\nAUTH LOGIN " + user + "\r\n").says("250 mx\r\n").sends(password + "\n");
  for (const Session* session : {&waits, &does_not_wait}) {
    CHECK(session->has(password));
    CHECK(session->has("abc"));
    CHECK(session->secrets.secrets().size() == 2);
  }
}

TEST_CASE("a refusal of what was sent before AUTH ends no exchange") {
  struct Row {
    std::string sent;
    std::string replies;
  };
  for (const Row& row : {Row{"VRFY x\r\nAUTH LOGIN\r\n", "502 No\r\n334 VXNlcm5hbWU6\r\n"},
                         Row{"AUTH FOO\r\nAUTH LOGIN\r\n", "504 No\r\n334 VXNlcm5hbWU6\r\n"}}) {
    INFO(row.sent);
    const Session waits = Session().sends(row.sent).says(row.replies).sends("YQ==\r\n").says("334 \r\n");
    const auto middle = row.replies.find("334");
    const Session does_not_wait = Session().sends(row.sent).says(row.replies.substr(0, middle)).sends("YQ==\r\n");
    const std::string late = row.replies.substr(middle) + "334 \r\n235 ok\r\n";
    for (const Session& session : {Session(waits).sends("c2VjcmV0\r\n").says("235 ok\r\n"),
                                   Session(does_not_wait).sends("c2VjcmV0\r\n").says(late)}) {
      CHECK(session.has("c2VjcmV0"));
      CHECK(session.has("secret"));
    }
  }
}

TEST_CASE("a 354 that nobody asked for makes no text of what follows") {
  Session session;
  session.sends("EHLO c\r\n").says("250-x\r\n250 AUTH PLAIN\r\n354 x\r\n").sends("AUTH PLAIN AGFsaWNlAHNlY3JldDEy\r\n");
  CHECK(session.has("secret12"));
}

TEST_CASE("commands after an exchange that failed are no secrets") {
  Session session;
  session.sends("AUTH LOGIN\r\n").says("535 no\r\n").sends("RSET\r\n").says("250 ok\r\n");
  session.sends("AUTH LOGIN\r\n").says("334 \r\n").sends("YQ==\r\n").says("334 \r\n").sends("*\r\n").says("501 \r\n");
  CHECK(session.secrets.secrets().empty());
}

TEST_CASE("other mechanisms: the response, what it says, and the digest or token in it") {
  Session session;
  const std::string bearer =
      "user=alice\x01"
      "auth=Bearer token-of-alice\x01\x01";
  session.sends("AUTH CRAM-MD5\r\n").says("334 PDE+\r\n").sends(base64_encode("alice 0123456789abcdef") + "\r\n");
  session.says("535 no\r\n").sends("AUTH XOAUTH2 " + base64_encode(bearer) + "\r\n").says("235 ok\r\n");
  CHECK(session.has("0123456789abcdef"));
  CHECK(session.has(base64_encode("alice 0123456789abcdef")));
  CHECK(session.has("token-of-alice"));
  CHECK(session.has(base64_encode(bearer)));
}

TEST_CASE("no response is no secret, and text of a message is none") {
  Session session;
  session.sends("AUTH PLAIN =\r\n").says("334 \r\n").sends("*\r\n").says("501 cancelled\r\n");
  session.sends("DATA\r\n").says("354 go\r\n").sends("AUTH PLAIN c2VjcmV0\r\nmore\r\n.\r\n").says("250 ok\r\n");
  CHECK(session.secrets.secrets().empty());
  session.sends("DATA\r\n").says("354 go\r\n").sends("text\r\n.\r\nAUTH PLAIN aGlkZGVu\r\n");
  CHECK(session.has("aGlkZGVu"));
  session.says("250 ok\r\n535 no\r\n");
  session.sends("AUTH PLAIN c2VjcmV0\r\n");
  CHECK(session.has("c2VjcmV0"));
}

TEST_CASE("what is held is bounded, and said to be") {
  Session session;
  session.sends("AUTH X\r\n");
  for (int i = 0; i < 1000; ++i) session.sends("not-base64-" + std::to_string(i) + "\r\n");
  CHECK(session.secrets.too_many());
  CHECK(session.secrets.secrets().size() <= 64);
}
