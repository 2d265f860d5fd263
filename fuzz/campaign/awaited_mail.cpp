#include "fuzz/campaign/awaited_mail.hpp"

#include <algorithm>
#include <utility>

#include "fuzz/campaign/delivered_pair.hpp"
#include "fuzz/oracles/delivered.hpp"

namespace smtpspec::fuzz {

std::size_t AwaitedMail::octets_of(const Awaited& one) {
  std::size_t all = one.input.size();
  for (const AcceptedMail::Message& message : one.accepted.messages) all += message.content.size();
  return all;
}

void AwaitedMail::expect(const record::Transcript& transcript, std::string_view input, bool again) {
  if (mail_ == nullptr || is_full()) return;
  AcceptedMail accepted = accepted_by(opponent_, transcript);
  if (accepted.any_sent && accepted.known)
    await({transcript.token, std::move(accepted), std::string(input), "", again});
}

bool AwaitedMail::may_be_delivered_otherwise(const record::Transcript& transcript) {
  if (mail_ == nullptr || other_.mail == nullptr || shapes_.size() >= most) return false;
  const AcceptedMail accepted = accepted_by(opponent_, transcript);
  return accepted.known && !accepted.messages.empty() && shapes_.insert(shape_of_bodies(accepted)).second;
}

void AwaitedMail::expect_the_same(const record::Transcript& here, const record::Transcript& there,
                                  std::string_view input) {
  if (mail_ == nullptr || other_.mail == nullptr || is_full()) return;
  AcceptedMail accepted = accepted_by(opponent_, here);
  if (are_the_same(accepted, here.token, accepted_by(*other_.opponent, there), there.token))
    await({here.token, std::move(accepted), std::string(input), there.token});
}

void AwaitedMail::await(Awaited one) {
  auto time = time_of_mail(opponent_);
  if (!one.other_token.empty()) time = std::max(time, time_of_mail(*other_.opponent));
  one.due = std::chrono::steady_clock::now() + time;
  if (one.number == 0) one.number = ++sent_;
  octets_ += octets_of(one);
  all_.push_back(std::move(one));
}

/// What is missing may be in a queue still, until something comes that was sent after it.
bool AwaitedMail::later_came(const Awaited& one) const {
  const auto came = [&](const Awaited& later) {
    return later.number > one.number && mail_->with(later.token).copies > 0;
  };
  const auto came_there = [&](const Awaited& later) {
    return later.number > one.number && !later.other_token.empty() && other_.mail->with(later.other_token).copies > 0;
  };
  return std::any_of(all_.begin(), all_.end(), came) &&
         (one.other_token.empty() || std::any_of(all_.begin(), all_.end(), came_there));
}

std::string AwaitedMail::suspicion(const Awaited& one) const {
  const MailCount arrived = mail_->with(one.token);
  if (one.other_token.empty()) return std::string(SharedMail::suspicion(one.accepted, arrived, as_sent_));
  if (!other_.mail->is_seen()) return "";
  const bool exact = keeps_line_ends(opponent_) && keeps_line_ends(*other_.opponent);
  const auto what = SharedMail::differing(arrived, other_.mail->with(one.other_token), has_bodies(one.accepted), exact);
  return what.empty() ? "" : cause_of_delivered(what, one.accepted);
}

/// What is for one alone, and comes by its name: it is no alias.
void AwaitedMail::learn_names(const Awaited& one) {
  if (!one.accepted.known || one.accepted.messages.size() != 1) return;
  const AcceptedMail::Message& message = one.accepted.messages.front();
  if (message.recipients != 1 || message.mailboxes.size() != 1) return;
  const MailCount arrived = mail_->with(one.token);
  if (arrived.copies == 1 && arrived.mailboxes == hash_of_name(message.mailboxes.front()))
    as_sent_.mailboxes.insert(message.mailboxes.front());
}

bool AwaitedMail::lacks_anything() const {
  return mail_ != nullptr && mail_->is_seen() &&
         std::any_of(all_.begin(), all_.end(), [this](const Awaited& one) { return !suspicion(one).empty(); });
}

void AwaitedMail::look(const Suspect& suspect, bool is_last) {
  constexpr int most_turns = 3;
  if (mail_ == nullptr || !mail_->is_seen()) {
    all_.clear();
    octets_ = 0;
    return;
  }
  const auto now = std::chrono::steady_clock::now();
  while (!all_.empty() && all_.front().due < now) {
    Awaited one = std::move(all_.front());
    all_.pop_front();
    octets_ -= octets_of(one);
    learn_names(one);
    const std::string cause = suspicion(one);
    if (cause.empty()) continue;
    const bool alone = one.other_token.empty();
    const bool may_be_late = cause == mail_lost || cause == mail_to_others || !alone;
    const bool stuck = may_be_late && !later_came(one);
    if (stuck && !is_last && ++one.turns < most_turns)
      await(std::move(one));
    else
      suspect(cause, {one.input, alone, one.again, stuck});
  }
}

}  // namespace smtpspec::fuzz
