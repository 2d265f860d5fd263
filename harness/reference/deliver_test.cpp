#include <filesystem>
#include <fstream>
#include <iterator>

#include <catch2/catch_test_macros.hpp>
#include <unistd.h>

#include "harness/reference/client_test.hpp"
#include "harness/smtp/command.hpp"
#include "harness/smtp/data.hpp"

namespace smtpspec::reference {
namespace {

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
    const Server next_hop(context.get_executor(), next, remembered.deliver());
    Server server(context.get_executor(), options(), relay_to("127.0.0.1", next_hop.port()));
    std::string codes;
    wire::run(context, send(server,
                            "EHLO c.example\r\nMAIL FROM:<\"A b\"@c.example> BODY=BINARYMIME RET=HDRS ENVID=e+2B1 "
                            "SMTPUTF8 SIZE=5 AUTH=<>\r\n"
                            "RCPT TO:<alice+\xc3\xa4@example.test> NOTIFY=SUCCESS,DELAY "
                            "ORCPT=rfc822;a+2Bb@c.example\r\nRCPT TO:<Postmaster>\r\n" +
                                smtp::encode_bdat(octets, true) + "QUIT\r\n",
                            7, codes));
    CHECK(codes == "220 250 250/2.1.0 250/2.1.5 250/2.1.5 250/2.0.0 221/2.0.0");
    REQUIRE(remembered.messages.size() == 1);
    const Accepted& passed = remembered.messages[0];
    CHECK(passed.message == octets + (chunking ? "" : "\r\n"));
    CHECK(passed.reverse_path == "\"A b\"@c.example");
    REQUIRE(passed.recipients.size() == 2);
    CHECK(passed.recipients[0].forward_path == "alice+\xc3\xa4@example.test");
    CHECK(passed.recipients[0].parameters ==
          std::vector<smtp::Parameter>{{"NOTIFY", "SUCCESS,DELAY"}, {"ORCPT", "rfc822;a+2Bb@c.example"}});
    CHECK(passed.recipients[1].parameters.empty());
    CHECK(passed.recipients[1].forward_path == "Postmaster");
    std::vector<smtp::Parameter> parameters = {{"BODY", "BINARYMIME"},
                                               {"RET", "HDRS"},
                                               {"ENVID", "e+2B1"},
                                               {"SMTPUTF8", std::nullopt},
                                               {"SIZE", std::to_string(octets.size())}};
    if (!chunking) parameters.erase(parameters.begin());
    CHECK(passed.mail_parameters == parameters);
  }
}

/// A next hop without any extension, or one that does not even know EHLO. Gives what it was told.
asio::awaitable<void> plain_next_hop(std::unique_ptr<wire::Transport> transport, bool knows_ehlo, std::string& told) {
  wire::Stream stream(std::move(transport));
  smtp::LineReader lines;
  co_await stream.write("220 next.example\r\n", patient);
  bool data = false;
  for (;;) {
    const wire::Read read = co_await stream.read(patient);
    if (read.end != wire::End::octets) co_return;
    std::string_view rest = read.octets;
    while (const auto line = lines.take(rest)) {
      told += line->bytes + "\n";
      if (data && line->bytes != ".") continue;
      const bool ehlo = line->bytes.starts_with("EHLO");
      const bool begins = line->bytes == "DATA";
      data = begins;
      const char* const reply = ehlo && !knows_ehlo ? "500 What?\r\n" : begins ? "354 Go\r\n" : "250 Yes\r\n";
      co_await stream.write(reply, patient);
    }
  }
}

TEST_CASE("a parameter stays behind where the next hop does not offer it") {
  for (const bool knows_ehlo : {true, false}) {
    CAPTURE(knows_ehlo);
    asio::io_context context;
    std::string told;
    const wire::Listener next_hop(context.get_executor(), "127.0.0.1", 0,
                                  [&](std::unique_ptr<wire::Transport> transport) {
                                    return plain_next_hop(std::move(transport), knows_ehlo, told);
                                  });
    Server server(context.get_executor(), options(), relay_to("127.0.0.1", next_hop.port()));
    std::string codes;
    wire::run(context, send(server,
                            "EHLO c.example\r\nMAIL FROM:<a@c.example> BODY=8BITMIME RET=FULL SIZE=5 SMTPUTF8\r\n"
                            "RCPT TO:<bob@example.test> NOTIFY=NEVER\r\nDATA\r\nx\r\n.\r\n",
                            6, codes));
    CHECK(codes == "220 250 250/2.1.0 250/2.1.5 354 250/2.0.0");
    const std::string hello = knows_ehlo ? "" : "HELO reference.example\n";
    CHECK(told == "EHLO reference.example\n" + hello +
                      "MAIL FROM:<a@c.example>\nRCPT TO:<bob@example.test>\nDATA\nx\n.\nQUIT\n");
  }
}

TEST_CASE("what the next hop refuses is answered 451") {
  asio::io_context context;
  Remembered remembered;
  SECTION("it refuses a recipient") {
    auto next = options();
    next.settings.accepts = {"alice@example.test"};
    next.settings.lmtp = false;
    const Server next_hop(context.get_executor(), next, remembered.deliver());
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
    const Server next_hop(context.get_executor(), options(), remembered.deliver());
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

TEST_CASE("delivery into a Maildir writes one whole file a message") {
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

}  // namespace
}  // namespace smtpspec::reference
