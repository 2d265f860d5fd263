#include "harness/proxy/proxy.hpp"

#include <vector>

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include "harness/wire/run_test.hpp"

using namespace smtpspec;
using asio::awaitable;
using record::Event;
using record::Party;
using wire::End;
using wire::patient;

namespace {

awaitable<void> echo(std::unique_ptr<wire::Transport> transport) {
  for (;;) {
    const wire::Read read = co_await transport->read(patient);
    if (read.end != End::octets) co_return;
    co_await transport->write(read.octets, patient);
  }
}

/// A proxy before a server, and the sessions that are over.
struct Stage {
  asio::io_context context;
  std::unique_ptr<wire::Listener> server;
  std::unique_ptr<proxy::Proxy> proxy;
  std::vector<proxy::Passed> over;
  std::uint16_t port = 0;

  explicit Stage(proxy::Proxy::Settings settings, wire::Listener::Serve serve = echo) {
    server = std::make_unique<wire::Listener>(context.get_executor(), "127.0.0.1", 0, std::move(serve));
    settings.passage.target.port = server->port();
    settings.name = [] { return "case"; };
    proxy = std::make_unique<proxy::Proxy>(context.get_executor(), std::move(settings),
                                           [this](proxy::Passed passed) { over.push_back(std::move(passed)); });
    const std::string address = proxy->address();
    port = static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
  }
};

awaitable<std::unique_ptr<wire::Transport>> connect(Stage& stage) {
  wire::Connected connected = co_await wire::connect_tcp("127.0.0.1", stage.port, "", patient);
  REQUIRE(connected.transport);
  co_return std::move(connected.transport);
}

awaitable<void> until_over(Stage& stage, std::size_t sessions) {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  for (int i = 0; i < 2000 && stage.over.size() < sessions; ++i) {
    timer.expires_after(wire::Time{10});
    co_await timer.async_wait(asio::use_awaitable);
  }
}

}  // namespace

TEST_CASE("proxy: a session in which nothing comes any more is ended, and one that goes on is not") {
  proxy::Proxy::Settings settings;
  settings.passage.idle = wire::Time{300};
  Stage stage(settings);
  wire::run(stage.context, [](Stage& s) -> awaitable<void> {
    const auto client = co_await connect(s);
    asio::steady_timer timer(co_await asio::this_coro::executor);
    for (int i = 0; i < 6; ++i) {  // longer than it may be idle
      co_await wire::expect_write(*client, "x");
      co_await wire::expect(*client, "x");
      timer.expires_after(wire::Time{100});
      co_await timer.async_wait(asio::use_awaitable);
    }
    const wire::Read read = co_await client->read(patient);
    CHECK(read.end == End::closed);
    co_await until_over(s, 1);
  }(stage));
  REQUIRE(stage.over.size() == 1);
  CHECK(stage.over[0].sent == 6);
  CHECK(stage.over[0].received == 6);
  const Event& last = stage.over[0].transcript.events.back();
  CHECK(last.kind == Event::Kind::closed);
  CHECK(last.by == Party::client);
  CHECK(last.text == "nothing came for too long");
}

TEST_CASE("proxy: a client too many waits, and one after the last is not served") {
  proxy::Proxy::Settings settings;
  settings.most_at_once = 1;
  settings.most_in_all = 2;
  Stage stage(settings);
  wire::run(stage.context, [](Stage& s) -> awaitable<void> {
    auto first = co_await connect(s);
    const auto second = co_await connect(s);  // in the backlog
    co_await wire::expect_write(*second, "second");
    const wire::Read early = co_await second->read(wire::Time{100});
    CHECK(early.end == End::deadline);
    co_await wire::expect_write(*first, "first");
    co_await wire::expect(*first, "first");
    CHECK_FALSE(s.proxy->is_done());
    first.reset();
    co_await wire::expect(*second, "second");
    const wire::Connected third = co_await wire::connect_tcp("127.0.0.1", s.port, "", patient);
    CHECK_FALSE(third.transport);
    second->close();
    co_await until_over(s, 2);
    CHECK(s.proxy->is_done());
  }(stage));
}

TEST_CASE("proxy: what a transcript holds is bounded, and all of it is handed on and judged") {
  Stage stage({}, [](std::unique_ptr<wire::Transport> transport) -> awaitable<void> {
    co_await transport->write("220 mx\r\n", patient);
    for (wire::Read read; read.end == End::octets;) read = co_await transport->read(patient);
    co_await transport->write("250 lf\n", patient);
  });
  constexpr std::size_t megabytes = 12;
  wire::run(stage.context, [](Stage& s) -> awaitable<void> {
    const auto client = co_await connect(s);
    co_await wire::expect(*client, "220 mx\r\n");
    for (std::size_t i = 0; i < megabytes; ++i) co_await wire::expect_write(*client, std::string(1 << 20, 'x'));
    client->half_close();
    co_await wire::expect(*client, "250 lf\n");
    client->close();
    co_await until_over(s, 1);
  }(stage));
  REQUIRE(stage.over.size() == 1);
  CHECK(stage.over[0].sent == megabytes << 20);
  CHECK(record::octets_held(stage.over[0].transcript) < std::size_t{9} << 20);
  REQUIRE_FALSE(stage.over[0].violations.empty());
  CHECK(stage.over[0].violations.back().rule == smtp::Rule::crlf);
}

TEST_CASE("proxy: ended from outside, both sides are closed and what passed is told") {
  Stage stage({});
  wire::run(stage.context, [](Stage& s) -> awaitable<void> {
    const auto client = co_await connect(s);
    co_await wire::expect_write(*client, "x");
    co_await wire::expect(*client, "x");
    s.proxy->end("enough");
    const wire::Read read = co_await client->read(patient);
    CHECK(read.end == End::closed);
    co_await until_over(s, 1);
    CHECK(s.proxy->under_way() == 0);
  }(stage));
  REQUIRE(stage.over.size() == 1);
  CHECK(stage.over[0].transcript.events.back().text == "enough");
}
