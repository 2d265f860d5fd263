// A play under way, as each driver of the machine holds it: the machine, and the transcript that it is told from.
#pragma once

#include <functional>
#include <string>

#include "harness/judge/machine.hpp"
#include "harness/judge/replay.hpp"
#include "harness/record/transcript.hpp"

namespace smtpspec::judge {

/// What a play leaves.
struct Played {
  record::Transcript transcript;
  Judged judged;
  bool to_the_end = false;  ///< every step was played and none ended the scenario early
};

class Playing {
 public:
  /// The scenario must outlive it. `now`: the time since the play began.
  Playing(const scenario::Scenario& scenario, const record::Terms& terms, Values values, const std::string& host,
          std::function<record::Time()> now);

  [[nodiscard]] const Action& next() { return machine_.next(); }
  /// A further session: what follows of it goes by the action's number.
  void open(const Action& action) { recorder_.add_session(std::string(action.name)); }
  /// An event of the action's session, that happens now.
  [[nodiscard]] record::Event event_of(record::Event::Kind kind, const Action& action) const;
  void note(record::Event event) { recorder_.add(std::move(event)); }
  void note(record::Event::Kind kind, const Action& action, std::string text = {});
  void note_written(const Action& action);
  /// The answer to `ask_deliveries`: what is in the transcript by now.
  void tell_deliveries();
  [[nodiscard]] record::Transcript& transcript() { return recorder_.transcript(); }
  [[nodiscard]] Played finish();

 private:
  Machine machine_;
  record::Recorder recorder_;
  std::function<record::Time()> now_;
};

}  // namespace smtpspec::judge
