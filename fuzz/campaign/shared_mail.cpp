#include "fuzz/campaign/shared_mail.hpp"

#include <algorithm>
#include <functional>
#include <set>

#include "fuzz/oracles/delivered.hpp"
#include "harness/record/trace.hpp"

namespace smtpspec::fuzz {

namespace {

std::uint64_t key_of(std::string_view token) { return std::hash<std::string_view>()(token) | 1U; }

std::uint64_t sum_of(const std::vector<std::string>& texts) {
  std::uint64_t sum = 0;
  for (const std::string& one : texts) sum += std::hash<std::string_view>()(one);
  return sum;
}

std::uint64_t hash_of_body(std::string_view content) {
  return std::hash<std::string_view>()(record::part(content).body);
}

}  // namespace

std::uint64_t hash_of_name(const std::string& name) { return std::hash<std::string>()(name); }

void SharedMail::add(std::string_view token, const ArrivedMail::Message& copy) {
  const std::uint64_t key = key_of(token);
  Bucket& bucket = buckets_[key / 2 % buckets_.size()];
  auto slot = std::find_if(bucket.slots.begin(), bucket.slots.end(), [&](const Slot& one) { return one.token == key; });
  if (slot == bucket.slots.end()) {
    slot = bucket.slots.begin() + static_cast<std::ptrdiff_t>(bucket.next++ % bucket.slots.size());
    for (auto* const one : {&slot->copies, &slot->bodies, &slot->mailboxes, &slot->recipients, &slot->envelopes,
                            &slot->texts, &slot->local_texts})
      *one = 0;
    slot->token = key;
  }
  const Delivered delivered = delivered_of(copy, token);
  slot->recipients += delivered.bodies.size();
  slot->envelopes += sum_of(delivered.envelopes);
  slot->texts += sum_of(delivered.bodies);
  slot->local_texts += sum_of(with_local_line_ends(delivered).bodies);
  slot->bodies += hash_of_body(copy.content);
  for (const std::string& one : std::set<std::string>(copy.mailboxes.begin(), copy.mailboxes.end()))
    slot->mailboxes += hash_of_name(one);
  ++slot->copies;
}

MailCount SharedMail::with(std::string_view token) const {
  const std::uint64_t key = key_of(token);
  for (const Slot& slot : buckets_[key / 2 % buckets_.size()].slots)
    if (slot.token == key)
      return {slot.copies, slot.bodies, slot.mailboxes, slot.recipients, slot.envelopes, slot.texts, slot.local_texts};
  return {};
}

std::string_view SharedMail::suspicion(const AcceptedMail& accepted, const MailCount& arrived, const AsSent& as_sent) {
  if (!accepted.known) return {};
  if (const std::string_view cause = miscounted(accepted, arrived.copies); !cause.empty()) return cause;
  std::uint64_t bodies = 0;
  std::uint64_t mailboxes = 0;
  bool plain = as_sent.bodies;
  for (const AcceptedMail::Message& one : accepted.messages) {
    bodies += hash_of_body(one.content);
    for (const std::string& name : one.mailboxes) mailboxes += hash_of_name(name);
    plain = plain && one.plain;
  }
  if (arrived.mailboxes != 0 && has_envelopes(accepted, as_sent.mailboxes) && arrived.mailboxes != mailboxes)
    return mail_to_others;
  const bool one_each = arrived.copies == accepted.messages.size();
  return plain && one_each && arrived.bodies != bodies ? mail_changed : std::string_view();
}

std::string_view SharedMail::differing(const MailCount& one, const MailCount& other, bool with_bodies, bool exact) {
  if (one.recipients != other.recipients) return other_copies;
  const bool envelopes_are_told = one.envelopes != 0 && other.envelopes != 0;
  if (envelopes_are_told && one.envelopes != other.envelopes) return other_envelope;
  const bool is_same = exact ? one.texts == other.texts : one.local_texts == other.local_texts;
  return with_bodies && !is_same ? other_body : std::string_view();
}

}  // namespace smtpspec::fuzz
