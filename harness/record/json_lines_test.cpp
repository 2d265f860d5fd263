#include "harness/record/json_lines.hpp"

#include <vector>

#include <catch2/catch_test_macros.hpp>

namespace smtpspec::record {
namespace {

std::string every_octet() {
  std::string octets;
  for (int octet = 0; octet < 256; ++octet) octets += static_cast<char>(octet);
  return octets;
}

Transcript everything() {
  Transcript transcript;
  transcript.scenario = "case";
  transcript.token = "t0123456789abcdef";
  transcript.terms = {true,
                      true,
                      true,
                      true,
                      true,
                      {std::chrono::milliseconds(7), std::chrono::milliseconds(8), std::chrono::milliseconds(9)},
                      {{"noop", "survey/noop: 502", 0}, {"errors", "survey/errors", 3}}};
  transcript.sessions = {"", "second"};
  for (int i = 0; i <= static_cast<int>(Event::Kind::waited); ++i) {
    Event event;
    event.kind = static_cast<Event::Kind>(i);
    event.by = i % 2 == 0 ? Party::client : Party::server;
    event.at = std::chrono::microseconds(i);
    event.session = i % 3 == 0 ? 1 : 0;
    event.step = i + Event::fence;
    event.octets = event.text = every_octet();
    event.omitted = i % 2 == 0 ? 0 : 12;
    event.waited = std::chrono::milliseconds(event.kind == Event::Kind::waited ? 400 : 0);
    transcript.events.push_back(std::move(event));
  }
  transcript.events.back().beneath_tls = true;
  transcript.deliveries_observed = true;
  Delivery known;
  known.reverse_path = every_octet();
  known.mail_parameters = {{"SIZE", "12"}, {"SMTPUTF8", std::nullopt}, {"ENVID", ""}};
  known.recipients = {{every_octet(), std::vector<smtp::Parameter>{{"NOTIFY", "NEVER"}}}, {"", std::nullopt}};
  known.message = every_octet();
  known.at = std::chrono::microseconds(17);
  known.road = "sink";
  Delivery unknown;
  unknown.road = "maildir of \"\\ and\r\n";
  unknown.omitted = 13;
  unknown.exact = false;
  transcript.deliveries = {known, unknown};
  transcript.values = {{"octets", every_octet()}, {"empty", ""}};
  return transcript;
}

void check_equal(const Transcript& a, const Transcript& b) {
  CHECK(a.scenario == b.scenario);
  CHECK(a.token == b.token);
  CHECK(a.terms == b.terms);
  CHECK(a.sessions == b.sessions);
  CHECK(a.values == b.values);
  CHECK(a.deliveries_observed == b.deliveries_observed);
  REQUIRE(a.events.size() == b.events.size());
  for (std::size_t i = 0; i < a.events.size(); ++i) {
    INFO("event " << i);
    CHECK(a.events[i].kind == b.events[i].kind);
    CHECK(a.events[i].at == b.events[i].at);
    CHECK(a.events[i].session == b.events[i].session);
    CHECK(a.events[i].step == b.events[i].step);
    CHECK(a.events[i].beneath_tls == b.events[i].beneath_tls);
    CHECK(a.events[i].octets == b.events[i].octets);
    CHECK(a.events[i].text == b.events[i].text);
    CHECK(a.events[i].by == b.events[i].by);
    CHECK(a.events[i].waited == b.events[i].waited);
    CHECK(a.events[i].omitted == b.events[i].omitted);
  }
  REQUIRE(a.deliveries.size() == b.deliveries.size());
  for (std::size_t i = 0; i < a.deliveries.size(); ++i) {
    CHECK(a.deliveries[i].reverse_path == b.deliveries[i].reverse_path);
    CHECK(a.deliveries[i].mail_parameters == b.deliveries[i].mail_parameters);
    REQUIRE(a.deliveries[i].recipients.has_value() == b.deliveries[i].recipients.has_value());
    for (std::size_t k = 0; a.deliveries[i].recipients && k < a.deliveries[i].recipients->size(); ++k) {
      CHECK(a.deliveries[i].recipients->at(k).forward_path == b.deliveries[i].recipients->at(k).forward_path);
      CHECK(a.deliveries[i].recipients->at(k).parameters == b.deliveries[i].recipients->at(k).parameters);
    }
    CHECK(a.deliveries[i].message == b.deliveries[i].message);
    CHECK(a.deliveries[i].at == b.deliveries[i].at);
    CHECK(a.deliveries[i].road == b.deliveries[i].road);
    CHECK(a.deliveries[i].exact == b.deliveries[i].exact);
    CHECK(a.deliveries[i].omitted == b.deliveries[i].omitted);
  }
}

TEST_CASE("a transcript survives being written and read") {
  const auto transcript = everything();
  const std::string text = to_json_lines(transcript);
  for (const char c : text) CHECK_FALSE((c != '\n' && (c < ' ' || c > '~')));  // for people and for any terminal
  std::string problem;
  const auto read = from_json_lines(text, problem);
  INFO(problem);
  REQUIRE(read);
  check_equal(transcript, *read);
  CHECK(to_json_lines(*read) == text);
}

TEST_CASE("lines that come many times are written once") {
  Transcript transcript = everything();
  const std::string line("..1234 \xc3\xa4\0 5\r\n", 14);
  std::string message = "Subject: x\r\n\r\n";
  for (int i = 0; i < 500'000; ++i) message += line;
  transcript.events.front().octets = message + "last";
  transcript.deliveries.front().message = message;
  const std::string text = to_json_lines(transcript);
  CHECK(text.size() < 40'000);
  std::string problem;
  const auto read = from_json_lines(text, problem);
  INFO(problem);
  REQUIRE(read);
  check_equal(transcript, *read);
  // As they were written before, too.
  std::string before = to_json_lines(everything());
  before.replace(before.find("transcript/3"), 12, "transcript/2");
  CHECK(from_json_lines(before, problem));
}

TEST_CASE("what there is no room for is left out, and said") {
  Transcript transcript = everything();
  std::string noise;
  for (int i = 0; i < 100'000; ++i) noise += static_cast<char>('A' + i * i % 31);
  transcript.events.front().octets = transcript.deliveries.front().message = noise;
  transcript.events.front().omitted = 5;
  const std::string whole = to_json_lines(transcript);
  CHECK(to_json_lines(transcript, {whole.size(), noise.size()}) == whole);
  CHECK_FALSE(to_json_lines(transcript, {whole.size() - 1, noise.size()}));
  const auto text = to_json_lines(transcript, {whole.size(), 1000});
  REQUIRE(text);
  std::string problem;
  const auto read = from_json_lines(*text, problem);
  INFO(problem);
  REQUIRE(read);
  CHECK(read->shortened);
  CHECK(read->events.front().octets == noise.substr(0, 1000));
  CHECK(read->events.front().omitted == noise.size() - 1000 + 5);
  CHECK(read->deliveries.front().message == noise.substr(0, 1000));
  CHECK(read->deliveries.front().omitted == noise.size() - 1000);
  CHECK(to_json_lines(*read) == *text);  // and is said when it is written again
}

std::string repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

TEST_CASE("broken files are refused, and the line is named") {
  const std::string head =
      R"({"schema":"smtpspec-transcript/3","scenario":"a","token":"t","events":1,"deliveries":0,"terms":{"lmtp":false,"implicit_tls":false,)"
      R"("starttls":false,"login":false,"reply_ms":1,"silence_ms":1,"scenario_ms":1},"sessions":[""],)"
      R"("deliveries_observed":false,"values":{}})"
      "\n";
  const auto event = [](const std::string& fields) {
    return "{\"at_us\":0,\"step\":0,\"session\":0," + fields + "}\n";
  };
  std::string problem;
  REQUIRE(from_json_lines(head + event(R"("event":"octets","octets":"a\\r\\n")"), problem));
  struct Case {
    std::string text;
    const char* problem;
  };
  const std::vector<Case> cases = {
      {"", "the file is empty"},
      {"\n", "line 1"},
      {"{}\n", "line 1: not a smtpspec-transcript/3 file"},
      {R"({"schema":"smtpspec-transcript/1"})", "line 1: not a"},
      {R"({"schema":"smtpspec-transcript/3"})", "line 1"},
      {head + "nonsense\n", "line 2"},
      {head + "[]\n", "line 2"},
      {head + "{}\n", "line 2"},
      {head + "\n", "line 2"},
      {head + event(R"("event":"thought")"), "line 2: unknown event thought"},
      {head + event(R"("event":7)"), "line 2"},
      {head + event(R"("event":"octets","octets":7)"), "line 2"},
      {head + event(R"("event":"octets","octets":"\\q")"), "line 2: a broken escape"},
      {head + event(R"("event":"octets","octets":"\\x4")"), "line 2: a broken escape"},
      {head + R"({"at_us":0,"step":0,"session":1,"event":"octets"})", "line 2: an event of a session"},
      {head + R"({"at_us":0,"step":0,"session":-1,"event":"octets"})", "line 2: an event of a session"},
      {head + R"({"at_us":0,"delivery":"sink","recipients":7,"message":""})", "line 2"},
      {head + R"({"at_us":0,"delivery":"sink","message":[{"times":1125899906842624,"octets":""}]})",
       "line 2: times is out"},
      {head + R"({"at_us":0,"delivery":"sink","reverse_path":"\\","message":""})", "line 2"},
      {head + R"({"at_us":-1,"step":0,"session":0,"event":"closed"})", "line 2: at_us is out of its range"},
      {head + R"({"at_us":9000000000000000000,"step":0,"session":0,"event":"closed"})", "line 2: at_us is out of"},
      {head + event(R"("event":"waited","waited_ms":9000000000000000000)"), "line 2: waited_ms is out of"},
      {head + R"({"at_us":0,"step":92233720368547758070,"session":0,"event":"closed"})", "line 2: step is no whole"},
      {head + R"({"at_us":0,"step":9223372036854775807,"session":0,"event":"closed"})", "line 2: step is out of"},
      {head + R"({"at_us":0,"step":-3,"session":0,"event":"closed"})", "line 2: step is out of"},
      {head + R"({"at_us":1e300,"step":0,"session":0,"event":"closed"})", "line 2: at_us is no whole number"},
      {head + R"({"at_us":0,"step":0,"session":0.5,"event":"closed"})", "line 2: session is no whole number"},
      // Missing, or more than was told of.
      {head, "it has 0 of 1 events and 0 of 0 deliveries"},
      {head + event(R"("event":"closed")") + event(R"("event":"closed")"), "it has 2 of 1 events"},
      {head + R"({"at_us":0,"delivery":"sink","message":""})", "it has 0 of 1 events and 1 of 0 deliveries"},
      // Bombs.
      {head + event(R"("event":"octets","octets":[{"times":900000000000,"octets":"x"}])"),
       "line 2: it holds more than"},
      {head + event(R"("event":"octets","octets":[{"times":0,"octets":"x"}])"), "line 2: times is out of its range"},
      {head + event(R"("event":"octets","octets":[[]])"), "line 2"},
      {head + std::string(5'000'000, '['), "line 2: it is nested too deep"},
      {head + "[" + repeated("[],", 1'000'000) + "[]]", "line 2: it has too many values"},
      {head + repeated(event(R"("event":"closed")"), 500'000), "line "},
  };
  for (const Case& one : cases) {
    INFO(one.text.substr(0, 1000));
    problem.clear();
    CHECK_FALSE(from_json_lines(one.text, problem));
    CHECK(problem.find(one.problem) == 0);
  }
  const std::string whole = to_json_lines(everything());
  // Cut anywhere, it is no transcript.
  for (std::size_t size = 0; size + 1 < whole.size(); size += 7)
    CHECK_FALSE(from_json_lines(std::string_view(whole).substr(0, size), problem));
  CHECK_FALSE(from_json_lines(std::string_view(whole).substr(0, whole.rfind('\n', whole.size() - 2)), problem));
}

}  // namespace
}  // namespace smtpspec::record
