#include <utility>

#include "harness/judge/machine.hpp"
#include "harness/judge/match.hpp"
#include "harness/sasl/sasl.hpp"
#include "harness/smtp/base64.hpp"

namespace smtpspec::judge {
namespace {

std::string text_or(const std::optional<scenario::Text>& text, Values& values, std::string_view name) {
  if (text)
    if (auto octets = scenario::expand(*text, values.lookup())) return *octets;
  return values.find(name).value_or("");
}

}  // namespace

/// AUTH through the SASL library (RFC 4954 section 4): answers each 334 until another reply comes, which is left for
/// the step's own expectation. A mechanism that the library lacks is cancelled by "*", and so is one that asks for more
/// than we are ready for: its server has a right to that, so that nothing is decided.
Routine<Machine::Next> Machine::login(const scenario::Login& login, Session& session) {
  constexpr int max_challenges = 8;  // no mechanism of ours needs more
  const scenario::Send whole;
  const std::string mechanism = login.mechanism.empty() ? "PLAIN" : login.mechanism;
  const auto sasl = sasl::Sasl::client(mechanism, text_or(login.user, values_, "user"),
                                       text_or(login.password, values_, "password"), host_);
  const auto secret = [this](const std::string& octets) {
    std::string text = smtp::base64_encode(octets);
    if (!text.empty()) secrets_.push_back(text);
    return text;
  };
  std::string line = "AUTH " + mechanism;
  // The client speaks first in PLAIN and SCRAM (RFC 4616, 5802), the server in LOGIN and CRAM-MD5.
  const bool client_first = mechanism != "LOGIN" && mechanism != "CRAM-MD5";
  if (sasl && client_first && login.initial_response) {
    const std::string response = secret(sasl->step("").octets);
    line += " " + (response.empty() ? "=" : response);
  }
  std::optional<std::string> too_much;
  for (int challenges = 0;; ++challenges) {
    line += "\r\n";
    co_await stage_.write(session, line, whole);
    if (too_much) co_return blocked(Cause::interference, *too_much);
    if (challenges == max_challenges) co_return Next::go_on;
    Observed observed = co_await stage_.observe(session, any_reply(), std::nullopt);
    if (observed.what == Observed::What::nothing) session.replies.time_is_over();  // for the step's expectation too
    if (observed.what != Observed::What::reply) co_return Next::go_on;
    if (observed.reply.code != 334) {
      session.replies.give_back(std::move(observed.reply));
      co_return Next::go_on;
    }
    const auto octets = smtp::base64_decode(observed.reply.lines.back().text());
    const auto stepped = sasl && octets ? sasl->step(*octets) : sasl::Sasl::Stepped();
    if (stepped.too_much) too_much = stepped.problem;
    line = stepped.status == sasl::Sasl::Status::failed ? "*" : secret(stepped.octets);
  }
}

}  // namespace smtpspec::judge
