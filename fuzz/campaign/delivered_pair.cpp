#include "fuzz/campaign/delivered_pair.hpp"

#include <algorithm>
#include <chrono>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "fuzz/campaign/campaign_folder.hpp"
#include "fuzz/campaign/seeds.hpp"
#include "fuzz/oracles/delivered.hpp"
#include "fuzz/session/session_input.hpp"

namespace smtpspec::fuzz {

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds between_looks{20};

/// What has come of the session with that token.
Delivered all_of(const ArrivedMail& arrived, const std::string& token) {
  Delivered all;
  for (const ArrivedMail::Message& copy : arrived.with(token)) {
    Delivered one = delivered_of(copy, token);
    all.envelopes.insert(all.envelopes.end(), one.envelopes.begin(), one.envelopes.end());
    all.bodies.insert(all.bodies.end(), one.bodies.begin(), one.bodies.end());
  }
  return all;
}

}  // namespace

bool is_of_delivered(std::string_view cause) {
  const std::string name = file_name(differs_in_delivery);
  return file_name(cause).starts_with(name);
}

std::string cause_of_delivered(std::string_view what, const AcceptedMail& accepted) {
  const std::string kind = what == other_body ? fmt::format("/{}", kind_of_bodies(accepted)) : "";
  return fmt::format("{}{}{}", differs_in_delivery, what, kind);
}

bool comes(const ArrivedMail& arrived, const std::string& token, Clock::time_point until) {
  for (; Clock::now() < until; std::this_thread::sleep_for(between_looks))
    if (!arrived.with(token).empty()) return true;
  return false;
}

bool later_mail_comes(LivePlayer& player, const ArrivedMail& arrived) {
  constexpr std::chrono::seconds most{30};
  (void)player.play(decode(plain_message()), patient());
  return comes(arrived, player.token(), Clock::now() + most);
}

std::optional<Breach> delivered_otherwise(std::string_view input, const Seen& here, const Seen& there,
                                          judge::Played& played) {
  played = here.player.play(decode(input), patient());
  const judge::Played other = there.player.play(decode(input), patient());
  const std::string token = played.transcript.token;
  const std::string other_token = other.transcript.token;
  const AcceptedMail accepted = accepted_by(here.player.opponent(), played.transcript);
  if (!are_the_same(accepted, token, accepted_by(there.player.opponent(), other.transcript), other_token))
    return std::nullopt;
  // One copy more may come as late as the last.
  std::this_thread::sleep_for(std::max(time_of_mail(here.player.opponent()), time_of_mail(there.player.opponent())));
  const bool exact = keeps_line_ends(here.player.opponent()) && keeps_line_ends(there.player.opponent());
  const auto found = [&] {
    const auto as_kept = [&](Delivered one) { return exact ? std::move(one) : with_local_line_ends(std::move(one)); };
    return difference(as_kept(all_of(here.arrived, token)), as_kept(all_of(there.arrived, other_token)),
                      has_bodies(accepted));
  };
  auto differs = found();
  if (!differs) return std::nullopt;
  if (differs->what == other_copies) {
    const bool all_came = later_mail_comes(here.player, here.arrived) && later_mail_comes(there.player, there.arrived);
    differs = all_came ? found() : std::nullopt;
    if (!differs) return std::nullopt;
  }
  return Breach{
      "differs", cause_of_delivered(differs->what, accepted),
      fmt::format("the same {} as from {}: {}", differs->what, there.player.opponent().target.name, differs->other),
      differs->one};
}

}  // namespace smtpspec::fuzz
