#include <nlohmann/json.hpp>

#include "harness/judge/referee_report.hpp"
#include "reports/html.hpp"

namespace smtpspec::reports {
namespace {

using smtp::Input;
using smtp::State;
using smtp::Transition;
using smtp::Verb;

/// Where the row leads: the message follows 354, a response 334.
State end_of(const Transition& row, State state) {
  if (row.verb == Verb::data && row.input == Input::command) return State::data;
  if (row.verb == Verb::auth && row.input == Input::command) return State::auth;
  return row.success.value_or(state);
}

}  // namespace

void SessionTally::add(const record::Transcript& transcript, std::size_t row) {
  ++conversations_;
  for (std::size_t session = 0; session < transcript.sessions.size(); ++session)
    (void)judge::watched(transcript, session, [&](const smtp::Answer& answer) {
      const Verb verb = answer.input == Input::command ? answer.verb : Verb::unknown;
      const auto [found, is_new] = seen_.try_emplace({answer.state, answer.input, verb, answer.reply.code});
      if (is_new) found->second.row = row;
      ++found->second.times;
    });
}

PageJson SessionTally::json() const {
  PageJson json = {{"conversations", conversations_}};
  PageJson& names = json["states"] = PageJson::array();
  for (const State state : session_states) names.push_back(name(state));
  PageJson& edges = json["edges"] = PageJson::array();
  for (const Transition& row : smtp::session_table())
    for (const State state : session_states) {
      if ((row.states & in(state)) == 0 || row.codes.empty()) continue;
      edges.push_back({{"from", name(state)},
                       {"on", name(row.input, row.verb)},
                       {"codes", row.codes},
                       {"to", name(end_of(row, state))}});
    }
  PageJson& seen = json["seen"] = PageJson::array();
  for (const auto& [key, value] : seen_) {
    const auto& [state, input, verb, code] = key;
    const bool usual = permits(smtp::transition(state, input, verb), code);
    seen.push_back(
        {{"from", name(state)}, {"on", name(input, verb)}, {"code", code}, {"times", value.times}, {"row", value.row}});
    if (!usual) seen.back()["odd"] = true;
  }
  return json;
}

}  // namespace smtpspec::reports
