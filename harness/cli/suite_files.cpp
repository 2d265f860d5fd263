#include "harness/cli/suite_files.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <iterator>

#include <CLI/CLI.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include "harness/cli/console.hpp"
#include "harness/cli/words.hpp"
#include "harness/judge/verdict.hpp"
#include "harness/record/bounded_file.hpp"
#include "harness/reference/fault.hpp"
#include "harness/scenario/diagnostic.hpp"
#include "harness/scenario/toml_tree.hpp"

namespace smtpspec::cli {

namespace {

/// For all that a pipe or a terminal holds: whoever writes it may never come to an end, or never begin.
constexpr std::chrono::seconds longest_wait{10};

/// Waits for octets, or for the end of them; false where neither has come in time.
bool can_be_read(int file, std::chrono::steady_clock::time_point deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    ::pollfd wanted{file, POLLIN, 0};
    const int ready = left > 0 ? ::poll(&wanted, 1, static_cast<int>(left)) : 0;
    if (ready >= 0 || errno != EINTR) return ready > 0;
  }
}

}  // namespace

std::filesystem::path shipped_suite() {
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  const auto installed = program.parent_path() / SMTPSPEC_INSTALLED_SUITE;
  if (!error && std::filesystem::is_directory(installed, error)) return installed.lexically_normal();
  return SMTPSPEC_DEFAULT_SUITE;
}

void add_suite_option(CLI::App& command, std::vector<std::filesystem::path>& paths) {
  command
      .add_option("--suite", paths,
                  "Folder or file of scenarios, in place of the shipped suite; 'shipped' names that: --suite shipped\n"
                  "--suite DIR adds to it")
      ->type_name("DIR");
}

bool print(const std::vector<scenario::Diagnostic>& diagnostics, bool warnings) {
  bool good = true;
  for (const scenario::Diagnostic& diagnostic : diagnostics) {
    const bool error = diagnostic.severity == scenario::Diagnostic::Severity::error;
    if (error || warnings) put_error(scenario::render(diagnostic, stderr_has_colour()));
    good = good && !error;
  }
  return good;
}

bool print(const scenario::Loaded<scenario::Baseline>& baseline) {
  std::vector<std::string> known;
  for (const Word& one : causes()) known.emplace_back(one.word);
  auto diagnostics = baseline.diagnostics;
  for (const scenario::Baseline::Entry& entry : baseline.value.entries) {
    if (entry.cause.empty() || judge::named<judge::Cause>(entry.cause)) continue;
    diagnostics.push_back(
        scenario::about(entry.place, fmt::format("no verdict has the cause '{}'", entry.cause),
                        scenario::did_you_mean(entry.cause, known, "'smtpspec help causes' shows all")));
  }
  return print(diagnostics);
}

std::optional<scenario::Suite> load_suite(const std::vector<std::filesystem::path>& paths, bool warnings) {
  const std::filesystem::path shipped = shipped_suite();
  std::vector<std::filesystem::path> places = paths.empty() ? std::vector{shipped} : paths;
  std::replace(places.begin(), places.end(), std::filesystem::path("shipped"), shipped);
  auto loaded = scenario::load_suite(places, shipped / "requirements");
  // Every run begins with a survey: ours, where a suite has none.
  auto& scenarios = loaded.value.scenarios;
  const auto is_survey = [](const scenario::Scenario& one) { return one.survey; };
  if (std::none_of(scenarios.begin(), scenarios.end(), is_survey)) {
    auto survey = scenario::load_suite({shipped / "survey.toml"}, shipped / "requirements").value;
    std::move(survey.scenarios.begin(), survey.scenarios.end(), std::back_inserter(scenarios));
    loaded.value.requirements.merge(survey.requirements);
  }
  std::vector<std::string> faults;
  for (const reference::FaultRow& row : reference::fault_table())
    if (!row.permitted && !row.deadly) faults.emplace_back(row.name);
  bool good = print(loaded.diagnostics, warnings);
  good = print(scenario::check_faults(loaded.value, faults)) && good;
  if (!good) return std::nullopt;
  return std::move(loaded.value);
}

std::string perhaps_meant(const std::string& pattern, const scenario::Suite& suite) {
  std::vector<std::string> names;
  for (const scenario::Scenario& scenario : suite.scenarios) {
    names.push_back(scenario.id);
    names.push_back(scenario.family);
    names.insert(names.end(), scenario.tags.begin(), scenario.tags.end());
  }
  const std::string near = scenario::did_you_mean(pattern, names);
  return near.empty() ? near : "; " + near;
}

std::optional<std::string> read_file(const std::filesystem::path& path) {
  // A pipe that nobody writes is opened at once.
  const record::Descriptor file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (file.number() < 0) return std::nullopt;
  std::string octets(scenario::max_file + 1, '\0');
  std::size_t length = 0;
  const auto deadline = std::chrono::steady_clock::now() + longest_wait;
  while (length < octets.size()) {
    if (!can_be_read(file.number(), deadline)) return std::nullopt;
    const ::ssize_t count = ::read(file.number(), octets.data() + length, octets.size() - length);
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (count < 0) return std::nullopt;
    if (count == 0) break;
    length += static_cast<std::size_t>(count);
  }
  octets.resize(length);
  return octets;
}

}  // namespace smtpspec::cli
