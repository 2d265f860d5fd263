// Plays one scenario against a target: drives the scenario machine with sockets, TLS and the clock, and writes down
// what happened. It has no opinion.
#pragma once

#include <functional>
#include <string>

#include <asio/awaitable.hpp>

#include "harness/engine/pace.hpp"
#include "harness/judge/playing.hpp"
#include "harness/record/transcript.hpp"
#include "harness/scenario/model.hpp"
#include "harness/wire/stream.hpp"

namespace smtpspec::engine {

/// Makes one connection, in this time at most.
using Connect = std::function<asio::awaitable<wire::Connected>(wire::Time)>;
/// Tells what was delivered: when so many messages are there, or no more is to be expected. Fills `deliveries` and
/// `deliveries_observed`.
using Gather = std::function<asio::awaitable<void>(record::Transcript&, std::size_t awaited)>;

struct PlaySettings {
  Connect connect;
  Gather gather;                                     ///< empty: what is delivered cannot be seen
  std::function<void(const FirstWord&)> heard = {};  ///< may be empty; told once a session, but for `none`
  std::function<void()> leaving = {};  ///< may be empty; a session that was greeted has been told QUIT, or has ended
  std::function<Clock::time_point()> now = [] { return Clock::now(); };
  wire::TlsContext* tls = nullptr;
  std::string tls_name;  ///< of the server, for its certificate
  std::string host;      ///< of the target, for SASL mechanisms that ask for it
  record::Terms terms;
  judge::Values values;
};

/// What a Date field says now (RFC 5322 section 3.3). Made once a second: it costs as much as all else in a header
/// block.
[[nodiscard]] const std::string& date_now();

using judge::Played;

/// How an end of reading is written down.
[[nodiscard]] record::Event::Kind kind_of(wire::End end);

/// Bounded in time by the patience for a scenario. Never throws on what the server does. The scenario must outlive it.
asio::awaitable<Played> play(const scenario::Scenario& scenario, PlaySettings settings);

}  // namespace smtpspec::engine
