#include "harness/reference/server.hpp"

#include <catch2/catch_test_macros.hpp>

#include "harness/reference/client_test.hpp"
#include "harness/sasl/sasl.hpp"
#include "harness/smtp/base64.hpp"
#include "harness/smtp/data.hpp"

namespace smtpspec::reference {
namespace {

TEST_CASE("a message goes through the server by DATA and by BDAT") {
  asio::io_context context;
  Remembered remembered;
  Server::Options sink = options();
  sink.settings.accept_every_recipient = true;  // which shows bare CR and LF as they came
  Server server(context.get_executor(), sink, remembered.deliver());
  CHECK(server.address() == "127.0.0.1:" + std::to_string(server.port()));
  wire::run(context, [](Server& target) -> asio::awaitable<void> {
    Client client;
    co_await client.connect(target.port());
    const std::string greeting = co_await client.say("");
    CHECK(greeting == "220");
    const std::string ehlo = co_await client.say("EHLO client.example\r\n");
    CHECK(ehlo == "250");
    const std::string data = co_await client.say(envelope + "DATA\r\n", 3);
    CHECK(data == "250/2.1.0 250/2.1.5 354");
    const std::string end = co_await client.say(smtp::encode_data(octets));
    CHECK(end == "250/2.0.0");
    const std::string chunks = co_await client.say(envelope + smtp::encode_bdat(octets.substr(0, 40), false) +
                                                       smtp::encode_bdat(octets.substr(40), true) + "QUIT\r\n",
                                                   5);
    CHECK(chunks == "250/2.1.0 250/2.1.5 250/2.0.0 250/2.0.0 221/2.0.0");
    const wire::Read closed = co_await client.stream().read(patient);
    CHECK(closed.end == wire::End::closed);
  }(server));
  REQUIRE(remembered.messages.size() == 2);
  CHECK(remembered.messages[0].message == octets + "\r\n");
  CHECK(remembered.messages[1].message == octets);
  CHECK(remembered.messages[1].reverse_path == "Sender@client.example");
}

TEST_CASE("the replies to a pipelined group come in one piece") {
  asio::io_context context;
  Server server(context.get_executor(), options(), nowhere());
  wire::run(context, [](Server& target) -> asio::awaitable<void> {
    Client client;
    co_await client.connect(target.port());
    const std::string greeting = co_await client.say("");
    const wire::Written written =
        co_await client.stream().write("HELO c.example\r\n" + envelope + "RSET\r\nNOOP\r\nVRFY x\r\n", patient);
    CHECK(written.end == wire::End::octets);
    const wire::Read read = co_await client.stream().read(patient);
    CHECK(codes_of(read.octets) == "250 250/2.1.0 250/2.1.5 250/2.0.0 250/2.0.0 252/2.5.0");
  }(server));
}

TEST_CASE("STARTTLS: what was sent after it in plain text is not obeyed, and AUTH works under TLS") {
  asio::io_context context;
  Remembered remembered;
  auto settings = options();
  settings.settings.submission = true;
  settings.settings.auth_needs_tls = true;
  Server server(context.get_executor(), settings, remembered.deliver());
  wire::run(context, [](Server& target) -> asio::awaitable<void> {
    for (const std::string mechanism : {"PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256"}) {
      CAPTURE(mechanism);
      Client client;
      co_await client.connect(target.port());
      const std::string begun = co_await client.say("EHLO client.example\r\nMAIL FROM:<>\r\n", 3);
      CHECK(begun == "220 250 530/5.7.0");
      const std::string ready =
          co_await client.say("STARTTLS\r\nEHLO evil.example\r\nMAIL FROM:<evil@evil.example>\r\n");
      CHECK(ready == "220/2.0.0");
      co_await client.start_tls();
      const std::string first = co_await client.say("MAIL FROM:<>\r\n");
      CHECK(first == "503/5.5.1");
      const std::string ehlo = co_await client.say("EHLO client.example\r\n");
      CHECK(ehlo == "250");
      for (const std::string password : {"wrong", "secret"}) {
        const auto sasl = sasl::Sasl::client(mechanism, "alice", password, "localhost");
        REQUIRE(sasl);
        const sasl::Sasl::Stepped initial = sasl->step("");
        std::string command = "AUTH " + mechanism;
        if (!initial.octets.empty()) command += " " + smtp::base64_encode(initial.octets);
        std::string codes = co_await client.say(command + "\r\n");
        while (codes == "334") {
          const auto challenge = smtp::base64_decode(client.last());
          REQUIRE(challenge);
          codes = co_await client.say(smtp::base64_encode(sasl->step(*challenge).octets) + "\r\n");
        }
        CHECK(codes == (password == "secret" ? "235/2.7.0" : "535/5.7.8"));
      }
      const std::string sent = co_await client.say(envelope + smtp::encode_bdat("x", true) + "QUIT\r\n", 4);
      CHECK(sent == "250/2.1.0 250/2.1.5 250/2.0.0 221/2.0.0");
      const wire::Read closed = co_await client.stream().read(patient);
      CHECK(closed.end == wire::End::tls_closed);
    }
  }(server));
  CHECK(remembered.messages.size() == 4);
}

TEST_CASE("TLS from the start") {
  asio::io_context context;
  auto settings = options();
  settings.implicit_tls = true;
  Server server(context.get_executor(), settings, nowhere());
  wire::run(context, [](Server& target) -> asio::awaitable<void> {
    Client client;
    co_await client.connect(target.port());
    co_await client.start_tls();
    const std::string codes = co_await client.say("EHLO client.example\r\nSTARTTLS\r\nQUIT\r\n", 4);
    CHECK(codes == "220 250 503/5.5.1 221/2.0.0");
  }(server));
}

TEST_CASE("a handshake that fails ends the connection and not the server") {
  asio::io_context context;
  Server server(context.get_executor(), options(), nowhere());
  wire::run(context, [](Server& target) -> asio::awaitable<void> {
    for (int i = 0; i < 2; ++i) {
      Client client;
      co_await client.connect(target.port());
      const std::string ready = co_await client.say("EHLO client.example\r\nSTARTTLS\r\n", 3);
      CHECK(ready == "220 250 220/2.0.0");
      const wire::Written written = co_await client.stream().write("this is no ClientHello\r\n", patient);
      CHECK(written.end == wire::End::octets);
      wire::End end = wire::End::octets;
      while (end == wire::End::octets) {
        const wire::Read read = co_await client.stream().read(patient);
        end = read.end;
      }
      CHECK((end == wire::End::closed || end == wire::End::reset));
    }
  }(server));
}

TEST_CASE("LMTP: one reply a recipient") {
  asio::io_context context;
  Remembered remembered;
  auto settings = options();
  settings.settings.lmtp = true;
  Server server(context.get_executor(), settings, remembered.deliver());
  wire::run(context, [](Server& target) -> asio::awaitable<void> {
    Client client;
    co_await client.connect(target.port());
    const std::string codes = co_await client.say(
        "LHLO client.example\r\n" + envelope + "RCPT TO:<bob@example.test>\r\n" + smtp::encode_bdat("x", true), 7);
    CHECK(codes == "220 250 250/2.1.0 250/2.1.5 250/2.1.5 250/2.0.0 250/2.0.0");
  }(server));
  CHECK(remembered.messages.size() == 1);
}

TEST_CASE("a client that leaves in DATA leaves nothing after, and with the fault half a message") {
  for (const bool fault : {false, true}) {
    asio::io_context context;
    Remembered remembered;
    Faults faults;
    if (fault) faults.add(Fault::half_message_delivered);
    Server server(context.get_executor(), options(), remembered.deliver(), faults);
    wire::run(context, [](Server& target) -> asio::awaitable<void> {
      Client client;
      co_await client.connect(target.port());
      const std::string codes = co_await client.say("EHLO c.example\r\n" + envelope + "DATA\r\n", 5);
      CHECK(codes == "220 250 250/2.1.0 250/2.1.5 354");
      co_await client.stream().write("half\r\n", patient);
      client.stream().transport().half_close();
      const wire::Read read = co_await client.stream().read(patient);
      CHECK(read.end == wire::End::closed);
    }(server));
    REQUIRE(remembered.messages.size() == (fault ? 1U : 0U));
    if (fault) CHECK(remembered.messages[0].message == "half\r\n");
  }
}

TEST_CASE("a client that pauses inside a command is cut off by the fault alone") {
  asio::io_context context;
  Faults faults;
  faults.add(Fault::slow_client_dropped);
  Server server(context.get_executor(), options(), nowhere(), faults);
  wire::run(context, [](Server& target) -> asio::awaitable<void> {
    Client client;
    co_await client.connect(target.port());
    const std::string codes = co_await client.say("NOOP\r\nNO", 3);
    CHECK(codes == "220 250/2.0.0 421/4.4.2");
  }(server));
}

TEST_CASE("what the server itself throws is told") {
  asio::io_context context;
  const Deliver fails = [](const Accepted&) -> asio::awaitable<std::vector<bool>> {
    throw std::runtime_error("no room");
    co_return std::vector<bool>{};
  };
  Server server(context.get_executor(), options(), fails);
  CHECK(server.problem().empty());
  wire::run(context, [](Server& target) -> asio::awaitable<void> {
    Client client;
    co_await client.connect(target.port());
    const std::string codes = co_await client.say("EHLO c.example\r\n" + envelope + "DATA\r\n.\r\n", 6);
    CHECK(codes.starts_with("220 250 250/2.1.0 250/2.1.5"));
  }(server));
  CHECK(server.problem() == "no room");
}

TEST_CASE("where connections hold too much together, the one that holds most is reset") {
  asio::io_context context;
  auto bounded = options();
  bounded.bounds.held = 100'000;
  Server server(context.get_executor(), bounded, nowhere());
  wire::run(context, [](Server& target) -> asio::awaitable<void> {
    Client great;
    Client small;
    co_await great.connect(target.port());
    co_await small.connect(target.port());
    const std::string opening = "EHLO c.example\r\n" + envelope + "DATA\r\n";
    const std::string opened = co_await great.say(opening, 5);
    CHECK(opened == "220 250 250/2.1.0 250/2.1.5 354");
    const std::string also = co_await small.say(opening, 5);
    CHECK(also == "220 250 250/2.1.0 250/2.1.5 354");
    const std::string most(80'000, 'x');
    co_await wire::expect_write(great.stream(), most);
    const std::string rest = std::string(40'000, 'y') + "\r\n.\r\n";
    const std::string codes = co_await small.say(rest);
    CHECK(codes == "250/2.0.0");
    co_await wire::expect_end(great.stream(), wire::End::reset);
    // What was delivered is held no longer.
    for (int i = 0; i < 5; ++i) {
      const std::string again = co_await small.say(envelope + "DATA\r\n" + rest, 4);
      CHECK(again == "250/2.1.0 250/2.1.5 354 250/2.0.0");
    }
  }(server));
}

TEST_CASE("a group that is taken in small parts has all its replies") {
  asio::io_context context;
  auto bounded = options();
  bounded.bounds.at_once = 7;
  Remembered remembered;
  Server server(context.get_executor(), bounded, remembered.deliver());
  wire::run(context, [](Server& target) -> asio::awaitable<void> {
    Client client;
    co_await client.connect(target.port());
    const std::string group = "EHLO c.example\r\n" + envelope + smtp::encode_bdat(octets, true) + "NOOP\r\nQUIT\r\n";
    const std::string codes = co_await client.say(group, 7);
    CHECK(codes == "220 250 250/2.1.0 250/2.1.5 250/2.0.0 250/2.0.0 221/2.0.0");
  }(server));
  REQUIRE(remembered.messages.size() == 1);
  CHECK(remembered.messages[0].message == octets);
}

}  // namespace
}  // namespace smtpspec::reference
