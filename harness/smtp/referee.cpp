#include "harness/smtp/referee.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "harness/smtp/command_stream.hpp"
#include "harness/smtp/reply_rules.hpp"
#include "harness/smtp/server_state.hpp"

namespace smtpspec::smtp {
namespace {

constexpr std::size_t many_refusals = 3;

void asked_for(Demand& demand, const PendingReply& what) {
  if (what.verb == Verb::mail) ++demand.mails;
  if (what.verb == Verb::rcpt) ++demand.recipients;
}

}  // namespace

struct Referee::Impl {
  explicit Impl(bool lmtp) { server.lmtp = lmtp; }

  void take(const Reply& reply);
  void take_octets(const Reply& reply);
  void take_unasked(const Reply& reply);
  void take_answer(const Reply& reply);
  void judge(const PendingReply& what, const Reply& reply);
  void follow(const PendingReply& what, const Reply& reply);
  void count(const PendingReply& what, const Reply& reply);
  void close(bool by_close_notify);
  [[nodiscard]] bool is_per_recipient(const PendingReply& what) const {
    return server.lmtp && (what.input == Input::end_of_data || what.last_chunk);
  }

  Rulings rulings;
  std::function<void(const Answer&)> told;
  bool untold = false;  ///< of an answer it was not known to what
  ReplyParser parser;
  CommandStream client;
  ServerState server;
  std::size_t replies = 0;
  std::size_t replies_left = 0;                   ///< LMTP: of the end of data at the front
  std::map<std::size_t, std::size_t> more_after;  ///< LMTP: by the reply's number, where more were left
  /// A code did not fit its command while more was owed, or a reply was waited for in vain: one may be missing, and
  /// everything shifted by one. No further reply is judged by its command until all is answered.
  bool shifted = false;
  /// A refusal that nothing asked for. It is an extra reply, unless the connection is closed with it.
  std::optional<Violation> held;
  /// The last octets of the conversation are a refusal with more owed after it: it may be the server's last word, as
  /// where the client sent commands out of turn (RFC 2920 section 3.1).
  bool last_word = false;
  bool closed = false;
  std::size_t refusals = 0;  ///< 5yz replies
  bool refused_last = false;
  Demand answered;
  std::string not_known;  ///< the last reply, where it says that the command is not known: 500 or 502
};

/// The grammar of a reply depends on its command in two points only; where that is not known, both are let pass.
void Referee::Impl::take_octets(const Reply& reply) {
  const bool known = !client.given_up() && !shifted;
  const PendingReply* const what = known && !client.owed.empty() ? &client.owed.front() : nullptr;
  const bool greets = what != nullptr ? what->verb == Verb::ehlo || what->verb == Verb::lhlo : !known;
  judge_grammar(rulings, reply, {what != nullptr ? what->utf8 : client.asked_for_utf8(), greets});
}

void Referee::Impl::take(const Reply& reply) {
  ++replies;
  take_octets(reply);
  if (held) {
    rulings.broken(std::move(*held));
    held.reset();
  }
  if (client.given_up()) return;
  // Without a code from 2 to 5 it may be one reply, half of one, or none. In clear text where the handshake is due, it
  // is not known what it answers.
  if (reply.klass() < 2 || reply.klass() > 5 || client.awaits_tls()) return client.give_up();
  if (server.quit) {
    rulings.check(Rule::quit_closes, false, [&] { return show(reply.bytes()) + " after 221"; });
    return client.give_up();
  }
  if (client.owed.empty()) return take_unasked(reply);
  take_answer(reply);
}

void Referee::Impl::take_unasked(const Reply& reply) {
  if (client.doubtful()) return client.give_up();
  if (reply.code == 421) return server.shuts_down();  // at any time (RFC 5321 section 3.8)
  const Rule rule = client.in_data() ? Rule::reply_in_data : Rule::one_reply;
  const auto actual = [&] {
    return show(reply.bytes()) + (client.in_data() ? " before the end of data" : " with nothing to answer");
  };
  if (reply.klass() >= 4) {
    held = Violation{rule, std::string(row_of(rule).asks), actual(), rulings.event};
  } else {
    rulings.check(rule, false, actual);
  }
  server.certain = false;
  if (client.in_data()) client.give_up();
}

void Referee::Impl::take_answer(const Reply& reply) {
  const PendingReply what = client.owed.front();
  if (is_per_recipient(what) && replies_left == 0) {
    // One reply each for the accepted recipients, if their number is known. For none it would be no reply, or one.
    if (!server.certain || server.recipients == 0) return client.give_up();
    replies_left = server.recipients;
  }
  untold = untold || shifted;
  if (told && !shifted)
    told({server.state, what.last_chunk ? Input::end_of_data : what.input, what.verb, reply, what.shown, what.message,
          what.cut});
  if (!shifted) judge(what, reply);
  if (replies_left > 0 && --replies_left > 0 && reply.code != 421) {
    more_after[replies - 1] = replies_left;
    return;
  }
  replies_left = 0;
  client.owed.pop_front();
  count(what, reply);
  if (reply.klass() >= 4) client.refused(what);
  last_word = reply.klass() >= 4 && !client.owed.empty();
  refused_last = reply.klass() == 5;
  refusals += refused_last ? 1 : 0;
  not_known = reply.code == 500 || reply.code == 502 ? reply.bytes() : std::string();
  shifted = shifted && !client.owed.empty();
  follow(what, reply);
}

/// `reply`: the last to it.
void Referee::Impl::count(const PendingReply& what, const Reply& reply) {
  asked_for(answered, what);
  const bool ends = what.input == Input::end_of_data || what.last_chunk;
  if (ends && reply.klass() == 2) ++answered.messages;
}

void Referee::Impl::judge(const PendingReply& what, const Reply& reply) {
  rulings.kept(Rule::one_reply);
  if (what.input == Input::end_of_data) rulings.kept(Rule::reply_in_data);
  if (what.input == Input::connect) judge_greeting(rulings, reply);
  if (what.verb == Verb::auth && reply.code == 334) judge_challenge(rulings, reply);
  if (what.verb == Verb::helo && reply.code == 250) judge_helo(rulings, reply);
  if (what.verb == Verb::data && reply.code == 354) judge_codeless(rulings, reply);
  if (what.verb == Verb::bdat && reply.code != 421) judge_chunk(rulings, what, reply);
  if (!is_hello(what.verb) && server.offers("ENHANCEDSTATUSCODES")) judge_enhanced_codes(rulings, reply);
  shifted = !judge_code(rulings, server, what, reply);
}

void Referee::Impl::follow(const PendingReply& what, const Reply& reply) {
  const Follows next = server.follow(what, reply);
  // Who answers a chunk before its end may take what is left of it for commands.
  if (what.verb == Verb::bdat && !what.complete) return client.give_up();
  if (is_hello(what.verb) && reply.klass() == 2) {
    if (what.verb != Verb::helo && reply.code == 250 && !shifted) judge_ehlo(rulings, reply, server.ehlo, server.tls);
    client.offered({server.offers("CHUNKING"), server.offers("SMTPUTF8"), server.offers("AUTH")});
  }
  switch (next) {
    case Follows::commands: return;
    case Follows::data: return client.expect_data();
    case Follows::auth_response: return client.expect_auth_response();
    case Follows::tls_handshake: return client.expect_tls();
    case Follows::unknown: return client.give_up();
  }
}

void Referee::Impl::close(bool by_close_notify) {
  if (std::exchange(closed, true)) return;
  parser.finish();
  bool cut_short = false;
  while (const auto reply = parser.next()) {
    take_octets(*reply);
    cut_short = true;
  }
  // A connection that is refused at once, or fails in the handshake, is no session yet; a refusal that nothing asked
  // for has said why the connection ends. Nor need a server bear any number of errors (RFC 5321 section 7.8).
  const bool session = server.greeted && server.state != State::connected && !client.awaits_tls();
  const bool had_enough = refusals >= many_refusals && refused_last;
  const bool excused = held || cut_short || last_word || had_enough;
  held.reset();
  if (!session || excused || client.given_up()) return;
  if (server.quit) rulings.kept(Rule::quit_closes);
  // Who just falls over is not accused of that as well.
  if (server.tls && server.said_goodbye)
    rulings.check(Rule::close_notify, by_close_notify, [] { return std::string("closed without close_notify"); });
  const auto due =
      std::find_if(client.owed.begin(), client.owed.end(), [](const PendingReply& what) { return what.complete; });
  const bool owes = due != client.owed.end();
  rulings.check(Rule::silent_close, server.said_goodbye || (!owes && not_known.empty()), [&] {
    return owes ? "closed without a reply to " + show(due->shown) : "closed after " + show(not_known);
  });
}

Referee::Referee(bool lmtp) : impl_(std::make_unique<Impl>(lmtp)) {}
Referee::~Referee() = default;
Referee::Referee(Referee&&) noexcept = default;
Referee& Referee::operator=(Referee&&) noexcept = default;

void Referee::sent(std::string_view octets) {
  impl_->client.sent(octets);
  impl_->last_word = false;
  ++impl_->rulings.event;
}

void Referee::received(std::string_view octets) {
  impl_->parser.feed(octets, [&](const Reply& reply) { impl_->take(reply); });
  ++impl_->rulings.event;
}

void Referee::tls_started() {
  impl_->parser = {};
  impl_->client.tls_started();
  impl_->server.tls_started();
  ++impl_->rulings.event;
}

void Referee::ambiguous() {
  impl_->client.give_up();
  impl_->held.reset();
  ++impl_->rulings.event;
}

void Referee::perhaps_sent() {
  impl_->client.perhaps_sent();
  ++impl_->rulings.event;
}

void Referee::overdue() {
  const auto& owed = impl_->client.owed;
  const bool due = std::any_of(owed.begin(), owed.end(), [](const PendingReply& what) { return what.complete; });
  impl_->shifted = impl_->shifted || due;  // to half a chunk there is no reply yet
}

void Referee::closed() {
  impl_->close(false);
  ++impl_->rulings.event;
}

void Referee::tls_ended() {
  impl_->close(true);
  ++impl_->rulings.event;
}

void Referee::tell(std::function<void(const Answer&)> answered) {
  impl_->told = std::move(answered);
  impl_->client.keep_messages();
}

std::size_t Referee::owed() const {
  const Impl& impl = *impl_;
  if (impl.server.quit) return 0;  // what was sent after QUIT gets no reply
  std::size_t count = 0;
  for (const PendingReply& what : impl.client.owed) {
    if (!what.complete) continue;
    const bool at_front = &what == &impl.client.owed.front();
    const std::size_t left = at_front ? impl.replies_left : 0;
    count += !impl.is_per_recipient(what) ? 1 : left > 0 ? left : std::max<std::size_t>(impl.server.recipients, 1);
  }
  return count;
}

bool Referee::all_told() const { return !impl_->untold; }

bool Referee::order_is_known() const { return !impl_->client.given_up() && !impl_->client.doubtful(); }

bool Referee::at_command() const { return impl_->client.at_command(); }

bool Referee::awaits_tls() const { return impl_->client.awaits_tls(); }

std::size_t Referee::more_after(std::size_t reply) const {
  const auto found = impl_->more_after.find(reply);
  return found == impl_->more_after.end() ? 0 : found->second;
}

Demand Referee::demand() const {
  Demand demand = impl_->answered;
  for (const PendingReply& what : impl_->client.owed) asked_for(demand, what);
  return demand;
}

bool Referee::may_stay_unanswered() const {
  const auto& owed = impl_->client.owed;
  return !owed.empty() && owed.front().last_chunk && impl_->server.lmtp && impl_->server.recipients == 0;
}

const std::vector<Violation>& Referee::violations() const { return impl_->rulings.violations(); }

const Counts& Referee::counts() const { return impl_->rulings.counts(); }

}  // namespace smtpspec::smtp
