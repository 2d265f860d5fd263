#include "harness/reference/server.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

#include <catch2/catch_test_macros.hpp>
#include <unistd.h>

#include "harness/reference/dialogue_test.hpp"
#include "harness/smtp/bdat.hpp"
#include "harness/smtp/data.hpp"
#include "harness/wire/run_test.hpp"
#include "harness/wire/sasl.hpp"

namespace smtpspec::reference {
namespace {

using namespace std::string_literals;
using wire::patient;

/// Remembers what reached it.
struct Remembered {
  std::vector<Accepted> messages;
  bool succeeds = true;

  [[nodiscard]] Road road() {
    return [this](const Accepted& mail) { return take(mail); };
  }
  asio::awaitable<std::vector<bool>> take(const Accepted& mail) {
    messages.push_back(mail);
    co_return std::vector<bool>(mail.recipients.size(), succeeds);
  }
};

Server::Options options() {
  Server::Options options;
  options.settings.trace_header = false;
  options.settings.users["alice"] = "secret";
  return options;
}

/// A client that says one thing after the other.
class Client {
 public:
  asio::awaitable<void> connect(std::uint16_t port) {
    wire::Connected connected = co_await wire::connect_tcp("127.0.0.1", port, "", patient);
    REQUIRE(connected.transport);
    stream_.emplace(std::move(connected.transport));
  }
  asio::awaitable<void> start_tls() {
    const auto context = wire::TlsContext::client({});
    const wire::Written done = co_await stream_->handshake(*context, wire::TlsEngine::Role::client, "", patient);
    REQUIRE(done.end == wire::End::octets);
  }
  /// Sends, and reads as many replies; gives their codes.
  asio::awaitable<std::string> say(std::string octets, int replies = 1) {
    if (!octets.empty()) {
      const wire::Written written = co_await stream_->write(octets, patient);
      REQUIRE(written.end == wire::End::octets);
    }
    std::string bytes;
    while (replies > 0) {
      if (const auto reply = parser_.next()) {
        bytes += reply->bytes();
        last_ = reply->lines.back().text;
        --replies;
        continue;
      }
      const wire::Read read = co_await stream_->read(patient);
      if (read.end != wire::End::octets) {
        bytes += "the connection ended\r\n";
        break;
      }
      parser_.feed(read.octets);
    }
    co_return codes_of(bytes);
  }
  [[nodiscard]] const std::string& last() const { return last_; }
  [[nodiscard]] wire::Stream& stream() { return *stream_; }

 private:
  std::optional<wire::Stream> stream_;
  smtp::ReplyParser parser_;
  std::string last_;
};

const std::string envelope = "MAIL FROM:<Sender@client.example>\r\nRCPT TO:<alice@example.test>\r\n";
/// Everything that a road may spoil: NUL, bare CR, bare LF, periods, 8-bit octets, a long line, no line end at the end.
const std::string octets =
    "Subject: x\r\n\r\n.\r\n..\r\n\0\r.\r\n\n.\n\r\r\n\xff\xfe"s + std::string(70'000, 'l') + "\r\n.\r\nend";

TEST_CASE("a message goes through the server by DATA and by BDAT") {
  asio::io_context context;
  Remembered remembered;
  Server server(context.get_executor(), options(), remembered.road());
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

TEST_CASE("STARTTLS: what was sent behind it in plain text is not obeyed, and AUTH works under TLS") {
  asio::io_context context;
  Remembered remembered;
  auto settings = options();
  settings.settings.submission = true;
  settings.settings.auth_needs_tls = true;
  Server server(context.get_executor(), settings, remembered.road());
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
        const auto sasl = wire::Sasl::client(mechanism, "alice", password, "localhost");
        REQUIRE(sasl);
        const wire::Sasl::Stepped initial = sasl->step("");
        std::string command = "AUTH " + mechanism;
        if (!initial.octets.empty()) command += " " + wire::base64_encode(initial.octets);
        std::string codes = co_await client.say(command + "\r\n");
        while (codes == "334") {
          const auto challenge = wire::base64_decode(client.last());
          REQUIRE(challenge);
          codes = co_await client.say(wire::base64_encode(sasl->step(*challenge).octets) + "\r\n");
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
  Server server(context.get_executor(), settings, remembered.road());
  wire::run(context, [](Server& target) -> asio::awaitable<void> {
    Client client;
    co_await client.connect(target.port());
    const std::string codes = co_await client.say(
        "LHLO client.example\r\n" + envelope + "RCPT TO:<bob@example.test>\r\n" + smtp::encode_bdat("x", true), 7);
    CHECK(codes == "220 250 250/2.1.0 250/2.1.5 250/2.1.5 250/2.0.0 250/2.0.0");
  }(server));
  CHECK(remembered.messages.size() == 1);
}

/// Sends one message to the server; gives the codes.
asio::awaitable<void> send(Server& server, std::string commands, int replies, std::string& codes) {
  Client client;
  co_await client.connect(server.port());
  codes = co_await client.say(std::move(commands), replies);
}

TEST_CASE("the relay passes on every octet and the envelope, by BDAT or by DATA") {
  for (const bool chunking : {true, false}) {
    CAPTURE(chunking);
    asio::io_context context;
    Remembered remembered;
    auto next = options();
    next.settings.chunking = chunking;
    next.settings.accept_every_recipient = true;
    const Server next_hop(context.get_executor(), next, remembered.road());
    Server server(context.get_executor(), options(), relay_to("127.0.0.1", next_hop.port()));
    std::string codes;
    wire::run(context,
              send(server,
                   "EHLO c.example\r\nMAIL FROM:<\"A b\"@c.example> BODY=BINARYMIME RET=HDRS SMTPUTF8 SIZE=5\r\n"
                   "RCPT TO:<alice+\xc3\xa4@example.test> NOTIFY=NEVER\r\nRCPT TO:<Postmaster>\r\n" +
                       smtp::encode_bdat(octets, true) + "QUIT\r\n",
                   7, codes));
    CHECK(codes == "220 250 250/2.1.0 250/2.1.5 250/2.1.5 250/2.0.0 221/2.0.0");
    REQUIRE(remembered.messages.size() == 1);
    const Accepted& passed = remembered.messages[0];
    CHECK(passed.message == octets + (chunking ? "" : "\r\n"));
    CHECK(passed.reverse_path == "\"A b\"@c.example");
    REQUIRE(passed.recipients.size() == 2);
    CHECK(passed.recipients[0].forward_path == "alice+\xc3\xa4@example.test");
    CHECK(passed.recipients[0].parameters == std::vector<smtp::Parameter>{{"NOTIFY", "NEVER"}});
    CHECK(passed.recipients[1].forward_path == "Postmaster");
    std::vector<smtp::Parameter> parameters = {{"BODY", "BINARYMIME"}, {"RET", "HDRS"}, {"SMTPUTF8", std::nullopt}};
    if (!chunking) parameters.erase(parameters.begin());
    CHECK(passed.mail_parameters == parameters);
  }
}

TEST_CASE("what the next hop refuses is answered 451") {
  asio::io_context context;
  Remembered remembered;
  SECTION("it refuses a recipient") {
    auto next = options();
    next.settings.accepts = {"alice@example.test"};
    next.settings.lmtp = false;
    const Server next_hop(context.get_executor(), next, remembered.road());
    auto front = options();
    front.settings.lmtp = true;
    Server server(context.get_executor(), front, relay_to("127.0.0.1", next_hop.port()));
    std::string codes;
    wire::run(context,
              send(server, "LHLO c.example\r\n" + envelope + "RCPT TO:<bob@example.test>\r\nDATA\r\n.\r\n", 8, codes));
    CHECK(codes == "220 250 250/2.1.0 250/2.1.5 250/2.1.5 354 250/2.0.0 451/4.3.0");
    CHECK(remembered.messages.size() == 1);
  }
  SECTION("it cannot deliver") {
    remembered.succeeds = false;
    const Server next_hop(context.get_executor(), options(), remembered.road());
    Server server(context.get_executor(), options(), relay_to("127.0.0.1", next_hop.port()));
    std::string codes;
    wire::run(context, send(server, "EHLO c.example\r\n" + envelope + "DATA\r\n.\r\n", 6, codes));
    CHECK(codes == "220 250 250/2.1.0 250/2.1.5 354 451/4.3.0");
  }
  SECTION("it is not there") {
    std::uint16_t port = 0;
    {
      const Server gone(context.get_executor(), options(), nowhere());
      port = gone.port();
    }
    Server server(context.get_executor(), options(), relay_to("127.0.0.1", port));
    std::string codes;
    wire::run(context, send(server, "EHLO c.example\r\n" + envelope + "DATA\r\n.\r\n", 6, codes));
    CHECK(codes == "220 250 250/2.1.0 250/2.1.5 354 451/4.3.0");
  }
}

TEST_CASE("the Maildir road writes one whole file a message") {
  namespace fs = std::filesystem;
  std::string folder = (fs::temp_directory_path() / "smtpspec-XXXXXX").string();
  REQUIRE(::mkdtemp(folder.data()) != nullptr);
  asio::io_context context;
  auto settings = options();
  settings.settings.trace_header = true;
  settings.settings.final_delivery = true;
  Server server(context.get_executor(), settings, maildir_at(folder));
  std::string codes;
  const std::string one = envelope + "RCPT TO:<bob@example.test>\r\n" + smtp::encode_bdat(octets, true);
  wire::run(context, send(server, "EHLO c.example\r\n" + one + one, 10, codes));
  CHECK(codes.ends_with("250/2.0.0"));
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(fs::path(folder) / "new")) files.push_back(entry.path());
  REQUIRE(files.size() == 2);
  for (const fs::path& path : files) {
    std::ifstream file(path, std::ios::binary);
    const std::string stored(std::istreambuf_iterator<char>(file), {});
    CHECK(
        stored.starts_with("Delivered-To: alice@example.test\r\nDelivered-To: bob@example.test\r\n"
                           "Return-Path: <Sender@client.example>\r\nReceived: from c.example"));
    CHECK(stored.ends_with("\r\n" + octets));
  }
  CHECK(fs::is_empty(fs::path(folder) / "tmp"));
  fs::remove_all(folder);
}

TEST_CASE("a client that leaves in DATA leaves nothing behind, and with the fault half a message") {
  for (const bool fault : {false, true}) {
    asio::io_context context;
    Remembered remembered;
    auto settings = options();
    if (fault) settings.faults.add(Fault::half_message_delivered);
    Server server(context.get_executor(), settings, remembered.road());
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
  auto settings = options();
  settings.faults.add(Fault::slow_client_dropped);
  Server server(context.get_executor(), settings, nowhere());
  wire::run(context, [](Server& target) -> asio::awaitable<void> {
    Client client;
    co_await client.connect(target.port());
    const std::string codes = co_await client.say("NOOP\r\nNO", 3);
    CHECK(codes == "220 250/2.0.0 421/4.4.2");
  }(server));
}

}  // namespace
}  // namespace smtpspec::reference
