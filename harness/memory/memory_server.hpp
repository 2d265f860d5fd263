// A server in memory, and what it says of itself when it is asked: what plays of it are judged by.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "harness/engine/facts.hpp"
#include "harness/memory/memory_play.hpp"
#include "harness/scenario/target.hpp"
#include "harness/wire/tls.hpp"

namespace smtpspec::memory {

class MemoryServer {
 public:
  /// Asks it, in plain text and, where it offers that, under TLS. `hostname`: of its certificate.
  MemoryServer(scenario::Target target, OpenSession open, const std::string& hostname);

  /// One play, with a token of its own. Plays may go on side by side, while nothing is learnt.
  [[nodiscard]] Played play(const scenario::Scenario& scenario);
  /// As a target file would have it; what is learnt further goes into these two.
  [[nodiscard]] scenario::Target& target() { return target_; }
  [[nodiscard]] engine::Facts& facts() { return facts_; }
  [[nodiscard]] const scenario::Target& target() const { return target_; }
  [[nodiscard]] const engine::Facts& facts() const { return facts_; }

 private:
  scenario::Target target_;
  std::shared_ptr<wire::TlsContext> client_tls_;
  std::shared_ptr<wire::TlsContext> server_tls_;
  Place place_;
  engine::Facts facts_;
  std::atomic<std::size_t> plays_ = 0;
};

}  // namespace smtpspec::memory
