#include "harness/smtp/referee.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "harness/smtp/client_half.hpp"
#include "harness/smtp/code_rules.hpp"
#include "harness/smtp/reply_rules.hpp"
#include "harness/smtp/server_half.hpp"

namespace smtpspec::smtp {

namespace {

/// A bound of ours, for a server that sends nothing but line ends: what more it breaks takes time and says nothing new.
constexpr std::size_t most_malformed = 1000;

}  // namespace

struct Referee::Impl {
  explicit Impl(bool lmtp) { server.lmtp = lmtp; }

  void take(const Reply& reply);
  void take_unasked(const Reply& reply);
  void take_answer(const Reply& reply);
  void judge(const Owed& what, const Reply& reply);
  void follow(const Owed& what, const Reply& reply);
  void close();
  [[nodiscard]] bool is_per_recipient(const Owed& what) const {
    return server.lmtp && (what.input == Input::end_of_data || what.last_chunk);
  }

  [[nodiscard]] Violation violation(const Finding& finding) const;
  void report(const Finding& finding) { report(violation(finding)); }
  void report(Violation broken);
  void report(const std::vector<Finding>& findings);

  std::size_t event = 0;
  ReplyParser parser;
  ClientHalf client;
  ServerHalf server;
  std::size_t replies_left = 0;  ///< LMTP: of the end of data at the front
  /// A code did not fit its command while more was owed: a reply may be missing, and everything shifted by one. No
  /// further reply is judged by its command until all is answered.
  bool shifted = false;
  /// A refusal that nothing asked for. It is an extra reply, unless the connection is closed with it.
  std::optional<Violation> held;
  /// The last octets of the conversation are a refusal with more owed behind it: it may be the server's last word, as
  /// where the client sent commands out of turn (RFC 2920 section 3.1).
  bool last_word = false;
  std::size_t malformed = 0;  ///< replies that broke the grammar
  std::vector<Violation> violations;
};

void Referee::Impl::take(const Reply& reply) {
  if (malformed < most_malformed) {
    const std::vector<Finding> findings = judge_grammar(reply, client.asked_for_utf8());
    malformed += findings.empty() ? 0 : 1;
    report(findings);
  }
  if (held) {
    report(std::move(*held));
    held.reset();
  }
  if (client.given_up()) return;
  // Without a code from 2 to 5 it may be one reply, half of one, or none. In clear text where the handshake is due, it
  // is not known what it answers.
  if (reply.klass() < 2 || reply.klass() > 5 || client.awaits_tls()) return client.give_up();
  if (server.quit) {
    report({Rule::quit_closes, show(reply.bytes()) + " after 221", ""});
    return client.give_up();
  }
  if (client.owed.empty()) return take_unasked(reply);
  take_answer(reply);
}

void Referee::Impl::take_unasked(const Reply& reply) {
  if (client.doubtful()) return client.give_up();
  if (reply.code == 421) return server.shuts_down();  // at any time (RFC 5321 section 3.8)
  const Rule broken = client.in_data() ? Rule::reply_in_data : Rule::one_reply;
  const std::string_view when = client.in_data() ? " before the end of data" : " with nothing to answer";
  Violation extra = violation({broken, show(reply.bytes()) + std::string(when), ""});
  if (reply.klass() >= 4) {
    held = std::move(extra);
  } else {
    report(std::move(extra));
  }
  server.certain = false;
  if (client.in_data()) client.give_up();
}

void Referee::Impl::take_answer(const Reply& reply) {
  const Owed what = client.owed.front();
  if (is_per_recipient(what) && replies_left == 0) {
    // One reply each for the accepted recipients, if their number is known. For none it would be no reply, or one.
    if (!server.certain || server.recipients == 0) return client.give_up();
    replies_left = server.recipients;
  }
  if (!shifted) judge(what, reply);
  if (replies_left > 0 && --replies_left > 0 && reply.code != 421) return;
  replies_left = 0;
  client.owed.pop_front();
  last_word = reply.klass() == 5 && !client.owed.empty();
  shifted = shifted && !client.owed.empty();
  follow(what, reply);
}

void Referee::Impl::judge(const Owed& what, const Reply& reply) {
  if (what.input == Input::connect) report(judge_greeting(reply));
  if (what.verb == Verb::auth && reply.code == 334) report(judge_challenge(reply));
  if (what.verb == Verb::helo && reply.code == 250) report(judge_helo(reply));
  if (what.verb == Verb::data && reply.code == 354) report(judge_go_ahead(reply));
  if (!what.complete && reply.code != 421) {
    report({Rule::reply_after_chunk, show(reply.bytes()) + " to " + show(what.shown), ""});
  }
  if (!is_hello(what.verb) && server.offers("ENHANCEDSTATUSCODES")) report(judge_enhanced_codes(reply));
  const std::vector<Finding> codes = judge_code(server, what, reply);
  report(codes);
  shifted = std::any_of(codes.begin(), codes.end(), [](const Finding& finding) { return rule(finding.rule).must; });
}

void Referee::Impl::follow(const Owed& what, const Reply& reply) {
  const Follows next = server.follow(what, reply);
  if (is_hello(what.verb) && reply.klass() == 2) {
    if (what.verb != Verb::helo && reply.code == 250 && !shifted) report(judge_ehlo(reply, server.ehlo, server.tls));
    client.offered(server.offers("CHUNKING"), server.offers("SMTPUTF8"));
  }
  switch (next) {
    case Follows::commands: return;
    case Follows::data: return client.expect_data();
    case Follows::auth_response: return client.expect_auth_response();
    case Follows::tls_handshake: return client.expect_tls();
    case Follows::unknown: return client.give_up();
  }
}

void Referee::Impl::close() {
  parser.finish();
  bool cut_short = false;
  while (const auto reply = parser.next()) {
    report(judge_grammar(*reply, client.asked_for_utf8()));
    cut_short = true;
  }
  // A connection that is refused at once, or fails in the handshake, is no session yet; a refusal that nothing asked
  // for has said why the connection ends.
  const bool session = server.greeted && server.state != State::connected && !client.awaits_tls();
  const bool excused = server.said_goodbye || held || cut_short || last_word;
  held.reset();
  const auto due = std::find_if(client.owed.begin(), client.owed.end(), [](const Owed& what) { return what.complete; });
  if (session && !excused && due != client.owed.end()) {
    report({Rule::silent_close, "closed without a reply to " + show(due->shown), ""});
  }
}

Violation Referee::Impl::violation(const Finding& finding) const {
  const RefereeRule& broken = rule(finding.rule);
  const std::string expected = finding.expected.empty() ? std::string(broken.says) : finding.expected;
  return {std::string(broken.requirement), std::string(broken.section), broken.must, expected, finding.actual, event};
}

/// Each rule once a conversation: what follows the first time is often but its consequence.
void Referee::Impl::report(Violation broken) {
  const bool known = std::any_of(violations.begin(), violations.end(),
                                 [&](const Violation& seen) { return seen.requirement == broken.requirement; });
  if (!known) violations.push_back(std::move(broken));
}

void Referee::Impl::report(const std::vector<Finding>& findings) {
  for (const Finding& finding : findings) report(finding);
}

Referee::Referee(bool lmtp) : impl_(std::make_unique<Impl>(lmtp)) {}
Referee::~Referee() = default;
Referee::Referee(Referee&&) noexcept = default;
Referee& Referee::operator=(Referee&&) noexcept = default;

void Referee::sent(std::string_view octets) {
  impl_->client.sent(octets);
  impl_->last_word = false;
  ++impl_->event;
}

void Referee::received(std::string_view octets) {
  impl_->parser.feed(octets, [&](const Reply& reply) { impl_->take(reply); });
  ++impl_->event;
}

void Referee::tls_started() {
  impl_->parser = {};
  impl_->client.tls_started();
  impl_->server.tls_started();
  ++impl_->event;
}

void Referee::ambiguous() {
  impl_->client.give_up();
  impl_->held.reset();
  ++impl_->event;
}

void Referee::closed() {
  impl_->close();
  ++impl_->event;
}

std::size_t Referee::owed() const {
  const Impl& impl = *impl_;
  if (impl.server.quit) return 0;  // what was sent behind QUIT gets no reply
  std::size_t count = 0;
  for (const Owed& what : impl.client.owed) {
    if (!what.complete) continue;
    const bool at_front = &what == &impl.client.owed.front();
    const std::size_t left = at_front ? impl.replies_left : 0;
    count += !impl.is_per_recipient(what) ? 1 : left > 0 ? left : std::max<std::size_t>(impl.server.recipients, 1);
  }
  return count;
}

const std::vector<Violation>& Referee::violations() const { return impl_->violations; }

}  // namespace smtpspec::smtp
