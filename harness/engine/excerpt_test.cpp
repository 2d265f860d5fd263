#include "harness/engine/excerpt.hpp"

#include <algorithm>

#include <catch2/catch_test_macros.hpp>

#include "harness/judge/transcript_test.hpp"

namespace smtpspec::engine {
namespace {

using judge::Script;
using namespace std::string_literals;
using Kind = record::Event::Kind;
using Side = ExcerptLine::Side;

std::size_t keys(const std::vector<ExcerptLine>& lines) {
  return static_cast<std::size_t>(
      std::count_if(lines.begin(), lines.end(), [](const ExcerptLine& line) { return line.key; }));
}

const ExcerptLine& key(const std::vector<ExcerptLine>& lines) {
  REQUIRE(keys(lines) == 1);
  return *std::find_if(lines.begin(), lines.end(), [](const ExcerptLine& line) { return line.key; });
}

bool says(const std::vector<ExcerptLine>& lines, const std::string& words) {
  return std::any_of(lines.begin(), lines.end(),
                     [&](const ExcerptLine& line) { return line.text.find(words) != std::string::npos; });
}

/// The event that `is` just added.
std::size_t last(const Script& script) { return script.transcript().events.size() - 1; }

TEST_CASE("the conversation line by line, segments joined") {
  const Script script =
      Script().greeted().step(0).sends("HE").sends("LP\r\nNOOP\r\n").says("214 \x01\r\n").client_closed();
  const auto lines = excerpt(script.transcript(), last(script) - 1, false);
  const std::vector<ExcerptLine> wanted = {
      {Side::event, "", "connected: 127.0.0.1:40000 -> 127.0.0.1:25", false},
      {Side::server, "", "220 mx.example.test\\r\\n", false},
      {Side::client, "", "EHLO client.example\\r\\n", false},
      {Side::server, "", "250 mx.example.test\\r\\n", false},
      {Side::client, "", "HELP\\r\\n", false},
      {Side::client, "", "NOOP\\r\\n", false},
      {Side::server, "", "214 \\x01\\r\\n", true},
      {Side::event, "", "we closed the connection", false},
  };
  CHECK(lines == wanted);
}

TEST_CASE("what is sent in segments is one line, whatever pauses lie between them, but not across steps") {
  const Script script = Script()
                            .greeted()
                            .step(0)
                            .sends(".")
                            .is(Kind::waited)
                            .sends("\0"s)
                            .is(Kind::waited)
                            .sends("\r\n")
                            .is(Kind::waited)
                            .step(1)
                            .sends("NOOP\r\n")
                            .says("250 Ok\r\n");
  record::Transcript transcript = script.transcript();
  int time = 5;
  for (record::Event& event : transcript.events)
    if (event.kind == Kind::waited) event.waited = std::chrono::milliseconds(time++);
  std::vector<std::string> lines;
  for (const ExcerptLine& line : excerpt(transcript, last(script), false)) lines.push_back(line.text);
  const std::vector<std::string> wanted = {".\\0\\r\\n", "in segments, with 11 ms between them; nothing came",
                                           "waited 7 ms, nothing came", "NOOP\\r\\n", "250 Ok\\r\\n"};
  CHECK(std::vector(lines.end() - 5, lines.end()) == wanted);
}

TEST_CASE("the line that decided, wherever it stands") {
  Script script = Script().greeted();
  for (int i = 0; i < 100; ++i) script.step(i).sends("NOOP " + std::to_string(i) + "\r\n").says("250 Ok\r\n");
  script.in_vain();
  const auto& events = script.transcript().events;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const auto lines = excerpt(script.transcript(), i, false);
    INFO(i);
    REQUIRE(keys(lines) == 1);
    CHECK(lines.size() <= 29);
    if (events[i].kind == Kind::octets && events[i].by == record::Party::client)
      CHECK(key(lines).text == events[i].octets.substr(0, events[i].octets.size() - 2) + "\\r\\n");
  }
  CHECK(key(excerpt(script.transcript(), last(script), false)).text == "waited 10000 ms, nothing came");
  CHECK(keys(excerpt(script.transcript(), events.size() + 5, false)) == 1);
  CHECK(excerpt(record::Transcript(), 0, false).empty());
}

TEST_CASE("long octets are left out in the middle, and said to be") {
  Script script =
      Script().greeted().step(0).sends(std::string(5000, 'x') + "\r\n").says("500 " + std::string(1 << 20, 'y'));
  const auto lines = excerpt(script.transcript(), last(script), false);
  CHECK(says(lines, "[4252 octets left out]"));  // of 5002: 500 in front, 250 after
  std::size_t octets = 0;
  for (const auto& line : lines) octets += line.text.size();
  CHECK(octets < 5000);
  CHECK(key(lines).side == Side::server);

  Script many = Script().greeted().says(std::string(100000, '\n'));
  CHECK(excerpt(many.transcript(), last(many), false).size() <= 25);
}

TEST_CASE("sessions and events have their words") {
  Script script = Script().greeted().on("second").says("220 b\r\n").is(Kind::tls_started, "TLSv1.3").is(Kind::reset);
  const auto lines = excerpt(script.transcript(), last(script), false);
  CHECK(key(lines).session == "second");
  CHECK(key(lines).text == "the server reset the connection");
  CHECK(says(lines, "TLS started: TLSv1.3"));
}

TEST_CASE("deliveries are shown where they matter, and no flood of them") {
  Script script = Script().greeted().delivers("Subject: x\r\n\r\n\x01\r\n");
  CHECK_FALSE(says(excerpt(script.transcript(), 0, false), "delivered"));
  CHECK(excerpt(script.transcript(), 0, true).back().text ==
        "delivered: from <sender+t0123456789abcdef@client.example> to <alice@example.test>, 17 octets, body: "
        "\\x01\\r\\n");
  for (int i = 0; i < 1000; ++i) script.delivers(std::string(10000, 'x'), std::string(10000, 'y'));
  const auto lines = excerpt(script.transcript(), 0, true);
  CHECK(lines.size() < 40);
  CHECK(says(lines, "[997 deliveries left out]"));
  for (const auto& line : lines) CHECK(line.text.size() < 10000);
}

TEST_CASE("a whole conversation leaves nothing out, and ends in what was delivered") {
  Script script = Script().greeted();
  for (int i = 0; i < 100; ++i) script.step(i).sends("NOOP " + std::string(3000, 'x') + "\r\n").says("250 Ok\r\n");
  script.delivers("Subject: x\r\n\r\n\x01\r\n");
  std::vector<ExcerptLine> lines;
  conversation(script.transcript(),
               [&lines](ExcerptLine line, std::size_t /*event*/) { lines.push_back(std::move(line)); });
  CHECK(keys(lines) == 0);
  CHECK(lines.size() == 4 + 200 + 1 + 3);
  CHECK_FALSE(says(lines, "left out"));
  CHECK(lines.back().text == "\\x01\\r\\n");
}

TEST_CASE("the line that decided is found again in the whole conversation") {
  Script script = Script().greeted();
  for (int i = 0; i < 50; ++i) script.step(i).sends("NOOP\r\n").says("250 Ok\r\n");
  script.sends("RSET\r\n").says("250-Still\r\n250 Ok\r\n").sends("QUIT\r\n").says("250 Ok\r\n");
  const auto excerpts = [&](std::size_t event) { return excerpt(script.transcript(), event, false); };
  const auto at_end = line_that_decided(script.transcript(), excerpts(last(script)));
  REQUIRE(at_end);
  CHECK(at_end->line == 4 + 100 + 5 - 1);
  CHECK(at_end->event == last(script));
  const auto before = line_that_decided(script.transcript(), excerpts(last(script) - 2));
  REQUIRE(before);
  CHECK(before->line == 4 + 100 + 3 - 1);
  CHECK(before->event == last(script) - 2);
  CHECK_FALSE(line_that_decided(script.transcript(), {}));
}

}  // namespace
}  // namespace smtpspec::engine
