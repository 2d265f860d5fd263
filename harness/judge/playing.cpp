#include "harness/judge/playing.hpp"

#include <utility>

namespace smtpspec::judge {

using record::Event;

Playing::Playing(const scenario::Scenario& scenario, const record::Terms& terms, Values values, const std::string& host,
                 std::function<record::Time()> now)
    : machine_(scenario, terms, values, host),
      recorder_(scenario.id, values.find("token").value_or(""), terms,
                [this](const Event& event) { machine_.take(event); }),
      now_(std::move(now)) {}

Event Playing::event_of(Event::Kind kind, const Action& action) const {
  Event event;
  event.kind = kind;
  event.session = action.session;
  event.step = action.step;
  event.at = now_();
  return event;
}

void Playing::note(Event::Kind kind, const Action& action, std::string text) {
  Event event = event_of(kind, action);
  event.text = std::move(text);
  recorder_.add(std::move(event));
}

void Playing::note_written(const Action& action) {
  Event event = event_of(Event::Kind::octets, action);
  event.octets = action.octets;
  event.beneath_tls = action.beneath_tls;
  recorder_.add(std::move(event));
}

void Playing::tell_deliveries() { machine_.take(transcript().deliveries, transcript().deliveries_observed); }

Played Playing::finish() {
  Played played;
  played.transcript = std::move(recorder_.transcript());
  played.transcript.values = machine_.values().kept();
  played.transcript.secrets = machine_.secrets();
  played.judged = machine_.judged();
  played.to_the_end = machine_.to_the_end();
  return played;
}

}  // namespace smtpspec::judge
