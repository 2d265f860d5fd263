#include "fuzz/campaign/finding.hpp"

#include <algorithm>
#include <optional>
#include <thread>
#include <vector>

#include "fuzz/campaign/seeds.hpp"
#include "fuzz/oracles/requirements.hpp"
#include "fuzz/session/session_input.hpp"
#include "harness/record/trace.hpp"
#include "harness/scenario/writer.hpp"

namespace smtpspec::fuzz {

namespace {

constexpr int replays = 3;

class Shortener {
 public:
  Shortener(LivePlayer& player, const ArrivedMail* arrived, std::string cause,
            std::chrono::steady_clock::time_point until)
      : player_(player), arrived_(arrived), cause_(std::move(cause)), until_(until) {}

  std::optional<Breach> breaks(std::string_view input, const Waits& waits = {}) {
    played_ = player_.play(decode(input), waits);
    for (Breach& one : cause_.starts_with("mail-") ? breaches_of_its_mail() : breaches_in(played_))
      if (file_name(one.cause) == cause_) return std::move(one);
    return std::nullopt;
  }
  [[nodiscard]] AcceptedMail accepted() const {
    return accepted_in(played_.transcript, player_.opponent().target.mail.accepts);
  }

  /// Fewest lines, then fewest octets: parts are left out, halves first, until nothing more can be.
  std::string shorten(std::string input) {
    input = shorten_by(std::move(input), [](const std::string& all) { return ends_of_lines(all); });
    return shorten_by(std::move(input), [](const std::string& all) {
      std::vector<std::size_t> every(all.size() + 1);
      for (std::size_t i = 0; i < every.size(); ++i) every[i] = i;
      return every;
    });
  }

 private:
  std::vector<Breach> breaches_of_its_mail() {
    if (arrived_ == nullptr) return {};
    const Opponent& opponent = player_.opponent();
    const AcceptedMail accepted = accepted_in(played_.transcript, opponent.target.mail.accepts);
    const std::string token = player_.token();
    const auto with = [&](bool all_came) {
      return breaches_of_mail(accepted, arrived_->with(token), all_came, bodies_as_sent(opponent));
    };
    const auto due = std::chrono::steady_clock::now() + time_of_mail(opponent);
    for (; std::chrono::steady_clock::now() < due; std::this_thread::sleep_for(std::chrono::milliseconds(20)))
      if (auto breaches = with(false); !breaches.empty() || (cause_ == file_name(mail_lost) && with(true).empty()))
        return breaches;
    return with(later_mail_came());
  }

  /// What is missing may be in a queue still, until something comes that was sent after it.
  bool later_mail_came() {
    constexpr std::chrono::seconds most{30};
    (void)player_.play(decode(plain_message()), patient());
    const std::string token = player_.token();
    const auto end = std::chrono::steady_clock::now() + most;
    for (; std::chrono::steady_clock::now() < end; std::this_thread::sleep_for(std::chrono::milliseconds(20)))
      if (!arrived_->with(token).empty()) return true;
    return false;
  }

  static std::vector<std::size_t> ends_of_lines(const std::string& all) {
    std::vector<std::size_t> ends = {0};
    for (std::size_t i = 0; i < all.size(); ++i)
      if (all[i] == '\n' || i + 1 == all.size()) ends.push_back(i + 1);
    return ends;
  }

  template <class Cuts>
  std::string shorten_by(std::string input, const Cuts& cuts_of) {
    for (std::size_t parts = std::max<std::size_t>(cuts_of(input).size() / 2, 1); parts > 0; parts /= 2) {
      for (std::size_t first = 0;;) {
        const std::vector<std::size_t> cuts = cuts_of(input);
        if (first + 1 >= cuts.size()) break;
        const std::size_t last = std::min(first + parts, cuts.size() - 1);
        std::string less = input;
        less.erase(cuts[first], cuts[last] - cuts[first]);
        if (std::chrono::steady_clock::now() > until_) return input;
        if (breaks(less))
          input = std::move(less);
        else
          first = last;
      }
    }
    return input;
  }

  LivePlayer& player_;
  const ArrivedMail* arrived_;
  std::string cause_;
  std::chrono::steady_clock::time_point until_;
  judge::Played played_;
};

/// One message for each that was accepted, and with the body of it where there is but one.
scenario::Delivered delivered_as(const AcceptedMail& accepted) {
  scenario::Delivered delivered;
  delivered.count = accepted.messages.size();
  if (accepted.messages.size() == 1)
    delivered.body = {scenario::literal(record::part(accepted.messages.front().content).body)};
  if (accepted.messages.empty()) delivered.at_most = 0;
  return delivered;
}

}  // namespace

Finding make_finding(LivePlayer& player, const ArrivedMail* arrived, const CampaignFolder::Broken& broken,
                     std::chrono::steady_clock::time_point until) {
  Finding finding;
  finding.breach.cause = broken.cause;
  finding.input = broken.input;
  Shortener shortener(player, arrived, broken.cause, until);
  if (shortener.breaks(broken.input, patient())) finding.input = shortener.shorten(broken.input);
  for (int i = 0; i < replays; ++i) {
    auto breach = shortener.breaks(finding.input, patient());
    if (!breach) continue;
    finding.breach = std::move(*breach);
    finding.accepted = shortener.accepted();
    ++finding.again;
  }
  return finding;
}

std::string to_scenario_file(const Finding& finding, const scenario::Suite& suite) {
  const std::string id = file_name(finding.breach.cause);
  scenario::Scenario session = decode(finding.input);
  session.id = session.family = "fuzz-" + id;
  session.title = "A session of a campaign: " + finding.breach.cause;
  session.rationale = "Expected: " + finding.breach.expected + ". Seen: " + finding.breach.actual + ".";
  const scenario::Scenario* row = row_of(finding.breach, suite);
  const std::string file = row == nullptr ? "" : scenario::to_toml(*row) + "\n";
  session.requirements = requirements_of(finding.breach, suite);
  if (finding.breach.cause.starts_with("mail")) session.delivered = delivered_as(finding.accepted);
  return file + scenario::to_toml(session);
}

}  // namespace smtpspec::fuzz
