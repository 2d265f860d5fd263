#include "harness/engine/run_folder.hpp"

#include <fstream>
#include <vector>

#include <catch2/catch_test_macros.hpp>
#include <unistd.h>

#include "harness/engine/transcript_test.hpp"

namespace smtpspec::engine {
namespace {

using wire::Event;

std::string every_octet() {
  std::string octets;
  for (int octet = 0; octet < 256; ++octet) octets += static_cast<char>(octet);
  return octets;
}

const std::vector<Event::Kind> every_kind = {
    Event::Kind::step,        Event::Kind::connected,    Event::Kind::refused,     Event::Kind::sent,
    Event::Kind::send_failed, Event::Kind::received,     Event::Kind::tls_started, Event::Kind::tls_failed,
    Event::Kind::tls_closed,  Event::Kind::closed,       Event::Kind::reset,       Event::Kind::deadline,
    Event::Kind::quiet,       Event::Kind::close_notify, Event::Kind::half_closed, Event::Kind::hung_up,
    Event::Kind::stopped};

wire::Transcript everything() {
  Script script;
  script.on("").greeted().on("second");
  int step = Event::fence;
  for (const Event::Kind kind : every_kind) script.step(step++).is(kind, every_octet(), every_octet());
  script.delivers(every_octet(), every_octet()).delivers("", "", false);
  wire::Transcript transcript = script.transcript();
  transcript.events.back().beneath_tls = true;
  transcript.values.emplace_back("octets", every_octet());
  transcript.values.emplace_back("empty", "");
  transcript.deliveries[0].at = std::chrono::microseconds(17);
  return transcript;
}

void check_equal(const wire::Transcript& a, const wire::Transcript& b) {
  CHECK(a.scenario == b.scenario);
  CHECK(a.token == b.token);
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
  }
  REQUIRE(a.deliveries.size() == b.deliveries.size());
  for (std::size_t i = 0; i < a.deliveries.size(); ++i) {
    CHECK(a.deliveries[i].reverse_path == b.deliveries[i].reverse_path);
    CHECK(a.deliveries[i].forward_paths == b.deliveries[i].forward_paths);
    CHECK(a.deliveries[i].message == b.deliveries[i].message);
    CHECK(a.deliveries[i].at == b.deliveries[i].at);
    CHECK(a.deliveries[i].road == b.deliveries[i].road);
    CHECK(a.deliveries[i].exact == b.deliveries[i].exact);
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

struct Folder {
  std::filesystem::path path = std::filesystem::temp_directory_path() / ("smtpspec-test-" + std::to_string(getpid()));
  ~Folder() { std::filesystem::remove_all(path); }
};

TEST_CASE("a transcript in its file") {
  const Folder folder;
  auto transcript = everything();
  transcript.scenario = "end/lf-dot";
  CHECK(transcript_path(transcript.scenario) == "transcripts/end.lf-dot.jsonl");
  REQUIRE_FALSE(save_transcript(folder.path, transcript));
  REQUIRE_FALSE(save_transcript(folder.path, transcript));  // over the first
  std::string problem;
  const auto read = load_transcript(folder.path / transcript_path(transcript.scenario), problem);
  INFO(problem);
  REQUIRE(read);
  check_equal(transcript, *read);
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path / "transcripts")) files += entry.exists();
  CHECK(files == 1);

  CHECK_FALSE(load_transcript(folder.path / "none.jsonl", problem));
  CHECK(problem.find("cannot be read") != std::string::npos);
  std::ofstream(folder.path / "file") << "x";
  CHECK(save_transcript(folder.path / "file", transcript));
}

TEST_CASE("broken files are refused, and the line is named") {
  const std::string head =
      R"({"schema":"smtpspec-transcript/1","scenario":"a","token":"t","sessions":[""],"deliveries_observed":false,"values":{}})"
      "\n";
  const auto event = [](const std::string& fields) {
    return "{\"at_us\":0,\"step\":0,\"session\":0," + fields + "}\n";
  };
  std::string problem;
  REQUIRE(from_json_lines(head + event(R"("event":"sent","octets":"a\\r\\n")"), problem));
  struct Case {
    std::string text;
    const char* problem;
  };
  const std::vector<Case> cases = {
      {"", "the file is empty"},
      {"\n", "line 1"},
      {"{}\n", "line 1: not a smtpspec-transcript/1 file"},
      {R"({"schema":"smtpspec-transcript/2"})", "line 1: not a"},
      {R"({"schema":"smtpspec-transcript/1"})", "line 1"},
      {head + "nonsense\n", "line 2"},
      {head + "[]\n", "line 2"},
      {head + "{}\n", "line 2"},
      {head + "\n", "line 2"},
      {head + event(R"("event":"thought")"), "line 2: unknown event thought"},
      {head + event(R"("event":7)"), "line 2"},
      {head + event(R"("event":"sent","octets":7)"), "line 2"},
      {head + event(R"("event":"sent","octets":"\\q")"), "line 2: a broken escape"},
      {head + event(R"("event":"sent","octets":"\\x4")"), "line 2: a broken escape"},
      {head + R"({"at_us":0,"step":0,"session":1,"event":"sent"})", "line 2: an event of a session"},
      {head + R"({"at_us":0,"step":0,"session":-1,"event":"sent"})", "line 2: an event of a session"},
      {head + R"({"at_us":0,"delivery":"sink","reverse_path":"","forward_paths":7,"message":""})", "line 2"},
      {head + R"({"at_us":0,"delivery":"sink","reverse_path":"","forward_paths":["\\"],"message":""})", "line 2"},
  };
  for (const Case& one : cases) {
    INFO(one.text);
    problem.clear();
    CHECK_FALSE(from_json_lines(one.text, problem));
    CHECK(problem.find(one.problem) == 0);
  }
  const std::string whole = to_json_lines(everything());
  // Cut anywhere but at the end of a line, it is no transcript.
  for (std::size_t size = 0; size < whole.size(); size += 7)
    if (size == 0 || (whole[size - 1] != '\n' && whole[size] != '\n'))
      CHECK_FALSE(from_json_lines(std::string_view(whole).substr(0, size), problem));
}

}  // namespace
}  // namespace smtpspec::engine
