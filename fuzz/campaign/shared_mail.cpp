#include "fuzz/campaign/shared_mail.hpp"

#include <algorithm>
#include <functional>

#include "harness/record/trace.hpp"

namespace smtpspec::fuzz {

namespace {

std::uint64_t key_of(std::string_view token) { return std::hash<std::string_view>()(token) | 1U; }

}  // namespace

std::uint64_t hash_of_body(std::string_view content) {
  return std::hash<std::string_view>()(record::part(content).body);
}

void SharedMail::add(std::string_view token, std::string_view content) {
  const std::uint64_t key = key_of(token);
  Bucket& bucket = buckets_[key / 2 % buckets_.size()];
  auto slot = std::find_if(bucket.slots.begin(), bucket.slots.end(), [&](const Slot& one) { return one.token == key; });
  if (slot == bucket.slots.end()) {
    slot = bucket.slots.begin() + static_cast<std::ptrdiff_t>(bucket.next++ % bucket.slots.size());
    slot->copies = 0;
    slot->bodies = 0;
    slot->token = key;
  }
  slot->bodies += hash_of_body(content);
  ++slot->copies;
}

MailCount SharedMail::with(std::string_view token) const {
  const std::uint64_t key = key_of(token);
  for (const Slot& slot : buckets_[key / 2 % buckets_.size()].slots)
    if (slot.token == key) return {slot.copies, slot.bodies};
  return {};
}

std::string_view SharedMail::suspicion(const AcceptedMail& accepted, const MailCount& arrived, bool bodies_as_sent) {
  if (!accepted.known) return {};
  if (const std::string_view cause = miscounted(accepted, arrived.copies); !cause.empty()) return cause;
  std::uint64_t bodies = 0;
  for (const AcceptedMail::Message& one : accepted.messages) {
    bodies += hash_of_body(one.content);
    bodies_as_sent = bodies_as_sent && one.plain;
  }
  const bool one_each = arrived.copies == accepted.messages.size();
  return bodies_as_sent && one_each && arrived.bodies != bodies ? mail_changed : std::string_view();
}

}  // namespace smtpspec::fuzz
