#include "harness/cli/consent.hpp"

#include <algorithm>

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <fmt/format.h>

#include "harness/cli/console.hpp"
#include "harness/engine/gate.hpp"
#include "harness/engine/queue.hpp"

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

/// Names are resolved once more where they are connected; who owns the name owns the answer.
bool resolves_to_near(const scenario::Target& target) {
  asio::io_context context;
  asio::ip::tcp::resolver resolver(context);
  asio::error_code error;
  const auto found = resolver.resolve(target.host, "", error);
  return !error && !found.empty() && std::all_of(found.begin(), found.end(), [](const auto& entry) {
    scenario::Target one;
    one.host = entry.endpoint().address().to_string();
    return scenario::is_near(one);
  });
}

}  // namespace

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
  if (allow_remote || scenario::is_near(target) || resolves_to_near(target)) return true;
  say(fmt::format("{} is neither a loopback nor a private address.", scenario::address(target)));
  say(fmt::format("A run sends malformed commands and attempts to relay, in about {} sessions with up to {} messages",
                  burden.sessions, burden.messages));
  say(fmt::format("and {} wrong logins. Where you may do that, say so with --allow-remote.", burden.wrong_logins));
  return false;
}

}  // namespace smtpspec::cli
