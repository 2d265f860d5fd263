#include "harness/cli/consent.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "harness/cli/console.hpp"
#include "harness/engine/gate.hpp"
#include "harness/engine/queue.hpp"
#include "harness/wire/resolve.hpp"

namespace smtpspec::cli {

namespace {

using scenario::Send;

bool sends_a_message(const scenario::Step& step) {
  const auto* send = std::get_if<Send>(&step.action);
  if (send == nullptr) return false;
  const auto& pieces = send->octets.pieces;
  return send->framing == Send::Framing::data || send->last_chunk ||
         std::any_of(pieces.begin(), pieces.end(),
                     [](const scenario::Piece& piece) { return piece.octets.find("\r\n.\r\n") != std::string::npos; });
}

/// Each address is looked at once more where it is connected to: who owns the name owns the answer. A name that has no
/// address is for the run to tell.
bool resolves_to(const std::string& host, bool (*is_right)(std::string_view address)) {
  constexpr wire::Time patience{10000};
  if (host.starts_with('/')) return true;
  const wire::Resolved found = wire::resolve_now(host, patience, [] { return signal_caught() != 0; });
  return std::all_of(found.addresses.begin(), found.addresses.end(),
                     [&](const asio::ip::address& one) { return is_right(one.to_string()); });
}

bool refused(const std::string& why, const Burden& burden) {
  say(why);
  say(fmt::format("A run sends malformed commands and attempts to relay, in about {} sessions with up to {} messages",
                  burden.sessions, burden.messages));
  say(fmt::format("and {} wrong logins. Where you may do that, say so with --allow-remote.", burden.wrong_logins));
  return false;
}

}  // namespace

bool resolves_to_near(const std::string& host) { return resolves_to(host, scenario::is_near); }

Burden burden_of(const std::vector<const scenario::Scenario*>& scenarios, std::size_t repeat) {
  Burden burden;
  for (const scenario::Scenario* one : scenarios) {
    if (!one->rule.empty()) continue;
    const auto count = [&](auto&& what) {
      return repeat * static_cast<std::size_t>(std::count_if(one->steps.begin(), one->steps.end(), what));
    };
    burden.sessions += repeat * engine::sessions_of(*one);
    burden.messages += count(sends_a_message);
    burden.wrong_logins += count([](const scenario::Step& step) { return engine::logs_in_wrongly(step); });
  }
  return burden;
}

bool may_be_played(const scenario::Target& target, bool allow_remote, const Burden& burden) {
  return allow_remote || resolves_to_near(target.host) ||
         refused(scenario::address(target) + " is neither a loopback nor a private address.", burden);
}

bool may_be_fuzzed(const scenario::Target& target, bool allow_remote, const Burden& burden) {
  return allow_remote || resolves_to(target.host, scenario::is_loopback) ||
         refused(scenario::address(target) + " is not this machine.", burden);
}

}  // namespace smtpspec::cli
