// The embedded reference server: a target like any other, on loopback, in a thread of its own.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>

#include "harness/memory/reference_target.hpp"
#include "harness/reference/server.hpp"

namespace smtpspec::cli {

class Embedded {
 public:
  /// Listens at once on a free port.
  Embedded() = default;
  ~Embedded() {
    context_.stop();
    thread_.join();
  }
  Embedded(const Embedded&) = delete;
  Embedded& operator=(const Embedded&) = delete;

  /// Everything a target file would say of it; it relays to a sink on a port that the run chooses.
  [[nodiscard]] scenario::Target target() const {
    scenario::Target target = memory::reference_target(profile);
    target.port = server_.port();
    return target;
  }
  /// Of that target, as a run's results tell it.
  [[nodiscard]] static std::string name() { return memory::reference_target(profile).name; }
  /// What went wrong in the server itself: reference::Server::problem().
  [[nodiscard]] std::string problem() const { return server_.problem(); }
  /// Where the run's sink listens; mail that comes before that is refused with 451.
  void relay_to(std::uint16_t port) { sink_port_ = port; }

 private:
  static constexpr const char* profile = "mx";

  asio::awaitable<std::vector<bool>> relay(const reference::Accepted& accepted) {
    const std::uint16_t port = sink_port_.load();
    if (port == 0) co_return std::vector<bool>(accepted.recipients.size(), false);
    const reference::Deliver deliver = reference::relay_to("127.0.0.1", port);
    co_return co_await deliver(accepted);
  }

  asio::io_context context_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_{context_.get_executor()};
  std::atomic<std::uint16_t> sink_port_{0};
  reference::Server server_{context_.get_executor(),
                            {.settings = memory::reference_settings(profile), .tls = {}, .bounds = {}},
                            [this](const reference::Accepted& accepted) { return relay(accepted); },
                            {}};
  std::thread thread_{[this] { context_.run(); }};
};

}  // namespace smtpspec::cli
