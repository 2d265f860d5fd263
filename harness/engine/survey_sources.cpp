#include "harness/engine/survey_sources.hpp"

#include <asio/ip/address.hpp>
#include <fmt/format.h>
#include <ifaddrs.h>

namespace smtpspec::engine {

namespace {

using asio::ip::address;

/// The address that a session came from, of "127.0.0.1:40000 -> 127.0.0.1:25".
address own_address(const judge::Played& played) {
  asio::error_code error;
  for (const record::Event& event : played.transcript.events)
    if (event.kind == record::Event::Kind::connected) {
      std::string local = event.text.substr(0, event.text.find(" -> "));
      local = local.substr(0, local.rfind(':'));
      if (local.starts_with('[')) local = local.substr(1, local.size() - 2);
      return asio::ip::make_address(local, error);
    }
  return {};
}

/// Addresses of this machine that are in no loopback network: mail from them reaches a server on loopback, and few
/// servers trust them as they trust loopback.
std::vector<std::string> outside_addresses() {
  std::vector<std::string> all;
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return all;
  for (const ifaddrs* one = list; one != nullptr; one = one->ifa_next) {
    if (one->ifa_addr == nullptr || one->ifa_addr->sa_family != AF_INET) continue;
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(one->ifa_addr);  // NOLINT: as getifaddrs(3) has it
    const asio::ip::address_v4 found(ntohl(v4->sin_addr.s_addr));
    if (!found.is_loopback()) all.push_back(found.to_string());
  }
  freeifaddrs(list);
  return all;
}

std::vector<std::string> other_sources(const scenario::Target& target, const address& own) {
  std::vector<std::string> others = target.sources;
  if (own.is_v4() && own.is_loopback()) {
    others.emplace_back("127.77.7.7");
    for (std::string& one : outside_addresses()) others.push_back(std::move(one));
  }
  std::erase_if(others,
                [&](const std::string& one) { return one == own.to_string() || one.find('/') != std::string::npos; });
  return others;
}

}  // namespace

asio::awaitable<Relaying> whom_it_relays_for(const scenario::Scenario& row, const judge::Played& taken,
                                             Attempts& attempts) {
  if (attempts.facts().before_mail == scenario::Ladder::authenticated)
    co_return Relaying{true, "who is logged in may relay"};
  constexpr std::ptrdiff_t most = 4;
  const address own = own_address(taken);
  std::string also;
  for (const std::string& source : other_sources(attempts.target(), own)) {
    const judge::Played played =
        co_await attempts.play(row, row.id + "-from-" + source, 0, Attempts::Patience::usual, {}, source);
    if (played.judged.verdict.outcome == Outcome::pass)
      co_return Relaying{true, fmt::format("our address {} is trusted to relay; {} is not", own.to_string(), source)};
    if (played.judged.verdict.outcome == Outcome::info) also += (also.empty() ? "" : ", ") + source;
    if (std::count(also.begin(), also.end(), ',') + 1 >= most) break;
  }
  if (also.empty() && scenario::is_near(own.to_string()))
    co_return Relaying{
        true, fmt::format("our address {} may be trusted to relay; name others under 'source'", own.to_string())};
  co_return Relaying{false,
                     fmt::format("it relays for {}{}{}", own.to_string(), also.empty() ? "" : ", and for ", also)};
}

}  // namespace smtpspec::engine
