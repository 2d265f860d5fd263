#include "fuzz/oracles/outcome.hpp"

#include <algorithm>

#include "harness/judge/referee_report.hpp"

namespace smtpspec::fuzz {

namespace {

using record::Event;
using smtp::Input;
using smtp::Verb;

std::string asked_of(const smtp::Answer& answer) {
  switch (answer.input) {
    case Input::connect: return "greeting";
    case Input::end_of_data: return "end-of-data";
    case Input::auth_response: return "auth-response";
    case Input::command: return std::string(smtp::name(answer.verb));
  }
  return "";
}

/// RFC 2033 section 4.2: in LMTP the end of the data has a reply for each recipient that was accepted, in their order.
std::size_t recipient_of(const smtp::Answer& answer, bool lmtp, const std::vector<Outcome::Reply>& before) {
  if (!lmtp || answer.input != Input::end_of_data) return 0;
  return before.empty() ? 1 : before.back().recipient + 1;
}

/// What both are compared by. The end of a session is a part of it.
std::vector<Outcome::Reply> compared_of(const Outcome& outcome) {
  std::vector<Outcome::Reply> all;
  for (const Outcome::Reply& one : outcome.replies)
    if (one.asked != "NOOP" && !(one.asked == "DATA" && one.code == 354)) all.push_back(one);
  return all;
}

bool is_same(const Outcome::Reply& one, const Outcome::Reply& other, Compared compared) {
  if (one.asked != other.asked) return false;
  return compared == Compared::codes ? one.code == other.code : one.code / 100 == other.code / 100;
}

}  // namespace

Outcome outcome_of(const record::Transcript& transcript) {
  Outcome outcome;
  if (transcript.sessions.size() != 1) return outcome;
  const smtp::Referee referee = judge::watched(transcript, 0, [&](const smtp::Answer& answer) {
    outcome.replies.push_back({asked_of(answer), answer.said, std::string(smtp::name(answer.state)), answer.reply.code,
                               recipient_of(answer, transcript.terms.lmtp, outcome.replies)});
    if (answer.verb == Verb::data && answer.input == Input::command && answer.reply.code != 354)
      outcome.data_was_taken = false;
  });
  const auto is_close = [](const Event& event) {
    return event.by == record::Party::server && (event.kind == Event::Kind::closed || event.kind == Event::Kind::reset);
  };
  const bool closed = std::any_of(transcript.events.begin(), transcript.events.end(), is_close);
  const bool said_goodbye = !outcome.replies.empty() && outcome.replies.back().code / 10 == 22;
  if (closed && !said_goodbye) outcome.replies.push_back({"", "", "closed"});
  outcome.known = referee.order_is_known() && referee.all_told() && (referee.owed() == 0 || closed);
  return outcome;
}

std::optional<Difference> difference(const Outcome& one, const Outcome& other, Compared compared) {
  if (!one.known || !other.known) return std::nullopt;
  const auto a = compared_of(one);
  const auto b = compared_of(other);
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
    if (!is_same(a[i], b[i], compared)) return Difference{a[i], b[i]};
  return std::nullopt;
}

}  // namespace smtpspec::fuzz
