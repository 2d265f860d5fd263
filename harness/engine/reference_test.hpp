// Runs against the reference server on loopback.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <catch2/catch_test_macros.hpp>
#include <unistd.h>

#include "harness/engine/run.hpp"
#include "harness/memory/reference_target.hpp"
#include "harness/reference/server.hpp"

namespace smtpspec::engine {

using std::chrono::milliseconds;

/// The reference server in a thread of its own. `copies` says how often each message is relayed to the sink.
class Reference {
 public:
  using Copies = std::function<int(const reference::Accepted&)>;
  static constexpr int later = 100;           ///< none at once, and one beside the next message
  static constexpr int once_more_later = -1;  ///< one at once, and another beside the next message

  /// `queued`: mail goes out so long after it was accepted.
  explicit Reference(const std::vector<reference::Fault>& faults = {}, Copies copies = {}, milliseconds queued = {})
      : copies_(std::move(copies)),
        queued_(queued),
        server_(
            context_.get_executor(), options(), [this](const reference::Accepted& accepted) { return relay(accepted); },
            faults_of(faults)),
        thread_([this] { context_.run(); }) {}
  Reference(const Reference&) = delete;
  Reference& operator=(const Reference&) = delete;
  ~Reference() {
    context_.stop();
    thread_.join();
  }

  [[nodiscard]] scenario::Target target() const {
    scenario::Target target = memory::reference_target("mx");
    target.port = server_.port();
    target.delivery->wait = milliseconds(1000);
    return target;
  }
  void relay_to(std::uint16_t port) { sink_port_ = port; }

 private:
  static reference::Server::Options options() {
    reference::Server::Options options;
    options.settings = memory::reference_settings("mx");
    return options;
  }
  static reference::Faults faults_of(const std::vector<reference::Fault>& list) {
    reference::Faults faults;
    for (const auto fault : list) faults.add(fault);
    return faults;
  }

  asio::awaitable<std::vector<bool>> relay(const reference::Accepted& accepted) {
    if (queued_ == milliseconds(0)) co_return co_await relay_now(accepted);
    asio::co_spawn(context_, relay_later(accepted), asio::detached);
    co_return std::vector<bool>(accepted.recipients.size(), true);
  }

  asio::awaitable<void> relay_later(reference::Accepted accepted) {
    asio::steady_timer timer(context_, queued_);
    co_await timer.async_wait(asio::use_awaitable);
    (void)co_await relay_now(accepted);
  }

  asio::awaitable<std::vector<bool>> relay_now(const reference::Accepted& accepted) {
    const int copies = copies_ ? copies_(accepted) : 1;
    std::vector<bool> taken(accepted.recipients.size(), true);
    const reference::Deliver deliver = reference::relay_to("127.0.0.1", sink_port_);
    for (int i = 0; i < std::abs(copies) && copies != later; ++i) taken = co_await deliver(accepted);
    if (later_) (void)co_await deliver(*later_);
    later_.reset();
    if (copies == once_more_later || copies == later) later_ = accepted;
    co_return taken;
  }

  Copies copies_;
  milliseconds queued_;
  std::optional<reference::Accepted> later_;
  asio::io_context context_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_{context_.get_executor()};
  std::atomic<std::uint16_t> sink_port_{0};
  reference::Server server_;
  std::thread thread_;
};

struct Folder {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("smtpspec-run-test-" + std::to_string(getpid()));
  ~Folder() { std::filesystem::remove_all(path); }
};

inline RunSettings settings_of(const scenario::Suite& suite, const scenario::Target& target) {
  RunSettings settings;
  settings.target = target;
  settings.suite = &suite;
  for (const auto& scenario : suite.scenarios) settings.scenarios.push_back(&scenario);
  settings.patience = {milliseconds(3000), milliseconds(100), milliseconds(20000)};
  settings.last_patience = milliseconds(3000);
  settings.again = "smtpspec run";
  return settings;
}

inline Run run_against(Reference& server, const RunSettings& settings, RunEvents events = {}) {
  events.sink_ready = [&](std::uint16_t port) { server.relay_to(port); };
  return run(settings, events);
}

inline const ScenarioResult& only(const Run& run) {
  INFO(run.result.incomplete_because);
  REQUIRE(run.result.scenarios.size() == 1);
  return run.result.scenarios[0];
}

}  // namespace smtpspec::engine
