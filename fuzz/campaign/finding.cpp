#include "fuzz/campaign/finding.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include "fuzz/campaign/campaign_folder.hpp"
#include "fuzz/session/session_input.hpp"
#include "harness/scenario/writer.hpp"

namespace smtpspec::fuzz {

namespace {

constexpr int replays = 3;
/// No answer within the time of a campaign may still be one that is slow.
constexpr std::chrono::milliseconds patience_of_replays{10000};

class Shortener {
 public:
  Shortener(LivePlayer& player, std::string cause, std::chrono::steady_clock::time_point until)
      : player_(player), cause_(std::move(cause)), until_(until) {}

  std::optional<Breach> breaks(std::string_view input, const Waits& waits = {}) {
    played_ = player_.play(decode(input), waits);
    for (Breach& one : breaches_in(played_))
      if (file_name(one.cause) == cause_) return std::move(one);
    return std::nullopt;
  }
  [[nodiscard]] record::Transcript& transcript() { return played_.transcript; }

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
  std::string cause_;
  std::chrono::steady_clock::time_point until_;
  judge::Played played_;
};

}  // namespace

Finding make_finding(LivePlayer& player, const std::string& cause, std::string_view input,
                     std::chrono::steady_clock::time_point until) {
  Finding finding;
  finding.breach.cause = cause;
  finding.input = input;
  Shortener shortener(player, cause, until);
  if (shortener.breaks(input)) finding.input = shortener.shorten(std::string(input));
  for (int i = 0; i < replays; ++i) {
    Waits patient;
    patient.reply = patience_of_replays;
    patient.quiet = std::chrono::milliseconds(100);
    patient.close = record::Patience().close;
    auto breach = shortener.breaks(finding.input, patient);
    if (!breach) continue;
    finding.breach = std::move(*breach);
    finding.transcript = std::move(shortener.transcript());
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
  std::string file;
  for (const scenario::Scenario& one : suite.scenarios)
    if (one.rule == finding.breach.rule) {
      session.requirements = one.requirements;
      file = scenario::to_toml(one) + "\n";
    }
  if (session.requirements.empty()) session.requirements = {"rfc5321/4.2/one-reply-to-each-command"};
  return file + scenario::to_toml(session);
}

}  // namespace smtpspec::fuzz
