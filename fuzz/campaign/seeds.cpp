#include "fuzz/campaign/seeds.hpp"

#include <set>

#include "fuzz/session/session_input.hpp"
#include "harness/record/secrets.hpp"
#include "harness/scenario/text.hpp"

namespace smtpspec::fuzz {

namespace {

/// A scenario that waits by design is too slow to begin from.
bool is_slow(const scenario::Scenario& one) {
  constexpr scenario::Duration long_wait{500};
  for (const scenario::Step& step : one.steps) {
    const auto* pause = std::get_if<scenario::Pause>(&step.action);
    if (pause != nullptr && pause->duration >= long_wait) return true;
  }
  return one.timeout.has_value();
}

}  // namespace

std::vector<std::string> own_words(const Opponent& opponent) {
  constexpr std::size_t most = 64;
  constexpr std::size_t longest = 32;
  std::set<std::string> all;
  // A server may say anything, and inputs are kept as they are.
  const auto& login = opponent.target.auth;
  const record::Redactor redactor(login ? std::vector{login->password} : std::vector<std::string>());
  const auto add = [&](const std::string& word) {
    if (word.size() <= longest && all.size() < most && redactor.without_secrets(word) == word)
      all.insert(scenario::to_source(scenario::literal(word)));
  };
  for (const smtp::Ehlo* const ehlo : {&opponent.facts.plain, &opponent.facts.under_tls})
    for (const smtp::Keyword& keyword : ehlo->keywords) {
      add(keyword.name);
      add(keyword.name + "=1");
      for (const std::string& parameter : keyword.parameters) add(parameter);
    }
  return {all.begin(), all.end()};
}

std::string plain_message_to(const std::string& mailbox) {
  const std::string path = scenario::to_source(scenario::literal(mailbox));
  return "= mail\n> RCPT TO:<" + path + ">\\r\\n\n> DATA\\r\\n\nM {header}text\\r\\n\n";
}

std::string plain_message() { return "= rcpt\n> DATA\\r\\n\nM {header}text\\r\\n\n"; }

std::size_t put_seeds(const CampaignFolder& folder, const scenario::Suite& suite, const Opponent& opponent) {
  std::set<std::string> inputs;
  std::size_t put = folder.add_seed("plain-message", plain_message()) ? 1 : 0;
  for (const std::string& one : watched_mailboxes(opponent))
    put += folder.add_seed("plain-message-to-" + one, plain_message_to(one)) ? 1 : 0;
  for (const scenario::Scenario& one : suite.scenarios) {
    if (one.survey || is_slow(one) || engine::why_not_played(one, opponent.target, opponent.facts)) continue;
    const auto input = encode(one);
    if (!input || input->size() > longest_input || !inputs.insert(*input).second) continue;
    if (!folder.add_seed(one.id, *input)) return 0;
    ++put;
  }
  return put;
}

}  // namespace smtpspec::fuzz
