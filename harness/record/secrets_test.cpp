#include "harness/record/secrets.hpp"

#include <algorithm>

#include <catch2/catch_test_macros.hpp>

#include "harness/smtp/base64.hpp"

using namespace smtpspec::record;
using smtpspec::smtp::base64_encode;

namespace {

const std::string secret = "open-sesame 1!";

void add(Transcript& transcript, std::size_t session, Party by, std::string octets) {
  Event event;
  event.kind = Event::Kind::octets;
  event.session = session;
  event.by = by;
  event.octets = std::move(octets);
  transcript.events.push_back(std::move(event));
}

}  // namespace

TEST_CASE("a secret is found in every form that a server may echo") {
  const Redactor redactor({secret});
  const std::string forms[] = {
      secret,
      "OPEN-SESAME 1!",
      base64_encode(secret),
      base64_encode(std::string("\0alice\0", 7) + secret),
      base64_encode("x" + secret + "y"),
      base64_encode("xx" + secret + "yy"),
      "6f70656e2d736573616d652031 21",
      "6F70656E2D736573616D65203121",
      "open-sesame=201!",
      "open=2dsesame=201!",
      "open%2Dsesame%201!",
      "open-se=\r\nsame 1!",
      "=6F=70=65=6E=2D=73=65=73=61=6D=65=20=31=21",
      "o p e n - s e s a m e 1 !",
      "open-ses\r\n ame 1!",
      "!1 emases-nepo",
      "! 1 e m a s e s - n e p o",
  };
  for (const std::string& form : forms) {
    INFO(form);
    const std::string text = redactor.without_secrets("535 " + form + " is wrong\r\n");
    CHECK(text.find(secret_mark) != std::string::npos);
    CHECK(text.find("sesame") == std::string::npos);
    CHECK(text.find("emas") == std::string::npos);
    CHECK(text.find("m e") == std::string::npos);
    CHECK(text.starts_with("535 "));
    CHECK(text.ends_with(" is wrong\r\n"));
  }
  CHECK(redactor.without_secrets("open the door") == "open the door");
  CHECK(redactor.without_secrets("and then: open-ses") == "and then: [secret]");  // cut
  CHECK(redactor.without_secrets("and then: open-sesame 1") == "and then: [secret]");
  std::string backwards = base64_encode(std::string("\0alice\0", 7) + secret);
  std::reverse(backwards.begin(), backwards.end());
  CHECK(redactor.without_secrets(backwards).find(secret_mark) != std::string::npos);
  CHECK(Redactor({}).without_secrets(secret) == secret);
  CHECK(Redactor({""}).without_secrets(secret) == secret);
}

TEST_CASE("secrets that are parts of one another, of the mark, or short") {
  const auto without = [](const std::string& text, const std::vector<std::string>& secrets) {
    return Redactor(secrets).without_secrets(text);
  };
  CHECK(without("a pass and a pass", {"pass"}) == "a [secret] and a [secret]");
  CHECK(without(std::string("\0p\0", 3), {"p"}) == std::string("\0[secret]\0", 10));
  // A secret that is a part of the mark, said more than once on a session.
  CHECK(without("my secret", {"secret", "secret", "secret"}) == "my [secret]");
  // A secret that begins like another: nothing of the longer one stays.
  CHECK(without("passphrase pass", {"pass", "passphrase"}) == "[secret] [secret]");
  // Of a few letters it is a part of too much: what was seen must stay readable.
  CHECK(without("250-SIZE", {"e"}) == "250-SIZE");
  CHECK(without("250-SIZE e", {"e"}) == "250-SIZE [secret]");
  CHECK(without("aaa", {"a"}) == "aaa");
}

TEST_CASE("a line end between two secrets stays") {
  const Redactor redactor({secret, "alice-of-the-mill"});
  const std::string both = base64_encode("alice-of-the-mill") + "\r\n" + base64_encode(secret) + "\r\n";
  CHECK(redactor.without_secrets(both) == "[secret]\r\n[secret]\r\n");
  CHECK(redactor.without_secrets("alice-of-the-mill " + secret + ".") == "[secret] [secret].");
  CHECK(redactor.without_secrets("alice=2Dof-the-mill\r\n" + secret + "=\r\n.") == "[secret]\r\n[secret]=\r\n.");
}

TEST_CASE("no border of reads, and no later session, hides a secret") {
  Transcript transcript;
  transcript.sessions = {"", "b"};
  transcript.secrets = {secret};
  add(transcript, 0, Party::client, "AUTH PLAIN ");
  add(transcript, 0, Party::client, base64_encode(secret).substr(0, 5));
  add(transcript, 0, Party::server, "535 open-");
  add(transcript, 0, Party::client, base64_encode(secret).substr(5) + "\r\n");
  for (const char octet : secret.substr(5)) add(transcript, 0, Party::server, std::string(1, octet));
  add(transcript, 0, Party::server, " is wrong\r\n");
  add(transcript, 1, Party::server, "220 " + secret + "\r\n");
  add(transcript, 1, Party::server, "250 open-ses");  // and then it ended
  Delivery delivery;
  delivery.message = "Subject: " + base64_encode("+" + secret) + "\r\n";
  delivery.mail_parameters = {{"ENVID", secret}, {"SMTPUTF8", std::nullopt}};
  delivery.recipients = {{"a@b.example", {{{"ORCPT", secret}}}}};
  transcript.deliveries.push_back(delivery);
  transcript.values = {{"captured", secret}};

  const Transcript clean = Redactor(transcript.secrets).without_secrets(transcript);
  CHECK(clean.secrets.empty());
  REQUIRE(clean.events.size() == transcript.events.size());
  std::string streams[2][2];
  for (const Event& event : clean.events) streams[event.session][event.by == Party::client ? 0 : 1] += event.octets;
  CHECK(streams[0][0] == "AUTH PLAIN [secret]\r\n");
  CHECK(streams[0][1] == "535 [secret] is wrong\r\n");
  CHECK(streams[1][1] == "220 [secret]\r\n250 [secret]");
  CHECK(clean.deliveries[0].message.find("[secret]") != std::string::npos);
  CHECK(clean.deliveries[0].mail_parameters->at(0).value == "[secret]");
  CHECK_FALSE(clean.deliveries[0].mail_parameters->at(1).value);
  CHECK(clean.deliveries[0].recipients->at(0).parameters->at(0).value == "[secret]");
  CHECK(clean.values[0].second == "[secret]");
}
