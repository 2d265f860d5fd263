// Plays one scenario against a target and writes down what happened. It has no opinion: it asks whether an ending is
// allowed only in order to know whether the next step makes sense.
#pragma once

#include <memory>
#include <string>

#include <asio/awaitable.hpp>

#include "harness/engine/conversation.hpp"
#include "harness/engine/values.hpp"
#include "harness/scenario/model.hpp"
#include "harness/scenario/target.hpp"
#include "harness/wire/transcript.hpp"

namespace smtpspec::engine {

struct PlaySettings {
  const scenario::Target* target = nullptr;
  wire::TlsContext* tls = nullptr;
  std::string source;  ///< local address to connect from; empty: any
  std::string token;
  Patience patience;
  bool starttls_offered = false;  ///< the probe saw it: the ladder takes it on the way to `authenticated`
};

/// What a play leaves behind; deliveries are added by whoever watches the road.
struct Played {
  wire::Transcript transcript;
  bool to_the_end = false;  ///< every step was played and none ended the scenario early
};

/// Bounded in time by the patience for a scenario. Never throws on what the server does.
asio::awaitable<Played> play(const scenario::Scenario& scenario, const PlaySettings& settings);

}  // namespace smtpspec::engine
