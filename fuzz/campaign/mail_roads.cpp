#include "fuzz/campaign/mail_roads.hpp"

namespace smtpspec::fuzz {

namespace {

bool is_same(const scenario::DeliverySettings& one, const scenario::DeliverySettings& other) {
  return one.sink == other.sink && one.sink_lmtp == other.sink_lmtp && one.maildir == other.maildir &&
         one.mbox == other.mbox;
}

}  // namespace

MailRoads::MailRoads(const Opponent& target, const Opponent* other) : own_(target) {
  if (other == nullptr || !other->target.delivery) return;
  const bool is_one = target.target.delivery && is_same(*target.target.delivery, *other->target.delivery);
  of_other_ = is_one ? &own_ : &another_.emplace(*other);
}

void MailRoads::begin() {
  own_.taker.begin();
  if (another_) another_->taker.begin();
}

}  // namespace smtpspec::fuzz
