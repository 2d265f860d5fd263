#include "harness/cli/fuzz_replay.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "fuzz/campaign/delivered_pair.hpp"
#include "fuzz/campaign/mail_roads.hpp"
#include "fuzz/campaign/pairs.hpp"
#include "fuzz/campaign/showing.hpp"
#include "fuzz/oracles/incidents.hpp"
#include "fuzz/session/session_input.hpp"
#include "harness/cli/commands.hpp"
#include "harness/cli/console.hpp"
#include "harness/cli/suite_files.hpp"
#include "harness/delivery/token.hpp"
#include "harness/engine/excerpt.hpp"
#include "harness/record/new_file.hpp"
#include "harness/scenario/loader.hpp"
#include "reports/report.hpp"

namespace smtpspec::cli {

namespace {

/// What is played, and what it was found for.
struct Recorded {
  scenario::Scenario session;
  std::optional<std::string> input;  ///< where an input can say it
  std::string cause;                 ///< as a file name; empty where nothing tells
};

/// The other way round as fuzz::scenario_id().
std::string cause_of(const std::string& id) {
  const std::string head = fuzz::scenario_id("");
  return id.starts_with(head) ? id.substr(head.size()) : "";
}

/// An input of crashes/, which is named after its cause, or a finding's file, whose scenario is; nothing, and said,
/// where it is neither.
std::optional<Recorded> recorded_in(const std::filesystem::path& path) {
  const auto text = read_file(path);
  if (!text) {
    say(path.string() + ": cannot be read");
    return std::nullopt;
  }
  if (path.extension() != ".toml")
    return Recorded{fuzz::decode(*text), *text, fuzz::cause_of_input(path.filename().string())};
  const auto loaded = scenario::load_scenarios(*text, path.string());
  for (const scenario::Scenario& one : loaded.value.scenarios)
    if (loaded.ok() && one.rule.empty()) return Recorded{one, fuzz::encode(one), cause_of(one.id)};
  say(path.string() + ": holds no scenario that can be played");
  return std::nullopt;
}

/// All that it shows: a finding that two plays show is nothing that one of them does.
std::vector<fuzz::Breach> shown_by(const Recorded& recorded, fuzz::Showing& showing) {
  const bool envelopes = recorded.cause == fuzz::file_name(fuzz::mail_to_others);
  if (envelopes) showing.learn_names();
  std::vector<fuzz::Breach> all =
      showing.breaches_of_session(recorded.session, fuzz::most_patient(recorded.cause), true);
  const record::Redactor redactor(showing.played().transcript.secrets);
  engine::conversation(redactor.without_secrets(showing.played().transcript),
                       [](const engine::ExcerptLine& line, std::size_t /*event*/) {
                         tell("  {} {}\n", reports::side_mark(line.side), line.text);
                       });
  const auto add = [&](std::vector<fuzz::Breach> more) {
    for (fuzz::Breach& one : more) all.push_back(std::move(one));
  };
  if (showing.accepted().any_sent) add(showing.breaches_of_its_mail(false, envelopes));
  const bool is_of_pairs = fuzz::Pairs::is_of_pairs(recorded.cause) || fuzz::is_of_delivered(recorded.cause);
  if (is_of_pairs && recorded.input) add(showing.breaches_of(*recorded.input, recorded.cause, fuzz::patient()));
  for (fuzz::Breach& one : all) one = without_secrets(std::move(one), redactor);
  return all;
}

/// Where two plays of it differ, the one that is to come to the same as this one; with what its mail must come to.
scenario::Scenario for_suite(const Recorded& recorded, const fuzz::Showing& showing, const std::string& broken,
                             const fuzz::Opponent& opponent) {
  scenario::Scenario session = recorded.session;
  if (!session.delivered)
    session.delivered = fuzz::delivered_as(broken, showing.accepted(), fuzz::watched_mailboxes(opponent),
                                           record::Redactor(showing.played().transcript.secrets));
  if (!recorded.input) return session;
  return fuzz::held_otherwise(*recorded.input, recorded.cause, showing.played().transcript).value_or(session);
}

/// What it was found for, if that shows; else the first that does.
std::optional<fuzz::Breach> broken_by(const Recorded& recorded, const std::vector<fuzz::Breach>& breaches) {
  const auto is_it = [&](const fuzz::Breach& one) { return fuzz::file_name(one.cause) == recorded.cause; };
  const auto found = std::find_if(breaches.begin(), breaches.end(), is_it);
  if (found != breaches.end()) return *found;
  return breaches.empty() ? std::nullopt : std::optional(breaches.front());
}

/// Into a file of a suite, where that was asked for. What a finding itself expects (of mail) stays in it.
int write_scenario(const std::filesystem::path& path, const scenario::Scenario& session,
                   const std::optional<fuzz::Breach>& broken, const scenario::Suite& suite) {
  if (path.empty()) return exit_complete;
  if (!broken && !session.delivered) {
    say("nothing was broken, so there is no scenario to write");
    return exit_complete;
  }
  if (broken && fuzz::Pairs::are_of_two_servers(broken->cause)) {
    say("that two servers differ breaks no rule, so there is no scenario to write");
    return exit_complete;
  }
  const std::string text = fuzz::to_suite_scenario(session, broken, path.stem().string(), suite);
  record::Refusal refusal;
  const auto folder = record::Folder::open(path.has_parent_path() ? path.parent_path() : ".", refusal);
  const auto problem = folder ? record::put_file(*folder, path.filename().string(), text, record::Lasting::no)
                              : std::optional(refusal.words);
  if (!problem) return exit_complete;
  say(fmt::format("{}: {}", path.string(), *problem));
  return exit_not_written;
}

}  // namespace

void tell_breach(std::string_view word, const fuzz::Breach& breach) {
  tell("{} {}\n  expected  {}\n  actual    {}\n", word, breach.cause, breach.expected, breach.actual);
}

int replay(const Replay& wanted, const ReplayStage& stage, const scenario::Suite& suite) {
  const auto recorded = recorded_in(wanted.input);
  if (!recorded) return exit_usage;
  if (fuzz::Pairs::are_of_two_servers(recorded->cause) && stage.other == nullptr) {
    say(wanted.input.string() + ": two servers showed this; name the other one by --against");
    return exit_usage;
  }
  fuzz::MailRoads mail(stage.opponent, stage.other);
  mail.begin();
  if (stage.sink_ready && mail.port() != 0) stage.sink_ready(mail.port());
  fuzz::LivePlayer player(stage.opponent, delivery::make_secret());
  std::optional<fuzz::LivePlayer> other;
  if (stage.other != nullptr) other.emplace(*stage.other, delivery::make_secret());
  const fuzz::Sight sight{
      mail.arrived(), other ? &*other : nullptr, mail.arrived_of_other(), fuzz::processes_of(stage.watch), {}};
  fuzz::Showing showing(player, sight);
  const auto breaches = shown_by(*recorded, showing);
  for (const fuzz::Breach& one : breaches) tell_breach("FOUND", one);
  const auto broken = broken_by(*recorded, breaches);
  const int written = write_scenario(
      wanted.write_scenario, for_suite(*recorded, showing, broken ? broken->cause : "", stage.opponent), broken, suite);
  if (written != exit_complete) return written;
  if (!flush_output()) return exit_not_written;
  return breaches.empty() ? exit_complete : exit_findings;
}

}  // namespace smtpspec::cli
