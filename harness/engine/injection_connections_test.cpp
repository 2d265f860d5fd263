// Connections: of all calls to them one fails.
#include <memory>
#include <utility>

#include "harness/engine/injection_test.hpp"

namespace smtpspec::engine {
namespace {

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

Run run_with(Bench& bench, Injection& injection) {
  RunSettings settings = bench.settings();
  settings.connect = [&](const std::string&, wire::Time time) { return connect(bench.target(), time, injection); };
  return bench.run(settings);
}

TEST_CASE("no call of a connection that fails makes a run green, or hangs it") {
  Injection injection;
  {
    Bench bench;
    REQUIRE(run_with(bench, injection).result.count(Outcome::fail) == 12);
  }
  CHECK(injection.calls > 100);
  CHECK(bad_among(up_to(injection.calls, 1), [](std::size_t failing) {
          Bench bench;
          Injection one{failing};
          return bench.is_true(run_with(bench, one));
        }).empty());
}

}  // namespace
}  // namespace smtpspec::engine
