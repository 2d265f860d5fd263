#include "fuzz/campaign/server_keeper.hpp"

#include <optional>
#include <thread>
#include <utility>

namespace smtpspec::fuzz {

using Clock = std::chrono::steady_clock;
using std::chrono::seconds;

void ServerKeeper::begin() {
  if (watch_ != nullptr && !watch_->look().empty()) start_anew();
}

void ServerKeeper::look_after() {
  look();
  if (progress_.away.exchange(false)) start_again();
  if (progress_.hangs.exchange(false)) end_what_hangs();
  if (shared_.anew) start_anew();
}

void ServerKeeper::look() {
  if (watch_ == nullptr) return;
  for (const Incident& one : watch_->look()) shared_.incidents.add(one);
  shared_.incidents.looked(watch_->report_is_under_way());
}

/// Where it says nothing to anybody, twice in a row: it is not merely slow, or busy with one session.
void ServerKeeper::end_what_hangs() {
  constexpr seconds patience{150};
  const std::uint64_t answered = sessions_answered();
  if (std::exchange(answered_when_it_hung_, answered) != answered) {
    hangs_since_ = Clock::now();
    return;
  }
  if (!is_ours()) {
    is_lost_ = Clock::now() - hangs_since_ > patience;
    return;
  }
  events_.note("the server lets everybody in and says nothing; it is started anew");
  start_anew();
}

/// And it is not ours to start. One that did so a moment ago may be busy with another session.
bool ServerKeeper::hangs_for_all() const {
  constexpr seconds moment{5};
  return !is_ours() && answered_when_it_hung_ == sessions_answered() && Clock::now() - hangs_since_ > moment;
}

/// A worker may end it again before it is seen to be up: what it dies of is being played once more.
void ServerKeeper::start_again() {
  constexpr int most = 5;
  if (!is_ours()) return wait_for_return();
  std::optional<std::string> problem;
  for (int i = 0; i < most && !is_over_(); ++i) {
    problem = events_.start_server();
    if (!problem) return;
  }
  if (!problem) return;
  events_.note(*problem);
  is_lost_ = true;
}

/// One that is not ours to start may be started again by whoever did.
void ServerKeeper::wait_for_return() {
  constexpr seconds patience{30};
  const std::uint64_t answered = sessions_answered();
  if (std::exchange(answered_when_away_, answered) != answered) away_since_ = Clock::now();
  answered_when_it_hung_ = ~std::uint64_t{0};  // it does not let in any more
  is_lost_ = Clock::now() - away_since_ > patience;
}

void ServerKeeper::start_anew() {
  if (is_ours()) {
    events_.stop_server();
    (void)watch_->look_until_told();
    (void)events_.start_server();
  }
  shared_.anew = false;
}

/// Half a minute is waited in all.
bool ServerKeeper::may_be_back() {
  constexpr int most = 100;
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  return ++waits_for_return_ < most;
}

bool ServerKeeper::revive(bool hangs) {
  if (events_.stop()) return false;
  if (!is_ours()) return !hangs && may_be_back();
  if (hangs) start_anew();
  return hangs || !events_.start_server();
}

std::string ServerKeeper::why_it_cannot_be_played() const {
  if (is_ours()) return "it takes no connections, and could not be started again";
  const std::string why =
      hangs_for_all() ? "it lets everybody in and says nothing any more" : "it takes no connections any more";
  return why + "; with `[server] start` in the target file it would be started again";
}

}  // namespace smtpspec::fuzz
