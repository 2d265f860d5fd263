#include "fuzz/campaign/pairs.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "fuzz/campaign/campaign_folder.hpp"
#include "fuzz/campaign/delivered_pair.hpp"
#include "fuzz/oracles/conservation.hpp"
#include "fuzz/oracles/outcome.hpp"
#include "fuzz/session/session_input.hpp"

namespace smtpspec::fuzz {

namespace {

constexpr std::string_view metamorphic = "metamorphic-";
constexpr std::string_view differs = "differs-";

/// Which place of a session is another: the same in every process, and where the session was written to a file since.
std::size_t place_in(const scenario::Scenario& session) {
  std::uint32_t hash = 2166136261U;
  for (const char octet : encode(session).value_or("")) hash = (hash ^ static_cast<unsigned char>(octet)) * 16777619U;
  return hash;
}

}  // namespace

std::string cause_of(Variant variant) { return std::string(metamorphic) + std::string(name(variant)); }

namespace {

std::optional<Variant> variant_of(std::string_view cause) {
  for (const Variant one : all_variants)
    if (cause.starts_with(cause_of(one))) return one;
  return std::nullopt;
}

/// The server may be of another mind a moment later (RFC 5321 section 4.2.1), whoever asks it how.
bool is_transient(const Outcome::Reply& reply) { return reply.code / 100 == 4; }

/// The codes of a plain dialogue's steps, one each; none where it is not known which is whose, or the server might say
/// otherwise another time.
std::vector<int> codes_of_steps(record::Transcript usual, std::size_t steps) {
  const auto is_of_fence = [](const record::Event& event) { return event.step == record::Event::fence; };
  usual.events.erase(std::find_if(usual.events.begin(), usual.events.end(), is_of_fence), usual.events.end());
  const Outcome outcome = outcome_of(usual);
  if (!outcome.known || outcome.replies.size() < steps) return {};
  std::vector<int> codes;
  for (std::size_t i = outcome.replies.size() - steps; i < outcome.replies.size(); ++i) {
    const Outcome::Reply& reply = outcome.replies[i];
    if (reply.code == 0 || is_transient(reply) || reply.recipient > 1) return {};
    codes.push_back(reply.code);
  }
  return codes;
}

std::optional<scenario::Scenario> held(std::string_view input, Variant variant, const record::Transcript& usual = {}) {
  const scenario::Scenario session = decode(input);
  return varied(session, variant, place_in(session), codes_of_steps(usual, session.steps.size()));
}

bool offers(const engine::Facts& facts, std::string_view keyword) {
  return facts.plain.find(keyword) != nullptr || facts.under_tls.find(keyword) != nullptr;
}

/// Offered in this very session.
bool greeted_by_ehlo(const Outcome& outcome) {
  bool ehlo = false;
  for (const Outcome::Reply& one : outcome.replies) {
    if (one.asked == "HELO") return false;
    ehlo = ehlo || ((one.asked == "EHLO" || one.asked == "LHLO") && one.code == 250);
  }
  return ehlo;
}

bool may_be(Variant variant, const Opponent& opponent, const judge::Played& played, const Outcome& outcome) {
  const record::Terms& terms = played.transcript.terms;
  const auto few = [&] {
    constexpr std::size_t enough = 25;
    const record::Deviation* const most = terms.lacks("commands");
    return most == nullptr || most->after >= enough;
  };
  if (!outcome.known || !outcome.data_was_taken || outcome.replies.back().code == 0) return false;
  switch (variant) {
    case Variant::cut: return true;
    case Variant::pipelined: return offers(opponent.facts, "PIPELINING") && greeted_by_ehlo(outcome);
    case Variant::chunked: return offers(opponent.facts, "CHUNKING") && greeted_by_ehlo(outcome);
    case Variant::noop: return terms.lacks("noop") == nullptr && few();
  }
  return false;
}

/// A message that every server takes the same way, whatever brings it.
bool messages_are_plain(const judge::Played& played, const Opponent& opponent) {
  const AcceptedMail accepted = accepted_in(played.transcript, opponent.target.mail.accepts);
  return !accepted.messages.empty() &&
         std::all_of(accepted.messages.begin(), accepted.messages.end(), [](const auto& one) { return one.plain; });
}

std::string shown(const Outcome::Reply& reply) {
  if (reply.code == 0) return "closed";
  const std::string of = reply.recipient == 0 ? "" : fmt::format(" of recipient {}", reply.recipient);
  return fmt::format("{} to {}{}", reply.code, reply.asked, of);
}

/// Whether both could be asked for this: what only one of them offers makes them differ by right.
bool both_offer(const Outcome::Reply& reply, const Opponent& one, const Opponent& other) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 10> asks = {{{"BDAT", "CHUNKING"},
                                                                                   {"STARTTLS", "STARTTLS"},
                                                                                   {"AUTH", "AUTH"},
                                                                                   {" SIZE=", "SIZE"},
                                                                                   {" BODY=", "8BITMIME"},
                                                                                   {" SMTPUTF8", "SMTPUTF8"},
                                                                                   {" RET=", "DSN"},
                                                                                   {" ENVID=", "DSN"},
                                                                                   {" NOTIFY=", "DSN"},
                                                                                   {" ORCPT=", "DSN"}}};
  return std::all_of(asks.begin(), asks.end(), [&](const auto& ask) {
    const bool asked =
        ask.first.front() == ' ' ? reply.said.find(ask.first) != std::string::npos : reply.asked == ask.first;
    return !asked || (offers(one.facts, ask.second) && offers(other.facts, ask.second));
  });
}

}  // namespace

bool Pairs::is_of_pairs(std::string_view cause) {
  return cause.starts_with(metamorphic) || (cause.starts_with(differs) && !is_of_delivered(cause));
}

bool Pairs::are_of_two_servers(std::string_view cause) { return cause.starts_with(differs); }

bool Pairs::may_be_held(std::string_view input, Variant variant, const judge::Played& played) const {
  const Opponent& opponent = player_->opponent();
  if (!held(input, variant)) return false;
  if (!may_be(variant, opponent, played, outcome_of(played.transcript))) return false;
  return variant != Variant::chunked || messages_are_plain(played, opponent);
}

std::optional<Breach> Pairs::held_otherwise(std::string_view input, Variant variant, const judge::Played& played) {
  so_ = {};
  if (!may_be_held(input, variant, played)) return std::nullopt;
  const Outcome usual = outcome_of(played.transcript);
  auto session = held(input, variant);
  if (pace_ != nullptr) pace_->leave_at_once(*session);
  so_ = player_->play(*session, patient());
  const Outcome so = outcome_of(so_.transcript);
  const auto found = difference(usual, so, variant == Variant::chunked ? Compared::classes : Compared::codes);
  if (!found || is_transient(found->one) || is_transient(found->other)) return std::nullopt;
  const std::string kind(name(variant));
  return Breach{"metamorphic", cause_of(variant) + "/" + found->one.asked,
                "the same replies as without: " + shown(found->one), fmt::format("{}: {}", kind, shown(found->other))};
}

std::optional<Breach> Pairs::elsewhere(std::string_view input, const judge::Played& played) {
  there_ = {};
  if (other_ == nullptr) return std::nullopt;
  const Outcome here = outcome_of(played.transcript);
  if (!here.known) return std::nullopt;
  there_ = other_->play(decode(input), patient());
  const Outcome there = outcome_of(there_.transcript);
  const auto found = difference(here, there, Compared::classes);
  if (!found || !both_offer(found->one, player_->opponent(), other_->opponent())) return std::nullopt;
  return Breach{
      "differs",
      fmt::format("{}{}/{}/{}-{}", differs, found->one.state, found->one.asked, found->one.code, found->other.code),
      fmt::format("the same class of reply as from {}: {}", other_->opponent().target.name, shown(found->other)),
      shown(found->one)};
}

std::optional<Breach> Pairs::once(std::string_view input, std::string_view cause) {
  played_ = player_->play(decode(input), patient());
  const auto variant = variant_of(cause);
  auto breach = variant ? held_otherwise(input, *variant, played_) : elsewhere(input, played_);
  return breach && file_name(breach->cause) == file_name(cause) ? std::move(breach) : std::nullopt;
}

std::optional<Breach> Pairs::show(std::string_view input, std::string_view cause, int times) {
  std::optional<Breach> first;
  Outcome usual;
  for (int i = 0; i < times; ++i) {
    auto breach = once(input, cause);
    if (!breach || (first && breach->actual != first->actual)) return std::nullopt;
    const Outcome again = outcome_of(played_.transcript);
    if (first && difference(usual, again, Compared::codes)) return std::nullopt;  // it is never the same
    usual = again;
    first = std::move(breach);
  }
  return first;
}

std::optional<scenario::Scenario> held_otherwise(std::string_view input, std::string_view cause,
                                                 const record::Transcript& usual) {
  const auto variant = variant_of(cause);
  return variant ? held(input, *variant, usual) : std::nullopt;
}

std::optional<std::string> requirement_of(std::string_view cause) {
  const auto variant = variant_of(cause);
  if (!variant) return std::nullopt;
  switch (*variant) {
    case Variant::pipelined: return "rfc2920/3.2/input-is-kept";
    case Variant::chunked: return "rfc3030/2/chunk-answered";
    case Variant::noop: return "rfc5321/4.1.1.9/noop-changes-nothing";
    case Variant::cut: break;
  }
  return "rfc5321/4.2/one-reply-to-each-command";
}

}  // namespace smtpspec::fuzz
