#include "fuzz/oracles/features.hpp"

#include <algorithm>
#include <vector>

#include "harness/judge/referee_report.hpp"

namespace smtpspec::fuzz {

using record::Event;

namespace {

class Counter {
 public:
  explicit Counter(std::span<std::uint8_t> counters) : counters_(counters) {}
  void count(std::uint64_t kind, std::uint64_t what) {
    std::uint64_t hash = (what + kind * 0x9e3779b97f4a7c15ULL) * 0xbf58476d1ce4e5b9ULL;
    hash ^= hash >> 29U;
    std::uint8_t& counter = counters_[hash % counters_.size()];
    if (counter < 255) ++counter;
  }

 private:
  std::span<std::uint8_t> counters_;
};

/// One reply: in which state, to what, how.
std::uint64_t number_of(const smtp::Answer& answer) {
  const auto code = static_cast<std::uint64_t>(std::clamp(answer.reply.code, 0, 999));
  return ((static_cast<std::uint64_t>(answer.state) * 8 + static_cast<std::uint64_t>(answer.input)) * 64 +
          static_cast<std::uint64_t>(answer.verb)) *
             1000 +
         code;
}

/// Lines, and how long the longest is, in powers of two.
std::uint64_t shape_of(const smtp::Reply& reply) {
  std::size_t longest = 0;
  for (const auto& line : reply.lines) longest = std::max(longest, line.bytes.size());
  std::uint64_t power = 0;
  while ((std::size_t{1} << power) < longest) ++power;
  return std::min<std::uint64_t>(reply.lines.size(), 63) * 64 + power;
}

}  // namespace

void count_features(const record::Transcript& transcript, std::span<std::uint8_t> counters, RepliesSeen* replies) {
  Counter counter(counters);
  for (std::size_t session = 0; session < transcript.sessions.size(); ++session) {
    std::uint64_t before = 0;
    (void)judge::watched(transcript, session, [&](const smtp::Answer& answer) {
      if (replies != nullptr) replies->count(answer);
      const std::uint64_t now = number_of(answer);
      counter.count(1, now);
      counter.count(2, before * 131 + now);
      counter.count(3, now * 4096 + shape_of(answer.reply));
      before = now;
    });
    for (const Event& event : transcript.events)
      if (event.session == session && event.by == record::Party::server && event.kind != Event::Kind::octets &&
          event.kind != Event::Kind::waited)
        counter.count(4, before * 32 + static_cast<std::uint64_t>(event.kind));
  }
}

}  // namespace smtpspec::fuzz
