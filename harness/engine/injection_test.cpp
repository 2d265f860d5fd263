// What fails in the middle of a run must not bring it down, hang it, or make it green: connections and memory, each
// call in its turn, as SQLite and curl test their own.
#include <cstdlib>
#include <exception>
#include <map>
#include <memory>
#include <new>
#include <numeric>
#include <optional>

#include <catch2/catch_test_macros.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/engine/reference_test.hpp"
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

namespace {

/// Where it can be told: in a build with AddressSanitizer.
bool has_leaked() {
#ifdef SMTPSPEC_FINDS_LEAKS
  return __lsan_do_recoverable_leak_check() != 0;
#else
  return false;
#endif
}

/// Of this thread: the allocation that fails; 0: none.
thread_local std::size_t failing_allocation = 0;
thread_local std::size_t allocations = 0;

void* allocate_or_not(std::size_t size) noexcept {
  if (++allocations == failing_allocation) return nullptr;
  return std::malloc(size == 0 ? 1 : size);  // NOLINT: it is operator new
}

void* allocate(std::size_t size) {
  if (void* const memory = allocate_or_not(size)) return memory;
  throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t size) { return allocate(size); }
void* operator new[](std::size_t size) { return allocate(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return allocate_or_not(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return allocate_or_not(size); }
void operator delete(void* memory) noexcept { std::free(memory); }                 // NOLINT
void operator delete[](void* memory) noexcept { std::free(memory); }               // NOLINT
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }    // NOLINT
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }  // NOLINT

namespace smtpspec::engine {
namespace {

/// A dozen rows that the faulty server fails, and nothing that could be mistaken for it passes.
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

/// Counts the calls of all connections, and fails one of them.
struct Injection {
  std::size_t failing = 0;  ///< 0: none
  std::size_t calls = 0;
  bool fails() { return ++calls == failing; }
};

class Failing : public wire::Transport {
 public:
  Failing(std::unique_ptr<wire::Transport> inner, Injection& injection)
      : inner_(std::move(inner)), injection_(injection) {}
  asio::awaitable<wire::Read> read(wire::Time deadline) override {
    if (injection_.fails()) co_return wire::Read{wire::End::reset, {}, "injected"};
    co_return co_await inner_->read(deadline);
  }
  asio::awaitable<wire::Written> write(std::string_view octets, wire::Time deadline) override {
    if (injection_.fails()) co_return wire::Written{wire::End::reset, "injected"};
    co_return co_await inner_->write(octets, deadline);
  }
  void half_close() override { inner_->half_close(); }
  void reset() override { inner_->reset(); }
  void close() override { inner_->close(); }
  [[nodiscard]] std::string local() const override { return inner_->local(); }
  [[nodiscard]] std::string remote() const override { return inner_->remote(); }

 private:
  std::unique_ptr<wire::Transport> inner_;
  Injection& injection_;
};

asio::awaitable<wire::Connected> connect(const scenario::Target& target, wire::Time time, Injection& injection) {
  if (injection.fails()) co_return wire::Connected{nullptr, wire::End::reset, "injected", injection.failing % 2 == 0};
  wire::Connected connected = co_await wire::connect_tcp(target.host, target.port, "", time);
  if (connected.transport) connected.transport = std::make_unique<Failing>(std::move(connected.transport), injection);
  co_return connected;
}

class Bench {
 public:
  RunSettings settings() {
    RunSettings settings = settings_of(suite_, target_);
    settings.patience = {milliseconds(300), milliseconds(20), milliseconds(1500)};
    settings.last_patience = milliseconds(300);
    return settings;
  }
  [[nodiscard]] const scenario::Target& target() const { return target_; }
  Reference& server() { return server_; }

 private:
  Reference server_{{reference::Fault::noop_argument_refused, reference::Fault::keeps_stuffing}};
  scenario::Target target_ = server_.target();
  scenario::Suite suite_ = judge::suite_of(std::string(rows));
};

/// No row is missing, none passes, and a run that found nothing is not to be trusted.
bool is_not_green(const Run& run) {
  const bool all = run.end == RunEnd::untestable || run.result.scenarios.size() == 12;
  const bool trusted = run.end == RunEnd::complete && too_much_undecided(run.result, 0.1).empty();
  return all && run.result.count(Outcome::pass) == 0 && (!trusted || run.result.findings(false) > 0);
}

/// Each call in a process of its own, some of them at a time; gives those that did not come to 0.
std::vector<std::size_t> bad_among(const std::vector<std::size_t>& calls, int (*run)(std::size_t)) {
  constexpr std::size_t at_a_time = 12;
  std::map<pid_t, std::size_t> under_way;
  std::vector<std::size_t> bad;
  for (auto next = calls.begin(); next != calls.end() || !under_way.empty();) {
    if (next != calls.end() && under_way.size() < at_a_time) {
      const pid_t pid = fork();
      if (pid == 0) _exit(run(*next) != 0 || has_leaked() ? 1 : 0);
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

Run run_with(Bench& bench, Injection& injection) {
  RunSettings settings = bench.settings();
  settings.connect = [&](const std::string&, wire::Time time) { return connect(bench.target(), time, injection); };
  return run_against(bench.server(), settings);
}

TEST_CASE("no call of a connection that fails makes a run green, or hangs it") {
  Injection injection;
  {
    Bench bench;
    REQUIRE(run_with(bench, injection).result.count(Outcome::fail) == 12);
  }
  CHECK(injection.calls > 100);
  std::vector<std::size_t> calls(injection.calls);
  std::iota(calls.begin(), calls.end(), 1);
  CHECK(bad_among(calls, [](std::size_t failing) {
          Bench bench;
          Injection one{failing};
          return is_not_green(run_with(bench, one)) ? 0 : 1;
        }).empty());
}

/// Asio cannot throw out of everything; the command ends by 70 then.
[[noreturn]] void end_as_the_command_does() { _exit(0); }

int run_without(std::size_t allocation) {
  std::set_terminate(end_as_the_command_does);
  Bench bench;
  const RunSettings settings = bench.settings();
  allocations = 0;
  failing_allocation = allocation;
  try {
    const Run run = run_against(bench.server(), settings);
    failing_allocation = 0;
    return is_not_green(run) ? 0 : 1;
  } catch (const std::bad_alloc&) {  // before it began, or when it was summed up: 70 as well
    return 0;
  }
}

TEST_CASE("no allocation that fails brings a run down, hangs it, or makes it green") {
  std::size_t all = 0;
  {
    Bench bench;
    const RunSettings settings = bench.settings();
    allocations = 0;
    REQUIRE(run_against(bench.server(), settings).result.count(Outcome::fail) == 12);
    all = allocations;
  }
  CHECK(all > 5000);
  // The first hundred, and from then on one in fifty.
  std::vector<std::size_t> calls;
  for (std::size_t n = 1; n <= all; n += n < 100 ? 1 : 50) calls.push_back(n);
  CHECK(bad_among(calls, run_without).empty());
}

}  // namespace
}  // namespace smtpspec::engine
