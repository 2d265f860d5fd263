#include "harness/smtp/server_state.hpp"

namespace smtpspec::smtp {
namespace {

bool ends_data(const PendingReply& what) { return what.input == Input::end_of_data || what.last_chunk; }

}  // namespace

bool is_hello(Verb verb) { return verb == Verb::ehlo || verb == Verb::helo || verb == Verb::lhlo; }

const Transition& row_of(State state, const PendingReply& what) {
  return transition(state, what.last_chunk ? Input::end_of_data : what.input, what.verb);
}

Follows ServerState::follow(const PendingReply& what, const Reply& reply) {
  if (what.input == Input::connect) greeted = true;
  said_goodbye = reply.code == 221 || reply.code == 421;
  if (reply.code == 421) {
    shuts_down();
    return Follows::commands;
  }
  if (reply.has(ReplyDefect::code_changes)) certain = false;
  switch (reply.klass()) {
    case 2: return follow_success(what, reply);
    case 3: return follow_intermediate(what, reply.code);
    default: follow_refusal(what, reply.code); return Follows::commands;
  }
}

void ServerState::shuts_down() {
  said_goodbye = true;
  certain = false;
}

void ServerState::tls_started() {
  ehlo = {};
  tls = true;
  authenticated = false;
  recipients = 0;
  if (!greeted) return;
  state = State::greeted;
  certain = true;
}

Follows ServerState::follow_success(const PendingReply& what, const Reply& reply) {
  if (what.verb == Verb::auth) {
    if (reply.code == 235) authenticated = true;
    if (state == State::auth) state = state_before_auth;
  } else if (what.verb == Verb::quit) {
    quit = reply.code == 221;
  } else if (what.verb == Verb::starttls) {
    // The state is left to the handshake.
    if (reply.code == 220) return Follows::tls_handshake;
  } else if (what.input == Input::command && what.verb == Verb::unknown && reply.code == 220) {
    return Follows::unknown;  // who takes a word for STARTTLS that is none waits for a handshake
  } else {
    follow_transaction(what);
  }
  if (is_hello(what.verb)) ehlo = what.verb == Verb::helo || reply.code != 250 ? Ehlo{} : parse_ehlo(reply);
  return Follows::commands;
}

/// A 2yz reply to a command (or to the end of data) that moves the mail transaction, or to one that leaves it alone.
void ServerState::follow_transaction(const PendingReply& what) {
  const Transition& row = row_of(state, what);
  // The command of an extension may do anything to the state, and a reply out of order may stand for anything.
  if (row.codes.empty()) certain = false;
  state = row.success.value_or(state);
  const bool resets = is_hello(what.verb) || what.verb == Verb::rset;
  if (resets && state != State::greeted && state != State::connected) state = State::ready;
  if (resets || ends_data(what)) recipients = 0;
  if (what.verb == Verb::rcpt) ++recipients;
  if (what.verb == Verb::mail) {
    state = State::mail;  // whatever was before, a transaction is open now
    recipients = 0;
  }
  if (resets || what.verb == Verb::mail) certain = true;
}

Follows ServerState::follow_intermediate(const PendingReply& what, int code) {
  if (what.input == Input::command && what.verb == Verb::data && code == 354) {
    state = State::data;
    return Follows::data;
  }
  if (what.verb == Verb::auth && code == 334) {
    if (state != State::auth) state_before_auth = state;
    state = State::auth;
    return Follows::auth_response;
  }
  return Follows::unknown;
}

void ServerState::follow_refusal(const PendingReply& what, int code) {
  if (state == State::auth) state = state_before_auth;
  // 501 and 503 leave the state as it was (RFC 5321 section 4.1.4). Whether another refusal within a transaction ends
  // it is not said; after a failed BDAT, or DATA after BDAT, the state is indeterminate (RFC 3030 section 2). The end
  // of DATA clears the buffers whatever its reply (RFC 5321 section 4.1.1.4).
  const bool in_transaction = state == State::mail || state == State::rcpt || state == State::bdat;
  const bool moves = what.verb == Verb::mail || what.verb == Verb::data;
  if (in_transaction && moves && code != 501 && code != 503) certain = false;
  if (what.verb == Verb::bdat || state == State::bdat) certain = false;
  if (ends_data(what)) {
    state = State::ready;
    recipients = 0;
  }
}

}  // namespace smtpspec::smtp
