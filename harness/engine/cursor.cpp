#include "harness/engine/cursor.hpp"

#include <utility>

namespace smtpspec::engine {

using wire::Event;

bool Cursor::feed() {
  if (at_ >= transcript_.events.size()) return false;
  const Event& event = transcript_.events[at_++];
  Side& side = sides_[event.session];
  if (event.kind == Event::Kind::step) {
    const bool ladder = event.step == Event::ladder;
    if (side.on_ladder && !ladder) side.observer.discard();
    side.on_ladder = ladder;
  }
  side.observer.take(event);
  return true;
}

bool Cursor::advance(int step) {
  for (std::size_t i = at_; i < transcript_.events.size(); ++i) {
    const Event& event = transcript_.events[i];
    if (event.kind != Event::Kind::step || event.step != step) continue;
    while (at_ <= i) feed();
    return true;
  }
  return false;
}

Observed Cursor::observe(const scenario::Expectation& expectation, std::size_t session, int step) {
  for (;;) {
    Side& side = sides_[session];
    if (auto observed = side.observer.observe(expectation)) {
      if (observed->what == Observed::What::reply) side.last_code = observed->reply.code;
      return std::move(*observed);
    }
    const bool more = at_ < transcript_.events.size() &&
                      (transcript_.events[at_].kind != Event::Kind::step || transcript_.events[at_].step == step);
    if (!more || !feed()) return {};
  }
}

std::size_t Cursor::last_of_server() const {
  for (std::size_t i = at_; i > 0; --i) {
    const Event::Kind kind = transcript_.events[i - 1].kind;
    if (kind != Event::Kind::step && kind != Event::Kind::sent) return i - 1;
  }
  return at_ == 0 ? 0 : at_ - 1;
}

}  // namespace smtpspec::engine
