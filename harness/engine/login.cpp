#include "harness/engine/login.hpp"

#include "harness/wire/sasl.hpp"

namespace smtpspec::engine {

namespace {

std::string text_or(const std::optional<scenario::Text>& text, Values& values, std::string_view name) {
  if (text)
    if (auto octets = scenario::expand(*text, values.lookup())) return *octets;
  return values.find(name).value_or("");
}

}  // namespace

const scenario::Expectation& challenge() {
  static const scenario::Expectation expectation = [] {
    scenario::Alternative more;
    more.code = "334";
    scenario::Expectation made;
    made.alternatives.push_back(more);
    return made;
  }();
  return expectation;
}

asio::awaitable<void> login(const scenario::Step& step, Conversation& conversation, Values& values,
                            const scenario::Target& target) {
  const std::string mechanism = step.login.mechanism.empty() ? "PLAIN" : step.login.mechanism;
  const auto sasl = wire::Sasl::client(mechanism, text_or(step.login.user, values, "user"),
                                       text_or(step.login.password, values, "password"), target.host);
  std::string line = "AUTH " + mechanism;
  std::vector<std::string> secrets;
  // The client speaks first in PLAIN and SCRAM (RFC 4616, 5802), the server in LOGIN and CRAM-MD5.
  const bool client_first = mechanism != "LOGIN" && mechanism != "CRAM-MD5";
  if (sasl && client_first && step.login.initial_response) {
    const auto first = sasl->step("");
    secrets.push_back(wire::base64_encode(first.octets));
    line += " " + (first.octets.empty() ? "=" : secrets.back());
  }
  bool sent = co_await conversation.send_line(line, secrets);
  for (int round = 0; sent && round < max_challenges; ++round) {
    const Observed observed = co_await conversation.observe(challenge(), std::nullopt);
    if (observed.what != Observed::What::reply || observed.reply.code != 334) {
      conversation.observer().give_back(observed);
      co_return;
    }
    std::string answer = "*";
    secrets.clear();
    if (const auto octets = wire::base64_decode(observed.reply.lines.back().text); sasl && octets) {
      const auto stepped = sasl->step(*octets);
      if (stepped.status != wire::Sasl::Status::failed) {
        answer = wire::base64_encode(stepped.octets);
        secrets.push_back(answer);
      }
    }
    sent = co_await conversation.send_line(answer, secrets);
  }
}

}  // namespace smtpspec::engine
