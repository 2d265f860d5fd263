#include "harness/delivery/sink.hpp"

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <catch2/catch_test_macros.hpp>

#include "harness/smtp/data.hpp"
#include "harness/wire/stream.hpp"

namespace smtpspec::delivery {
namespace {

using namespace std::string_literals;

constexpr wire::Time patient{20'000};

/// Sends everything at once, half-closes, and reads to the end.
asio::awaitable<void> talk(std::uint16_t port, std::string octets, std::string& replies) {
  wire::Connected connected = co_await wire::connect_tcp("127.0.0.1", port, "", patient);
  REQUIRE(connected.transport);
  co_await connected.transport->write(octets, patient);
  for (;;) {
    const wire::Read read = co_await connected.transport->read(patient);
    replies += read.octets;
    if (read.end != wire::End::octets) break;
  }
}

std::string talk_to(asio::io_context& context, std::uint16_t port, const std::string& octets) {
  std::string replies;
  bool ended = false;
  asio::co_spawn(context, talk(port, octets, replies), [&](const std::exception_ptr&) { ended = true; });
  context.restart();
  while (!ended && context.run_one_for(std::chrono::seconds(20)) != 0) continue;
  REQUIRE(ended);
  return replies;
}

const std::string body = "Subject: t0123456789abcdef\r\n\r\n\0 bare\rcr \nlf\r\n.\r\n..\r\n\xff no end"s;

TEST_CASE("the sink takes everything and keeps every octet") {
  asio::io_context context;
  Collector collector(context.get_executor());
  collector.expect("t0123456789abcdef");
  const Sink sink(context.get_executor(), "127.0.0.1", 0, false, collector);
  CHECK(sink.address() == "127.0.0.1:" + std::to_string(sink.port()));
  const std::string replies =
      talk_to(context, sink.port(),
              "EHLO c.example\r\nMAIL FROM:<A@b.example> BODY=BINARYMIME\r\nRCPT TO:<x@any.example>\r\n"
              "RCPT TO:<\"y z\"@[127.0.0.1]>\r\n" +
                  smtp::encode_bdat(body, true) + "QUIT\r\n");
  CHECK(replies.find("\r\n250 2.0.0 Message delivered\r\n221 ") != std::string::npos);
  CHECK(replies.find("STARTTLS") == std::string::npos);
  CHECK(replies.find("AUTH") == std::string::npos);
  const auto messages = collector.of("t0123456789abcdef");
  REQUIRE(messages.size() == 1);
  CHECK(messages[0].message == body);
  CHECK(messages[0].reverse_path == "A@b.example");
  REQUIRE(messages[0].recipients);
  REQUIRE(messages[0].recipients->size() == 2);
  CHECK(messages[0].recipients->at(0).forward_path == "x@any.example");
  CHECK(messages[0].recipients->at(1).forward_path == "\"y z\"@[127.0.0.1]");
  CHECK(messages[0].road == "sink");
  CHECK(messages[0].exact);
}

TEST_CASE("the sink speaks LMTP: one reply a recipient") {
  asio::io_context context;
  Collector collector(context.get_executor());
  collector.expect("t0123456789abcdef");
  const Sink sink(context.get_executor(), "127.0.0.1", 0, true, collector);
  const std::string replies = talk_to(context, sink.port(),
                                      "LHLO c.example\r\nMAIL FROM:<>\r\nRCPT TO:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n"
                                      "t0123456789abcdef\r\n..\r\n.\r\nQUIT\r\n");
  const std::string delivered = "250 2.0.0 Message delivered\r\n";
  CHECK(replies.find(delivered + delivered + "221 ") != std::string::npos);
  const auto messages = collector.of("t0123456789abcdef");
  REQUIRE(messages.size() == 1);
  CHECK(messages[0].message == "t0123456789abcdef\r\n.\r\n");
  CHECK(messages[0].reverse_path == "");
}

TEST_CASE("the sink takes what has passed many hosts, and offers what makes a relay hand parameters on") {
  asio::io_context context;
  Collector collector(context.get_executor());
  collector.expect("t0123456789abcdef");
  const Sink sink(context.get_executor(), "127.0.0.1", 0, false, collector);
  std::string message;
  for (int i = 0; i < 150; ++i) message += "Received: from a.example by b.example; Mon, 1 Jan 2024 00:00:00 +0000\r\n";
  message += "Subject: t0123456789abcdef\r\n\r\n";
  const std::string replies = talk_to(
      context, sink.port(),
      "EHLO c.example\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n" + message + ".\r\nQUIT\r\n");
  CHECK(replies.find("\r\n250 2.0.0 Message delivered\r\n221 ") != std::string::npos);
  for (const char* const keyword :
       {"ENHANCEDSTATUSCODES", "DSN", "SMTPUTF8", "PIPELINING", "8BITMIME", "CHUNKING", "BINARYMIME", "SIZE"}) {
    CHECK(replies.find("\r\n250-" + std::string(keyword) + "\r\n") != std::string::npos);
  }
  const auto messages = collector.of("t0123456789abcdef");
  REQUIRE(messages.size() == 1);
  CHECK(messages[0].message == message);
}

/// What the sink has of one message whose MAIL, RCPT and message are these.
record::Delivery taken(const std::string& mail, const std::string& rcpt, const std::string& more = "") {
  asio::io_context context;
  Collector collector(context.get_executor());
  collector.expect("t0123456789abcdef");
  const Sink sink(context.get_executor(), "127.0.0.1", 0, false, collector);
  const std::string replies = talk_to(
      context, sink.port(), mail + "\r\n" + rcpt + "\r\nDATA\r\nt0123456789abcdef\r\n" + more + ".\r\nQUIT\r\n");
  INFO(mail << '\n' << rcpt << '\n' << replies.substr(0, 1000));
  CHECK(replies.find("\r\n250 2.0.0 Message delivered\r\n221 ") != std::string::npos);
  const auto messages = collector.of("t0123456789abcdef");
  REQUIRE(messages.size() == 1);
  REQUIRE(messages[0].recipients);
  return messages[0];
}

TEST_CASE("the sink takes paths of any form, as they are written") {
  const std::string long_one = std::string(3000, 'a') + "@b.example";
  const std::pair<std::string, std::string> paths[] = {
      {"<a@my_host.example>", "a@my_host.example"},
      {"<a@b.example.>", "a@b.example."},
      {"<" + long_one + ">", long_one},
      {"<a.@b.example>", "a.@b.example"},
      {"<alone>", "alone"},
      {" <a@b.example>", "a@b.example"},
      {" <a@b_c>", "a@b_c"},
      {"a@b.example", "a@b.example"},
      {"a@b_c X=1", "a@b_c"},
      {"<\xc3\xa4@b.example>", "\xc3\xa4@b.example"},
      {"<\xe4@b.example>", "\xe4@b.example"},
      {"<\"a b@c> X", "\"a b@c"},
      {"<a@b", "<a@b"},
      {"<>", ""},
      {"", ""},
  };
  for (const auto& [written, path] : paths) {
    const record::Delivery mail = taken("EHLO c.example\r\nMAIL FROM:" + written, "RCPT TO:" + written);
    CHECK(mail.reverse_path == path);
    REQUIRE(mail.recipients->size() == 1);
    CHECK(mail.recipients->at(0).forward_path == path);
  }
}

TEST_CASE("the sink keeps parameters that nobody knows, or of a wrong form") {
  const record::Delivery mail = taken("EHLO my_host\r\nMAIL FROM:<a@b.example> mt-priority=3 SIZE=big  RET=a=b =x",
                                      "RCPT TO:<c@d.example> X NOTIFY=");
  CHECK(mail.mail_parameters ==
        std::vector<smtp::Parameter>{{"MT-PRIORITY", "3"}, {"SIZE", "big"}, {"RET", "a=b"}, {"", "x"}});
  CHECK(mail.recipients->at(0).parameters == std::vector<smtp::Parameter>{{"X", std::nullopt}, {"NOTIFY", ""}});
}

TEST_CASE("the sink asks for no EHLO, and for no BDAT of what is BINARYMIME") {
  CHECK(taken("MAIL FROM:<a@b.example> BODY=BINARYMIME", "RCPT TO:<c@d.example>").reverse_path == "a@b.example");
}

TEST_CASE("the sink has no limits of size and recipients but the memory that a run gives it") {
  std::string recipients = "RCPT TO:<c0@d.example>";
  for (int i = 1; i < 2000; ++i) recipients += "\r\nRCPT TO:<c" + std::to_string(i) + "@d.example>";
  std::string message;
  while (message.size() < 17'000'000) message += std::string(998, 'x') + "\r\n";
  const record::Delivery mail =
      taken("EHLO c.example\r\nMAIL FROM:<a@b.example> SIZE=99999999999999999999", recipients, message);
  CHECK(mail.recipients->size() == 2000);
}

TEST_CASE("recipients and parameters count by what they take in memory, not by their octets alone") {
  asio::io_context context;
  Collector collector(context.get_executor());
  const Sink sink(context.get_executor(), "127.0.0.1", 0, false, collector);
  std::string octets = "MAIL FROM:<a@b.example>\r\n";
  std::string parameters = "RCPT TO:<c>";
  for (int i = 0; i < 5000; ++i) parameters += " x";
  for (int i = 0; i < 200; ++i) octets += parameters + "\r\n";
  CHECK(talk_to(context, sink.port(), octets + "QUIT\r\n").find("\r\n221 ") == std::string::npos);
}

}  // namespace
}  // namespace smtpspec::delivery
