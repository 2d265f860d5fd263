#include "harness/engine/queue.hpp"

#include <algorithm>
#include <variant>

#include "harness/judge/match.hpp"

namespace smtpspec::engine {

using scenario::Expectation;
using scenario::Step;
using std::chrono::milliseconds;

namespace {

/// What fills a hole is not known yet. Close enough for an order.
std::size_t likely_octets(const scenario::Piece& piece) {
  constexpr std::size_t of_a_header = 250;
  constexpr std::size_t of_a_mailbox = 30;
  if (piece.kind == scenario::Piece::Kind::value) return piece.name == "header" ? of_a_header : of_a_mailbox;
  return std::max<std::size_t>(piece.octets.size(), 1) * std::max<std::size_t>(piece.count, 1);
}

std::size_t segments(const scenario::Send& send) {
  if (!send.cut.each_octet) return send.cut.at.size() + 1;
  std::size_t octets = 0;
  for (const scenario::Piece& piece : send.octets.pieces) octets += likely_octets(piece);
  return std::clamp<std::size_t>(octets, 1, scenario::max_text);
}

}  // namespace

milliseconds deliberate_wait(const scenario::Scenario& scenario, const record::Patience& patience) {
  milliseconds wait{0};
  for (const Step& step : scenario.steps) {
    if (const auto* pause = std::get_if<scenario::Pause>(&step.action)) wait += pause->duration;
    const auto* send = std::get_if<scenario::Send>(&step.action);
    if (send != nullptr && send->cut.pause.count() > 0)
      wait += send->cut.pause * static_cast<long>(segments(*send) - 1);
    for (const Expectation& expectation : step.replies)
      if (judge::allows(expectation, scenario::Alternative::Kind::silence))
        wait += step.within.value_or(patience.silence);
  }
  return std::min(wait, scenario.timeout.value_or(patience.scenario));
}

bool logs_in_wrongly(const scenario::Scenario& scenario) {
  if (std::find(scenario.tags.begin(), scenario.tags.end(), "wrong-login") != scenario.tags.end()) return true;
  return std::any_of(scenario.steps.begin(), scenario.steps.end(),
                     [](const Step& step) { return logs_in_wrongly(step); });
}

bool logs_in_wrongly(const Step& step) {
  const auto* login = std::get_if<scenario::Login>(&step.action);
  return login != nullptr && (login->user || login->password);
}

std::vector<std::size_t> Queue::scenarios() const {
  std::vector<std::size_t> all;
  for (const Plays& plays : plays_) all.push_back(plays.scenario);
  return all;
}

void Queue::add(std::size_t scenario, std::size_t plays, milliseconds wait) {
  plays_.push_back({scenario, plays, wait});
  size_ += plays;
}

void Queue::sort() {
  std::stable_sort(plays_.begin(), plays_.end(), [](const Plays& a, const Plays& b) { return a.wait > b.wait; });
  const auto waits = [](const Plays& plays) { return plays.wait > milliseconds(0); };
  const auto others = std::partition_point(plays_.begin(), plays_.end(), waits);
  const auto waiting = static_cast<std::size_t>(others - plays_.begin());
  std::deque<Plays> mixed;
  for (auto one = plays_.begin(), other = others; mixed.size() < plays_.size();) {
    const auto place = static_cast<std::size_t>(one - plays_.begin()) * plays_.size();
    const bool is_due = one != others && place <= mixed.size() * waiting;
    mixed.push_back(is_due ? *one++ : *other++);
  }
  plays_ = std::move(mixed);
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
