// Canaries: the plainest sessions there are. When one fails, what other scenarios say is not to be trusted.
#pragma once

#include <string>

#include <asio/awaitable.hpp>

#include "harness/engine/attempts.hpp"
#include "harness/scenario/model.hpp"

namespace smtpspec::engine {

/// A message to an accepted mailbox, which must be delivered.
[[nodiscard]] const scenario::Scenario& canary_with_message();
/// A transaction up to RCPT, then RSET.
[[nodiscard]] const scenario::Scenario& canary_without_message();

class Canaries {
 public:
  /// The attempts must outlive it.
  explicit Canaries(Attempts& attempts) : attempts_(attempts) {}

  /// One transaction to its end: it must work, and its message must come out of the road; where it does not, `watch` is
  /// told that deliveries cannot be seen. Gives why the target cannot be tested; empty where it can.
  asio::awaitable<std::string> first();
  asio::awaitable<void> between(std::string name);
  /// It stands for all that was sent before: when its message has come, what else was to come has come too.
  asio::awaitable<void> last();
  /// Why verdicts are not to be trusted; empty while they are.
  [[nodiscard]] const std::string& distrust() const { return distrust_; }

 private:
  [[nodiscard]] bool takes_mail() const;
  void take(const Played& failed);

  Attempts& attempts_;
  std::string distrust_;
};

/// What a play came to, secrets taken out: a canary's may be the refusal of a login.
[[nodiscard]] std::string actual_of(const Played& played);

}  // namespace smtpspec::engine
