#include "harness/engine/ladder.hpp"

#include <utility>

#include "harness/engine/values.hpp"

namespace smtpspec::engine {

using scenario::Alternative;
using scenario::Expectation;
using scenario::Ladder;
using scenario::Step;
using scenario::Target;

namespace {

Expectation reply(std::string code) {
  Alternative alternative;
  alternative.code = std::move(code);
  Expectation expectation;
  expectation.alternatives.push_back(std::move(alternative));
  return expectation;
}

/// `line` is a text of ours: it always parses.
Step say(std::string_view line, std::string code) {
  Step step;
  step.action = Step::Action::send;
  step.line = true;
  step.octets = *scenario::parse_text(line);
  step.replies.push_back(reply(std::move(code)));
  return step;
}

Step hello(const Target& target) {
  return say(target.scheme == scenario::Scheme::lmtp ? "LHLO {client}" : "EHLO {client}", "250");
}

Step login() {
  Step step;
  step.action = Step::Action::login;
  step.replies.push_back(reply("235"));
  return step;
}

}  // namespace

std::vector<Step> rungs(Ladder to, const Target& target, bool under_tls, bool starttls) {
  std::vector<Step> steps;
  if (to == Ladder::connected) return steps;
  Step greeting;
  greeting.replies.push_back(reply("220"));
  steps.push_back(std::move(greeting));
  steps.push_back(hello(target));

  const bool transaction = to == Ladder::mail || to == Ladder::rcpt || to == Ladder::data;
  const bool authenticate = to == Ladder::authenticated || (transaction && target.profile == "submission");
  if (!under_tls && (to == Ladder::tls || (authenticate && starttls))) {
    steps.push_back(say("STARTTLS", "220"));
    Step handshake;
    handshake.action = Step::Action::handshake;
    steps.push_back(std::move(handshake));
    steps.push_back(hello(target));
  }
  if (authenticate) steps.push_back(login());
  if (transaction) steps.push_back(say("MAIL FROM:<{sender}>", "250"));
  if (to == Ladder::rcpt || to == Ladder::data) steps.push_back(say("RCPT TO:<{accepted}>", "25z"));
  if (to == Ladder::data) steps.push_back(say("DATA", "354"));
  return steps;
}

std::vector<Step> fence() { return {say("NOOP", "xyz"), say("QUIT", "xyz")}; }

}  // namespace smtpspec::engine
