#include "harness/judge/ladder.hpp"

#include <utility>

namespace smtpspec::judge {

using record::Terms;
using scenario::Alternative;
using scenario::Expectation;
using scenario::Ladder;
using scenario::Step;

namespace {

Step awaiting(std::string code, scenario::Action action = scenario::Await{}) {
  Alternative alternative;
  alternative.code = std::move(code);
  Step step;
  step.action = std::move(action);
  step.replies.emplace_back();
  step.replies.back().alternatives.push_back(std::move(alternative));
  return step;
}

/// `line` is a text of ours: it always parses.
Step line(std::string_view line, std::string code) {
  scenario::Send send;
  send.octets = *scenario::parse_text(line);
  send.framing = scenario::Send::Framing::line;
  return awaiting(std::move(code), std::move(send));
}

Step hello(const Terms& terms) {
  return line(!terms.lmtp && terms.lacks("ehlo") != nullptr ? "HELO {client}" : "{hello} {client}", "250");
}

}  // namespace

std::vector<Step> setup_steps(Ladder to, const Terms& terms, bool under_tls) {
  std::vector<Step> steps;
  if (to == Ladder::connected) return steps;
  steps.push_back(awaiting("220"));
  steps.push_back(hello(terms));

  const bool login = to == Ladder::authenticated || (to >= Ladder::ready && terms.login);
  const bool at_login = login || to == Ladder::before_login;
  const bool tls_first = to >= Ladder::ready && terms.tls_first;
  if (!under_tls && (to == Ladder::tls || (at_login && terms.starttls) || tls_first)) {
    steps.push_back(line("STARTTLS", "220"));
    steps.emplace_back().action = scenario::Handshake{};
    steps.push_back(hello(terms));
  }
  if (login) steps.push_back(awaiting("235", scenario::Login{}));
  if (to >= Ladder::mail) steps.push_back(line("MAIL FROM:<{sender}>", "250"));
  if (to >= Ladder::rcpt) steps.push_back(line("RCPT TO:<{accepted}>", "25z"));
  if (to == Ladder::data) steps.push_back(line("DATA", "354"));
  return steps;
}

std::vector<Step> fence_steps(const Terms& terms) {
  const bool noop = terms.lacks("noop") == nullptr;
  return {line(noop || terms.lacks("rset") != nullptr ? "NOOP" : "RSET", "xyz"), line("QUIT", "xyz")};
}

}  // namespace smtpspec::judge
