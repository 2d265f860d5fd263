// Invariant: any transcript is judged by any scenario without a throw, twice the same, and the same once it was written
// down and read; a verdict is of the transcript, and says why.
//
// Input: a scenario file, a line "===", then the conversation, a line each: a letter and octets in the notation of
// smtp::escape. C client, S server, '>' step (a number), W waited (milliseconds), X the server closed, K the client
// did, R reset, T TLS started, N close_notify, H half-closed, O opened (a session's name), F refused, U unsent,
// D delivered (a message).
#include <algorithm>
#include <charconv>
#include <string>

#include "fuzz/require.hpp"
#include "harness/judge/referee_report.hpp"
#include "harness/judge/replay.hpp"
#include "harness/record/json_lines.hpp"
#include "harness/scenario/loader.hpp"
#include "harness/smtp/escape.hpp"

using namespace smtpspec::fuzz;
using namespace smtpspec;
using record::Event;
using record::Party;

namespace {

constexpr std::size_t most_scenarios = 8;
constexpr std::size_t most_events = 500;
constexpr std::string_view border = "\n===\n";

int number_in(std::string_view text) {
  int number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

struct Letter {
  char letter;
  Event::Kind kind;
  Party by;
};
constexpr Letter letters[] = {
    {'C', Event::Kind::octets, Party::client},       {'S', Event::Kind::octets, Party::server},
    {'>', Event::Kind::step, Party::client},         {'W', Event::Kind::waited, Party::server},
    {'X', Event::Kind::closed, Party::server},       {'K', Event::Kind::closed, Party::client},
    {'R', Event::Kind::reset, Party::server},        {'T', Event::Kind::tls_started, Party::client},
    {'N', Event::Kind::close_notify, Party::server}, {'H', Event::Kind::half_closed, Party::client},
    {'O', Event::Kind::connected, Party::server},    {'F', Event::Kind::refused, Party::server},
    {'U', Event::Kind::unsent, Party::client},
};

class Conversation {
 public:
  explicit Conversation(std::string_view text) {
    transcript_.token = "t0123456789abcdef";
    transcript_.values = {{"client", "client.example"},
                          {"sender", "sender+t0123456789abcdef@client.example"},
                          {"accepted", "alice@example.test"}};
    while (!text.empty() && transcript_.events.size() < most_events) take(take_line(text));
  }
  [[nodiscard]] record::Transcript end() { return std::move(transcript_); }

 private:
  void take(std::string_view line) {
    if (line.empty()) return;
    const char letter = line.front();
    line.remove_prefix(1);
    if (letter == 'D') return deliver(line);
    for (const Letter& known : letters)
      if (known.letter == letter) add(known, line);
  }
  void deliver(std::string_view line) {
    transcript_.deliveries_observed = true;
    transcript_.deliveries.emplace_back();
    transcript_.deliveries.back().message = smtp::unescape(line).value_or("");
    transcript_.deliveries.back().reverse_path = transcript_.values[1].second;
    transcript_.deliveries.back().recipients = {{"alice@example.test", std::nullopt}};
  }
  void add(const Letter& letter, std::string_view line) {
    const bool opens = letter.kind == Event::Kind::connected || letter.kind == Event::Kind::refused;
    if (opens) transcript_.sessions.emplace_back(transcript_.sessions.empty() ? std::string_view() : line);
    if (transcript_.sessions.empty()) return;
    Event event;
    event.kind = letter.kind;
    event.by = letter.by;
    event.session = transcript_.sessions.size() - 1;
    if (opens) step_ = Event::ladder;
    if (letter.kind == Event::Kind::step) step_ = std::max(number_in(line), static_cast<int>(Event::fence));
    event.step = step_;
    if (letter.kind == Event::Kind::octets)
      event.octets = smtp::unescape(line).value_or("");
    else
      event.text = "'" + smtp::escape(line) + "'";  // what failed says why
    if (letter.kind == Event::Kind::waited) event.waited = std::chrono::milliseconds(std::max(0, number_in(line)));
    at_ += event.waited + std::chrono::milliseconds(1);
    event.at = at_;
    transcript_.events.push_back(std::move(event));
  }

  record::Transcript transcript_;
  record::Time at_{0};
  int step_ = Event::ladder;
};

std::string shown(const judge::Verdict& verdict) {
  return std::to_string(static_cast<int>(verdict.outcome)) + "|" + std::string(name(verdict.cause)) + "|" +
         verdict.expected + "|" + verdict.actual + "|" + verdict.reason + "|" + verdict.decided_by + "|" +
         std::to_string(verdict.event) + "|" + verdict.octets + "|" + (verdict.missing ? "missing" : "");
}

std::string shown(const judge::Judged& judged) {
  return shown(judged.verdict) + "\n" + (judged.broken_fence ? shown(*judged.broken_fence) : "") + "\n" +
         std::to_string(judged.fence_replies);
}

void check_verdict(const judge::Verdict& verdict, const record::Transcript& transcript) {
  require(transcript.events.empty() || verdict.event < transcript.events.size(), "a verdict is of an event");
  const bool plain = verdict.outcome == judge::Outcome::pass || verdict.outcome == judge::Outcome::info;
  require(plain || !(verdict.expected + verdict.actual + verdict.reason).empty(), "a verdict says why");
}

void check(const scenario::Scenario& scenario, const record::Transcript& transcript, const record::Transcript& read) {
  const judge::Judged judged = judge::judge(scenario, transcript);
  check_verdict(judged.verdict, transcript);
  if (judged.broken_fence) check_verdict(*judged.broken_fence, transcript);
  const std::string verdict = shown(judged);
  require(shown(judge::judge(scenario, transcript)) == verdict, "a transcript is judged the same twice");
  require(shown(judge::judge(scenario, read)) == verdict, "a transcript is judged the same once it was read again");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = octets_of(data, size);
  const std::size_t at = std::min(input.find(border), input.size());
  const auto loaded = scenario::load_scenarios(input.substr(0, at), "fuzz.toml");
  if (!loaded.ok()) return 0;
  const record::Transcript transcript = Conversation(input.substr(std::min(at + border.size(), input.size()))).end();
  std::string problem;
  const auto read = record::from_json_lines(record::to_json_lines(transcript), problem);
  require(read.has_value(), "a transcript that was written reads");
  std::size_t scenarios = 0;
  for (const scenario::Scenario& scenario : loaded.value.scenarios)
    if (scenario.rule.empty() && ++scenarios <= most_scenarios) check(scenario, transcript, *read);
  for (const auto& violation : judge::referee_report(transcript).violations)
    require(violation.event < transcript.events.size(), "a breach is at an event");
  return 0;
}
