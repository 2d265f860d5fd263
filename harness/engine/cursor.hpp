// Goes along a transcript event by event, as `play` went, with an observer for each session.
#pragma once

#include <cstddef>
#include <map>

#include "harness/engine/match.hpp"
#include "harness/scenario/model.hpp"
#include "harness/wire/transcript.hpp"

namespace smtpspec::engine {

class Cursor {
 public:
  /// The transcript must outlive the cursor.
  explicit Cursor(const wire::Transcript& transcript) : transcript_(transcript) {}

  /// Shows the next event to its session's observer; false at the transcript's end.
  bool feed();
  /// Feeds up to and with the marker of a step; false, and nothing fed, where the transcript has none from here on.
  bool advance(int step);
  /// What an expectation got in a step; `missing` where the step, or the transcript, ends before that.
  Observed observe(const scenario::Expectation& expectation, std::size_t session, int step);

  [[nodiscard]] Observer& observer(std::size_t session) { return sides_[session].observer; }
  /// Of the last reply that an expectation was given; 0 before the first.
  [[nodiscard]] int last_code(std::size_t session) { return sides_[session].last_code; }

  [[nodiscard]] std::size_t at() const { return at_; }  ///< index of the next event
  void move_to(std::size_t event) { at_ = event; }
  /// The last thing that the server did, or failed to do.
  [[nodiscard]] std::size_t last_of_server() const;

 private:
  struct Side {
    Observer observer;
    bool on_ladder = true;
    int last_code = 0;
  };
  const wire::Transcript& transcript_;
  std::map<std::size_t, Side> sides_;
  std::size_t at_ = 0;
};

}  // namespace smtpspec::engine
