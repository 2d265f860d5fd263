// Plays sessions on a live server, one after another, as fast as it answers.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <asio/io_context.hpp>

#include "fuzz/oracles/conservation.hpp"
#include "harness/engine/facts.hpp"
#include "harness/engine/sources.hpp"
#include "harness/judge/playing.hpp"
#include "harness/scenario/target.hpp"
#include "harness/wire/stream.hpp"
#include "harness/wire/tls.hpp"

namespace smtpspec::fuzz {

/// Whom a campaign is against, and what the survey learnt of it.
struct Opponent {
  scenario::Target target;
  engine::Facts facts;
  bool near_only = true;  ///< connect to this machine alone
};

/// How long its mail takes at most, several times what the survey saw.
[[nodiscard]] std::chrono::milliseconds time_of_mail(const Opponent& opponent);
/// The mailboxes whose mail comes to where it is looked for.
[[nodiscard]] std::vector<std::string> watched_mailboxes(const Opponent& opponent);
/// What it accepted in a session, of the mail that is seen.
[[nodiscard]] AcceptedMail accepted_by(const Opponent& opponent, const record::Transcript& transcript);
/// Where its mail is seen, a bare LF can be told from CRLF.
[[nodiscard]] bool keeps_line_ends(const Opponent& opponent);
/// The survey saw it deliver bodies as they were sent.
[[nodiscard]] bool bodies_as_sent(const Opponent& opponent);

/// How long is waited: for a reply that is due, and for what may come where that is not known.
struct Waits {
  std::chrono::milliseconds reply{2000};
  std::chrono::milliseconds quiet{5};
  /// Of a pause that the input makes, at most: it is there so that the server takes what came before it for all there
  /// is. What somebody wrote as a scenario may ask for fifty times of what that takes here.
  std::chrono::milliseconds pause{5};
  /// A server that closes after a refusal may take so long for it. Where nothing is waited it may look as if it had
  /// closed for what was sent next: to be looked at again.
  std::chrono::milliseconds close{0};
};

/// Enough of each that what does not come in it is not just late.
[[nodiscard]] Waits patient();
/// The same, and where it is about a hang half a minute for a reply: who answers then is slow, and does not hang (RFC
/// 5321 section 4.5.3.2).
[[nodiscard]] Waits most_patient(std::string_view cause);

/// No pause lasts longer from then on.
void shorten_pauses(scenario::Scenario& scenario, scenario::Duration most);

class LivePlayer {
 public:
  /// The opponent must outlive it. `secret`: of the tokens.
  LivePlayer(const Opponent& opponent, std::string secret);

  /// What to do where the server takes no connection, or `lets_in` whoever comes and says nothing: true when it may be
  /// there now. It is asked some times.
  using Revive = std::function<bool(bool lets_in)>;
  void revive_by(Revive revive) { revive_ = std::move(revive); }

  /// What to do where the server puts a session off (put_off.hpp): it is played again from the next address of this
  /// prefix, from the same one where it is empty, and after a while where that did not help at once. `again` is told
  /// the address, or "", and says whether to.
  using Again = std::function<bool(const std::string& source)>;
  void when_put_off(const std::string& prefix, Again again);

  /// Blocks until the session is over: a second or so longer than `waits.reply`, at most, for each of its steps.
  [[nodiscard]] judge::Played play(scenario::Scenario scenario, const Waits& waits);
  [[nodiscard]] const Opponent& opponent() const { return opponent_; }
  /// The token of the last play.
  [[nodiscard]] const std::string& token() const { return token_; }

 private:
  bool step_aside(int times);
  judge::Played play_once(const scenario::Scenario& scenario, const Waits& waits);

  const Opponent& opponent_;
  std::string secret_;
  std::string token_;
  std::uint64_t plays_ = 0;
  record::Terms terms_;
  std::shared_ptr<wire::TlsContext> tls_;
  wire::Allowed allowed_;
  engine::Sources sources_;
  asio::io_context context_{1};
  Revive revive_;
  engine::Sources others_{{}};
  std::string source_;  ///< of `others_`, since the one before was put off; empty: whose turn it is of `sources_`
  Again again_;
};

}  // namespace smtpspec::fuzz
