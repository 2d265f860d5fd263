#include "harness/engine/queue.hpp"

#include <algorithm>

namespace smtpspec::engine {

using scenario::Expectation;
using scenario::Step;
using std::chrono::milliseconds;

namespace {

/// As many as the text shows; what fills its holes is not known yet. Close enough for an order.
std::size_t segments(const Step& step) {
  if (!step.cut.each_octet) return step.cut.at.size() + 1;
  std::size_t octets = 0;
  for (const scenario::Piece& piece : step.octets.pieces)
    octets += std::max<std::size_t>(piece.octets.size(), 1) * std::max<std::size_t>(piece.count, 1);
  return std::clamp<std::size_t>(octets, 1, scenario::max_text);
}

}  // namespace

milliseconds deliberate_wait(const scenario::Scenario& scenario, const Patience& patience) {
  milliseconds wait{0};
  for (const Step& step : scenario.steps) {
    if (step.action == Step::Action::pause) wait += step.duration;
    if (step.cut.pause.count() > 0) wait += step.cut.pause * static_cast<long>(segments(step) - 1);
    for (const Expectation& expectation : step.replies)
      if (allows(expectation, scenario::Alternative::Kind::silence)) wait += step.within.value_or(patience.silence);
  }
  return std::min(wait, scenario.timeout.value_or(patience.scenario));
}

void Queue::add(std::size_t scenario, std::size_t plays, milliseconds wait) {
  plays_.push_back({scenario, plays, wait});
  size_ += plays;
}

void Queue::sort() {
  std::stable_sort(plays_.begin(), plays_.end(), [](const Plays& a, const Plays& b) { return a.wait > b.wait; });
}

std::optional<std::size_t> Queue::next() {
  if (plays_.empty()) return std::nullopt;
  Plays& front = plays_.front();
  const std::size_t scenario = front.scenario;
  if (--front.left == 0) plays_.pop_front();
  --size_;
  return scenario;
}

}  // namespace smtpspec::engine
