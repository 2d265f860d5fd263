// Invariant: the referee survives every conversation, and what it finds does not depend on how octets are cut.
//
// Input: 'L' for LMTP or any other octet, then pieces: a letter (C client, S server, T TLS, A ambiguous, E the server
// ended), the length in two octets, high first, and as many octets (fewer at the end).
#include "harness/smtp/referee.hpp"

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include "fuzz/require.hpp"

using namespace smtpspec::fuzz;
using namespace smtpspec::smtp;

namespace {

/// Cuts one piece off the front of `input`.
std::string_view take_piece(std::string_view& input) {
  const auto octet = [&](std::size_t at) { return at < input.size() ? static_cast<unsigned char>(input[at]) : 0U; };
  const std::size_t length = octet(0) * 256 + octet(1);
  input.remove_prefix(std::min<std::size_t>(input.size(), 2));
  const std::string_view piece = input.substr(0, length);
  input.remove_prefix(piece.size());
  return piece;
}

bool same(const Demand& a, const Demand& b) {
  return a.mails == b.mails && a.recipients == b.recipients && a.messages == b.messages;
}

struct Found {
  std::vector<std::tuple<Rule, std::string, std::string>> violations;  // all but the event
  Counts counts;
  std::size_t owed = 0;
  Demand demand;
  bool may_stay_unanswered = false;
  friend bool operator==(const Found& a, const Found& b) {
    return a.violations == b.violations && a.counts == b.counts && a.owed == b.owed && same(a.demand, b.demand) &&
           a.may_stay_unanswered == b.may_stay_unanswered;
  }
};

/// Shows octets whole, or cut.
template <class Show>
void show(std::string_view octets, bool cut, Show show_piece) {
  if (!cut) return octets.empty() ? void() : show_piece(octets);
  for (Pieces pieces(octets); !pieces.done();) show_piece(pieces.next());
}

Found watch(std::string_view input, bool cut) {
  Referee referee(input.starts_with('L'));
  if (!input.empty()) input.remove_prefix(1);
  bool order_is_known = true;
  while (!input.empty()) {
    const char kind = input.front();
    input.remove_prefix(1);
    const std::string_view octets = take_piece(input);
    switch (kind) {
      case 'C': show(octets, cut, [&](std::string_view piece) { referee.sent(piece); }); break;
      case 'T': referee.tls_started(); break;
      case 'A':
        referee.ambiguous();
        order_is_known = false;
        break;
      case 'E': referee.closed(); break;
      default: show(octets, cut, [&](std::string_view piece) { referee.received(piece); }); break;
    }
    require(order_is_known || referee.owed() == 0, "nothing is owed while the order is ambiguous");
  }
  Found found{{}, referee.counts(), referee.owed(), referee.demand(), referee.may_stay_unanswered()};
  require(referee.more_after(0) < 100'000, "no more is owed than recipients were named");
  for (const Violation& violation : referee.violations()) {
    const Count& count = found.counts[static_cast<std::size_t>(violation.rule)];
    require(count.broken > 0, "what is reported was counted");
    require(rule_named(name(violation.rule)) == violation.rule, "a rule is known by its name");
    const auto printable = [](char octet) { return octet >= 0x20 && octet <= 0x7e; };
    require(std::all_of(violation.actual.begin(), violation.actual.end(), printable), "octets are escaped");
    found.violations.emplace_back(violation.rule, violation.expected, violation.actual);
  }
  const auto is_broken = [](const Count& count) {
    require(count.broken <= count.checked, "what was broken was checked");
    return count.broken > 0;
  };
  const auto broken = std::count_if(found.counts.begin(), found.counts.end(), is_broken);
  require(static_cast<std::size_t>(broken) == found.violations.size(), "each broken rule is reported once");
  return found;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = octets_of(data, size);
  require(watch(input, true) == watch(input, false), "what is found does not depend on the cuts");
  return 0;
}
