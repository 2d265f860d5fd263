#include "fuzz/campaign/put_off.hpp"

#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "fuzz/campaign/seeds.hpp"
#include "fuzz/oracles/outcome.hpp"
#include "fuzz/session/session_input.hpp"
#include "harness/delivery/token.hpp"

namespace smtpspec::fuzz {

namespace {

/// What the address of a client may make a difference to. Nothing is sent to a mailbox that is not the target's own.
std::vector<std::string> telling_inputs(const scenario::Target& target) {
  std::vector<std::string> all = {plain_message()};
  if (!target.mail.foreign.empty()) all.emplace_back("= mail\n> RCPT TO:<{foreign}>\\r\\n\n> RSET\\r\\n\n");
  return all;
}

struct Served {
  Outcome outcome;
  std::vector<smtp::Keyword> keywords;
  bool put_off = false;
};

Served served(LivePlayer& player, const std::string& input) {
  const judge::Played played = player.play(decode(input), patient());
  return {outcome_of(played.transcript), engine::facts_of(played.transcript, true).plain.keywords, was_put_off(played)};
}

bool is_alike(const Served& one, const Served& other) {
  return !one.put_off && !other.put_off && one.outcome.known && other.outcome.known && one.keywords == other.keywords &&
         one.outcome.replies.size() == other.outcome.replies.size() &&
         !difference(one.outcome, other.outcome, Compared::codes);
}

}  // namespace

bool spoke_first(const judge::Played& played) {
  for (const record::Event& event : played.transcript.events)
    if (event.kind == record::Event::Kind::octets) return event.by == record::Party::client;
  return false;
}

bool was_put_off(const judge::Played& played) {
  std::string first;  // line, in however many pieces it came
  std::string_view last;
  std::string_view asked;
  bool spoke_first = true;
  for (const record::Event& event : played.transcript.events) {
    if (event.kind != record::Event::Kind::octets) continue;
    const bool by_server = event.by == record::Party::server;
    spoke_first = spoke_first && (by_server || !first.empty());
    (by_server ? last : asked) = event.octets;
    if (!by_server) continue;
    if (first.find('\n') == std::string::npos) first += last;
  }
  // 554 is what some servers say to who speaks before they do.
  if (first.starts_with('4') || (spoke_first && first.starts_with("554"))) return true;
  // TLS or a login that is not to be had now (454) is not to be had a moment later, from wherever.
  const bool stays_so = asked.starts_with("STARTTLS") || asked.starts_with("AUTH");
  return played.judged.verdict.cause == judge::Cause::ladder && last.starts_with(stays_so ? "421" : "4");
}

std::string how_it_goes_on(bool may_move, bool near) {
  if (may_move)
    return "the server puts sessions off; they go on from other addresses of 127.77.0.0/16, which it serves alike";
  const std::string later = "the server puts sessions off; they are tried again later";
  return near ? later +
                    ". Where it counts them by address, name others that it serves alike in the target file: source = "
                    "'127.1.0.0/16'"
              : later;
}

std::string addresses_of_worker(std::size_t worker) { return fmt::format("127.77.{}.0/22", 4 * (worker % 64)); }

bool serves_other_addresses_alike(const Opponent& opponent, const std::function<bool()>& stop) {
  constexpr int most_waits = 4;
  if (!opponent.target.sources.empty() || !opponent.target.host.starts_with("127.") ||
      !scenario::is_loopback(opponent.target.host))
    return false;
  Opponent from_another = opponent;
  from_another.target.sources = {"127.77.7.7"};
  LivePlayer usual(opponent, delivery::make_secret());
  LivePlayer another(from_another, delivery::make_secret());
  usual.when_put_off("", [&](const std::string& /*next*/) { return !stop || !stop(); });
  for (const std::string& input : telling_inputs(opponent.target)) {
    const Served other = served(another, input);
    if (other.put_off) return false;
    Served first = served(usual, input);
    for (int i = 1; i < most_waits && first.put_off && !(stop && stop()); ++i) first = served(usual, input);
    if (!is_alike(first, other)) return false;
  }
  return true;
}

}  // namespace smtpspec::fuzz
