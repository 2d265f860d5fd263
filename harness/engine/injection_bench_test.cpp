#include <algorithm>
#include <chrono>
#include <map>

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/engine/injection_test.hpp"
#include "harness/engine/undecided.hpp"
#include "harness/judge/transcript_test.hpp"

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define SMTPSPEC_FINDS_LEAKS
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define SMTPSPEC_FINDS_LEAKS
#endif

#ifdef SMTPSPEC_FINDS_LEAKS
extern "C" int __lsan_do_recoverable_leak_check();  // of <sanitizer/lsan_interface.h>
#endif

namespace smtpspec::engine {
namespace {

/// Where it can be told: in a build with AddressSanitizer.
bool has_leaked() {
#ifdef SMTPSPEC_FINDS_LEAKS
  return __lsan_do_recoverable_leak_check() != 0;
#else
  return false;
#endif
}

constexpr std::string_view rows = R"([[scenario]]
id = "noop"
title = "NOOP takes an argument"
each = [{ row = "row-{number}", number = { range = [1, 6], by = 1 } }]
steps = [ { send = "NOOP {number}", expect = "250" } ]
[[scenario]]
id = "message"
title = "a message comes as it was sent"
state = "data"
each = [{ row = "row-{number}", number = { range = [1, 3], by = 1 } }]
steps = [ { message = '{header}{number}\r\n.\r\n', expect = "250" } ]
delivered = { count = 1, body = '{number}\r\n.\r\n' }
[[scenario]]
id = "under-tls"
title = "NOOP takes an argument under TLS"
state = "tls"
each = [{ row = "row-{number}", number = { range = [1, 3], by = 1 } }]
steps = [ { send = "NOOP {number}", expect = "250" } ]
)";

constexpr std::size_t row_count = 12;
constexpr unsigned longest_run = 60;  // seconds

std::vector<reference::Fault> faults_of(Bench::Server server) {
  if (server == Bench::Server::strict) return {};
  return {reference::Fault::noop_argument_refused, reference::Fault::keeps_stuffing};
}

}  // namespace

Bench::Bench(Server server)
    : kind_(server),
      server_(faults_of(server)),
      target_(server_.target()),
      suite_(judge::suite_of(std::string(rows))) {}

RunSettings Bench::settings() const {
  RunSettings settings = settings_of(suite_, target_);
  settings.patience = {milliseconds(300), milliseconds(20), milliseconds(1500)};
  // A server that does nothing wrong may be slow all the same: this machine has other work.
  settings.last_patience = milliseconds(kind_ == Server::strict ? 5000 : 300);
  return settings;
}

bool Bench::is_true(const Run& run) const {
  const auto count = [&](Outcome outcome) { return run.result.count(outcome); };
  const std::size_t held_against = count(Outcome::fail) + count(Outcome::crash) + count(Outcome::warn);
  const bool whole = run.end == RunEnd::untestable || run.result.scenarios.size() == row_count;
  const bool trusted = run.end == RunEnd::complete && too_much_undecided(run.result, 0.1).empty();
  const bool is_faulty = kind_ == Server::faulty;
  const bool fair = is_faulty ? count(Outcome::pass) == 0 : held_against == 0;
  const bool green = is_faulty ? trusted && run.result.findings(false) == 0 : trusted && count(Outcome::pass) == 0;
  if (whole && fair && !green) return true;
  for (const ScenarioResult& row : run.result.scenarios)
    fmt::print(stderr, "{} {}: {}\n", row.id, scenario::name(row.outcome), row.actual);
  return false;
}

std::vector<std::size_t> up_to(std::size_t all, std::size_t one_in) {
  std::vector<std::size_t> numbers;
  for (std::size_t n = 1; n <= all; n += one_in) numbers.push_back(n);
  return numbers;
}

std::vector<std::size_t> bad_among(const std::vector<std::size_t>& numbers, bool (*run)(std::size_t)) {
  constexpr std::size_t at_a_time = 12;
  std::map<pid_t, std::size_t> under_way;
  std::vector<std::size_t> bad;
  for (auto next = numbers.begin(); next != numbers.end() || !under_way.empty();) {
    if (next != numbers.end() && under_way.size() < at_a_time) {
      const pid_t pid = fork();
      if (pid == 0) {
        alarm(longest_run);
        _exit(run(*next) && !has_leaked() ? 0 : 1);
      }
      under_way[pid] = *next++;
      continue;
    }
    int status = 0;
    const pid_t pid = waitpid(-1, &status, 0);
    if (status != 0) bad.push_back(under_way.at(pid));
    under_way.erase(pid);
  }
  return bad;
}

}  // namespace smtpspec::engine
