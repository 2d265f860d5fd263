#include "harness/cli/embedded.hpp"

#include <atomic>
#include <thread>

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <fmt/format.h>

#include "harness/reference/server.hpp"

namespace smtpspec::cli {

namespace {

constexpr const char* user = "alice";
constexpr const char* password = "open-sesame";

reference::Server::Options options_for(const std::string& profile, const reference::Faults& faults) {
  reference::Server::Options options;
  options.settings.lmtp = profile == "lmtp";
  options.settings.submission = profile == "submission";
  options.settings.users = {{user, password}};
  options.faults = faults;
  return options;
}

}  // namespace

struct Embedded::Impl {
  Impl(std::string its_profile, const reference::Faults& faults)
      : profile(std::move(its_profile)),
        server(context.get_executor(), options_for(profile, faults),
               [this](const reference::Accepted& accepted) { return relay(accepted); }),
        thread([this] { context.run(); }) {}

  ~Impl() {
    context.stop();
    thread.join();
  }

  asio::awaitable<std::vector<bool>> relay(const reference::Accepted& accepted) {
    const std::uint16_t port = sink_port.load();
    if (port == 0) co_return std::vector<bool>(accepted.recipients.size(), false);
    const reference::Road road = reference::relay_to("127.0.0.1", port);
    co_return co_await road(accepted);
  }

  std::string profile;
  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
  std::atomic<std::uint16_t> sink_port{0};
  reference::Server server;
  std::thread thread;
};

Embedded::Embedded(const std::string& profile, const reference::Faults& faults)
    : impl_(std::make_unique<Impl>(profile, faults)) {}
Embedded::~Embedded() = default;

void Embedded::relay_to(std::uint16_t port) { impl_->sink_port = port; }

scenario::Target Embedded::target() const {
  scenario::Target target;
  target.name = "reference";
  target.profile = impl_->profile;
  target.scheme = impl_->profile == "lmtp" ? scenario::Scheme::lmtp : scenario::Scheme::smtp;
  target.port = impl_->server.port();
  target.mail.domain = "example.test";
  target.mail.accepts = {"alice@example.test", "bob@example.test"};
  target.mail.rejects = {"nobody@example.test"};
  target.mail.foreign = {"someone@elsewhere.example"};
  target.auth = scenario::Target::Auth{user, password};
  // It relays before it answers 250, so nothing comes later.
  target.delivery.emplace();
  target.delivery->sink = "127.0.0.1:0";
  target.delivery->wait = scenario::Duration(5000);
  target.delivery->settle = scenario::Duration(20);
  return target;
}

}  // namespace smtpspec::cli
