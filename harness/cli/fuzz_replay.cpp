#include "harness/cli/fuzz_replay.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "fuzz/oracles/incidents.hpp"
#include "fuzz/session/session_input.hpp"
#include "harness/cli/commands.hpp"
#include "harness/cli/console.hpp"
#include "harness/cli/suite_files.hpp"
#include "harness/delivery/token.hpp"
#include "harness/engine/excerpt.hpp"
#include "harness/record/new_file.hpp"
#include "harness/scenario/loader.hpp"

namespace smtpspec::cli {

namespace {

/// An input, or the scenario of a file that a finding was written to; nothing, and said, where it is neither.
std::optional<scenario::Scenario> session_of(const std::filesystem::path& path) {
  const auto text = read_file(path);
  if (!text) {
    say(path.string() + ": cannot be read");
    return std::nullopt;
  }
  if (path.extension() != ".toml") return fuzz::decode(*text);
  const auto loaded = scenario::load_scenarios(*text, path.string());
  for (const scenario::Scenario& one : loaded.value.scenarios)
    if (loaded.ok() && one.rule.empty()) return one;
  say(path.string() + ": holds no scenario that can be played");
  return std::nullopt;
}

std::string_view side_of(const engine::ExcerptLine& line) {
  using Side = engine::ExcerptLine::Side;
  return line.side == Side::client ? "  C: " : line.side == Side::server ? "  S: " : "  -- ";
}

std::vector<fuzz::Incident> happened(fuzz::ServerWatch* watch) {
  std::vector<fuzz::Incident> incidents;
  for (int looks = 0; watch != nullptr && looks < 3; ++looks) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    for (fuzz::Incident& one : watch->look()) incidents.push_back(std::move(one));
  }
  return incidents;
}

/// Into a file of a suite, where that was asked for. What a finding itself expects (of mail) stays in it.
int write_scenario(const std::filesystem::path& path, const scenario::Scenario& session,
                   const std::vector<fuzz::Breach>& breaches, const scenario::Suite& suite) {
  if (path.empty()) return exit_complete;
  if (breaches.empty() && !session.delivered) {
    say("nothing was broken, so there is no scenario to write");
    return exit_complete;
  }
  const std::string text = fuzz::to_suite_scenario(
      session, breaches.empty() ? std::nullopt : std::optional(breaches.front()), path.stem().string(), suite);
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

int replay(const Replay& wanted, const fuzz::Opponent& opponent, const scenario::Suite& suite,
           fuzz::ServerWatch* watch) {
  const auto session = session_of(wanted.input);
  if (!session) return exit_usage;
  fuzz::LivePlayer player(opponent, delivery::make_secret());
  const judge::Played played = player.play(*session, fuzz::patient());
  engine::conversation(played.transcript, [](const engine::ExcerptLine& line, std::size_t /*event*/) {
    tell("{}{}\n", side_of(line), line.text);
  });
  const auto breaches = fuzz::with_incidents(fuzz::breaches_in(played), happened(watch));
  for (const fuzz::Breach& one : breaches) tell_breach("FOUND", one);
  const int written = write_scenario(wanted.write_scenario, *session, breaches, suite);
  if (written != exit_complete) return written;
  if (!flush_output()) return exit_not_written;
  return breaches.empty() ? exit_complete : exit_findings;
}

}  // namespace smtpspec::cli
