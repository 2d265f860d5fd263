#include "harness/memory/memory_server.hpp"

#include <utility>

#include <fmt/format.h>

namespace smtpspec::memory {

MemoryServer::MemoryServer(scenario::Target target, OpenSession open, const std::string& hostname)
    : target_(std::move(target)),
      client_tls_(wire::TlsContext::client({})),
      server_tls_(wire::TlsContext::server(hostname)),
      place_{std::move(open), client_tls_.get(), server_tls_.get()} {
  const Played plain = play(engine::only_the_ladder(scenario::Ladder::greeted));
  facts_ = engine::facts_of(plain.transcript, plain.to_the_end);
  if (!facts_.starttls) return;
  const Played under_tls = play(engine::only_the_ladder(scenario::Ladder::tls));
  facts_.under_tls = engine::ehlo_under_tls(under_tls.transcript);
}

Played MemoryServer::play(const scenario::Scenario& scenario) {
  constexpr const char* date = "Thu, 01 Jan 2026 00:00:00 +0000";
  const std::string token = fmt::format("t{:016x}", ++plays_);
  record::Terms terms = engine::terms_of(target_, facts_);
  terms.patience.last = true;
  Played played = memory::play(scenario, place_, terms, judge::Values(target_, token, date));
  played.transcript.token = token;
  return played;
}

}  // namespace smtpspec::memory
