#include "fuzz/campaign/reply_pace.hpp"

#include <algorithm>
#include <chrono>
#include <optional>

#include "harness/scenario/text.hpp"
#include "harness/smtp/command.hpp"

namespace smtpspec::fuzz {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds shortest_reply{250};
constexpr milliseconds longest_reply{10000};
constexpr std::string_view quit = "QUIT";

/// Of what was sent in one go, that of its last line; what is no command is "unknown".
std::string command_in(std::string_view octets, std::string_view line_end) {
  if (octets.ends_with(line_end)) octets.remove_suffix(line_end.size());
  const std::size_t before = octets.rfind(line_end);
  if (before != octets.npos) octets.remove_prefix(before + line_end.size());
  if (octets == ".") return "end of data";
  return std::string(smtp::name(smtp::verb_of(octets.substr(0, octets.find(' ')))));
}

std::optional<std::string> command_in(const scenario::Step& step) {
  const auto* const send = std::get_if<scenario::Send>(&step.action);
  if (send == nullptr) return std::nullopt;
  using Framing = scenario::Send::Framing;
  if (send->framing == Framing::data) return "end of data";
  if (send->framing == Framing::chunk) return "BDAT";
  return command_in(scenario::to_source(send->octets), "\\r\\n");
}

milliseconds patience_for(record::Time slowest) {
  return std::clamp(std::chrono::ceil<milliseconds>(10 * slowest), shortest_reply, longest_reply);
}

}  // namespace

void ReplyPace::learn(const record::Transcript& transcript) {
  record::Time asked{0};
  std::string command = "greeting";
  for (const record::Event& event : transcript.events) {
    if (event.kind == record::Event::Kind::half_closed) command = "half-close";  // 221 is no longer held back then
    if (event.kind != record::Event::Kind::octets) continue;
    if (event.by == record::Party::client) {
      asked = event.at;
      command = command_in(event.octets, "\r\n");
      continue;
    }
    const record::Time took = event.at - asked;
    usual_ += (took > usual_ ? 1 : -1) * usual_ / 32;  // comes to the median, whatever single ones take
    record::Time& slowest = slowest_[command];
    slowest = std::max(slowest - slowest / 256, took);  // one that was slow is no measure for ever
  }
}

record::Time ReplyPace::slowest_of_all() const {
  record::Time slowest{0};
  for (const auto& [command, time] : slowest_)
    if (command != quit) slowest = std::max(slowest, time);
  return slowest;
}

Waits ReplyPace::waits() const {
  Waits waits;
  waits.quiet = std::clamp(std::chrono::ceil<milliseconds>(4 * usual_), milliseconds(1), milliseconds(50));
  waits.pause = waits.quiet;
  if (!slowest_.empty()) waits.reply = std::max(patience_for(slowest_of_all()), milliseconds(1000));
  return waits;
}

void ReplyPace::set(scenario::Scenario& session) const {
  for (scenario::Step& step : session.steps) {
    const auto command = command_in(step);
    const auto known = command ? slowest_.find(*command) : slowest_.end();
    if (known != slowest_.end()) step.within = patience_for(known->second);
    if (!command && !slowest_.empty()) step.within = patience_for(slowest_of_all());
  }
}

record::Time ReplyPace::holds_221_back() const {
  constexpr milliseconds long_time{50};
  const auto known = slowest_.find(quit);
  return known == slowest_.end() || known->second < long_time ? record::Time(0) : known->second;
}

bool ReplyPace::leave_at_once(scenario::Scenario& session) const {
  if (holds_221_back().count() == 0) return false;
  const auto is_of_another = [](const scenario::Step& step) { return !step.session.empty(); };
  if (std::any_of(session.steps.begin(), session.steps.end(), is_of_another)) return false;
  const auto quits = [](const scenario::Step& step) { return step.owed && command_in(step) == quit; };
  const auto last = std::find_if(session.steps.begin(), session.steps.end(), quits);
  if (last == session.steps.end()) return false;
  last->owed = false;
  scenario::Step close;
  close.action = scenario::HalfClose{};
  close.owed = true;
  close.within = last->within;
  session.steps.erase(last + 1, session.steps.end());
  session.steps.push_back(std::move(close));
  return true;
}

}  // namespace smtpspec::fuzz
