#include "fuzz/campaign/awaited_mail.hpp"

#include <algorithm>
#include <utility>

namespace smtpspec::fuzz {

void AwaitedMail::expect(const record::Transcript& transcript, std::string_view input) {
  if (mail_ == nullptr || all_.size() >= most) return;
  AcceptedMail accepted = accepted_in(transcript, watched_mailboxes(opponent_));
  if (accepted.any_sent && accepted.known) await({transcript.token, std::move(accepted), std::string(input), {}});
}

void AwaitedMail::await(Awaited one) {
  one.due = std::chrono::steady_clock::now() + time_of_mail(opponent_);
  all_.push_back(std::move(one));
}

/// What is missing may be in a queue still, until something comes that was sent after it.
bool AwaitedMail::later_came() const {
  return std::any_of(all_.begin(), all_.end(), [&](const Awaited& one) { return mail_->with(one.token).copies > 0; });
}

void AwaitedMail::look(const Suspect& suspect) {
  if (mail_ == nullptr || !mail_->is_seen()) return all_.clear();
  const auto now = std::chrono::steady_clock::now();
  while (!all_.empty() && all_.front().due < now) {
    Awaited one = std::move(all_.front());
    all_.pop_front();
    const auto cause = SharedMail::suspicion(one.accepted, mail_->with(one.token), bodies_as_sent(opponent_));
    if (cause.empty()) continue;
    if (cause == mail_lost && !later_came())
      await(std::move(one));
    else
      suspect(cause, one.input);
  }
}

}  // namespace smtpspec::fuzz
