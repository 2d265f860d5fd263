#include "harness/wire/listener.hpp"

#include <stdexcept>
#include <system_error>
#include <vector>

#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include "harness/wire/run_test.hpp"

using namespace smtpspec::wire;
using asio::awaitable;

namespace {

awaitable<void> echo(std::unique_ptr<Transport> transport) {
  for (;;) {
    const Read read = co_await transport->read(patient);
    if (read.end != End::octets) co_return;
    co_await transport->write(read.octets, patient);
  }
}

awaitable<std::unique_ptr<Transport>> connect(std::uint16_t port, std::string host = "127.0.0.1") {
  Connected connected = co_await connect_tcp(host, port, "", patient);
  CHECK(connected.problem.empty());
  REQUIRE(connected.transport);
  co_return std::move(connected.transport);
}

/// The octets come back.
awaitable<void> expect_echo(Transport& transport, std::string_view octets) {
  co_await expect_write(transport, octets);
  co_await expect(transport, octets);
}

awaitable<void> sleep(Time time) {
  asio::steady_timer timer(co_await asio::this_coro::executor, time);
  co_await timer.async_wait(asio::use_awaitable);
}

}  // namespace

TEST_CASE("listener: serves several connections at a time on a free port") {
  asio::io_context context;
  Listener listener(context.get_executor(), "127.0.0.1", 0, echo);
  CHECK(listener.port() != 0);
  CHECK(listener.address() == "127.0.0.1:" + std::to_string(listener.port()));
  run(context, [](Listener& l) -> awaitable<void> {
    std::vector<std::unique_ptr<Transport>> all;
    for (int i = 0; i < 20; ++i) all.push_back(co_await connect(l.port()));
    for (const auto& transport : all) co_await expect_echo(*transport, "hello");
    CHECK(l.connections() == 20);
    all.clear();
    for (int i = 0; i < 200 && l.connections() != 0; ++i) co_await sleep(Time{10});
    CHECK(l.connections() == 0);
  }(listener));
}

TEST_CASE("listener: IPv6 and host names") {
  asio::io_context context;
  std::unique_ptr<Listener> six;
  try {
    six = std::make_unique<Listener>(context.get_executor(), "::1", std::uint16_t{0}, echo);
  } catch (const std::system_error&) {
    SKIP("no IPv6 here");
  }
  CHECK(six->address() == "[::1]:" + std::to_string(six->port()));
  const Listener named(context.get_executor(), "localhost", 0, echo);
  run(context, [](std::uint16_t six_port, std::uint16_t named_port) -> awaitable<void> {
    const auto one = co_await connect(six_port, "::1");
    co_await expect_echo(*one, "six");
    const auto other = co_await connect(named_port, "localhost");
    co_await expect_echo(*other, "name");
  }(six->port(), named.port()));
}

TEST_CASE("listener: an address that cannot be had is told at once") {
  asio::io_context context;
  const Listener first(context.get_executor(), "127.0.0.1", 0, echo);
  CHECK_THROWS_AS(Listener(context.get_executor(), "127.0.0.1", first.port(), echo), std::system_error);
  CHECK_THROWS_AS(Listener(context.get_executor(), "192.0.2.1", 0, echo), std::system_error);
  CHECK_THROWS_AS(Listener(context.get_executor(), "no such name", 0, echo), std::system_error);
}

TEST_CASE("listener: what a connection throws ends that connection alone") {
  asio::io_context context;
  const Listener::Serve serves[] = {
      [](std::unique_ptr<Transport> transport) -> awaitable<void> {
        const Read read = co_await transport->read(patient);
        if (read.octets == "throw") throw std::runtime_error("thrown");
        co_await transport->write(read.octets, patient);
      },
      [](std::unique_ptr<Transport> transport) -> awaitable<void> {  // no coroutine
        static int calls = 0;
        if (calls++ == 0) throw std::runtime_error("thrown");
        return echo(std::move(transport));
      },
  };
  for (const auto& serve : serves) {
    Listener listener(context.get_executor(), "127.0.0.1", 0, serve);
    run(context, [](Listener& l) -> awaitable<void> {
      const auto bad = co_await connect(l.port());
      co_await expect_write(*bad, "throw");
      const Read read = co_await bad->read(patient);
      CHECK((read.end == End::closed || read.end == End::reset));
      const auto good = co_await connect(l.port());
      co_await expect_echo(*good, "still");
    }(listener));
    CHECK(listener.problem() == "thrown");
  }
}

TEST_CASE("listener: exceptions are counted, and the end of the listener or of a connection is none") {
  asio::io_context context;
  const Listener::Serve serve = [](std::unique_ptr<Transport> transport) -> awaitable<void> {
    const Read read = co_await transport->read(patient);
    if (!read.octets.empty()) throw std::runtime_error(read.octets);
  };
  Listener listener(context.get_executor(), "127.0.0.1", 0, serve, 1, Listener::WhenFull::end_silent);
  run(context, [](Listener& l) -> awaitable<void> {
    const auto silent = co_await connect(l.port());
    co_await expect_end(*silent, End::deadline, Time{60});
    const auto first = co_await connect(l.port());  // takes the place of the silent one
    co_await expect_end(*silent, End::closed);
    CHECK(l.problem().empty());
    co_await expect_write(*first, "first");
    CHECK((co_await first->read(patient)).end != End::octets);
    const auto second = co_await connect(l.port());
    co_await expect_write(*second, "second");
    CHECK((co_await second->read(patient)).end != End::octets);
  }(listener));
  CHECK(listener.problem() == "first (the first of 2)");
}

TEST_CASE("listener: at most max_connections at a time, the next one waits") {
  asio::io_context context;
  Listener listener(context.get_executor(), "127.0.0.1", 0, echo, 2);
  run(context, [](Listener& l) -> awaitable<void> {
    auto one = co_await connect(l.port());
    auto two = co_await connect(l.port());
    const auto three = co_await connect(l.port());
    co_await expect_echo(*one, "1");
    co_await expect_echo(*two, "2");
    co_await expect_write(*three, "3");
    co_await expect_end(*three, End::deadline, Time{50});
    CHECK(l.connections() == 2);
    one->close();
    co_await expect(*three, "3");
  }(listener));
}

TEST_CASE("listener: stop frees the port and lets connections go on") {
  asio::io_context context;
  Listener listener(context.get_executor(), "127.0.0.1", 0, echo);
  run(context, [](Listener& l) -> awaitable<void> {
    const auto before = co_await connect(l.port());
    co_await expect_echo(*before, "1");
    l.stop();
    co_await expect_echo(*before, "2");
    const Connected after = co_await connect_tcp("127.0.0.1", l.port(), "", patient);
    CHECK(after.end == End::reset);
    const Listener again(co_await asio::this_coro::executor, "127.0.0.1", l.port(), echo);
    CHECK(again.port() == l.port());
  }(listener));
}

TEST_CASE("listener: its end ends connections under way, whatever they wait for") {
  asio::io_context context;
  int ended = 0;
  struct Count {
    int& ended;
    explicit Count(int& all) : ended(all) {}
    ~Count() { ++ended; }
  };
  auto reading = [&ended](std::unique_ptr<Transport> transport) -> awaitable<void> {
    const Count count(ended);
    co_await echo(std::move(transport));
  };
  auto sleeping = [&ended](std::unique_ptr<Transport>) -> awaitable<void> {
    const Count count(ended);
    co_await sleep(std::chrono::hours(1));
  };
  for (const Listener::Serve& serve : {Listener::Serve(reading), Listener::Serve(sleeping)}) {
    ended = 0;
    auto listener = std::make_unique<Listener>(context.get_executor(), "127.0.0.1", std::uint16_t{0}, serve);
    run(context, [](std::unique_ptr<Listener>& l) -> awaitable<void> {
      const auto one = co_await connect(l->port());
      const auto two = co_await connect(l->port());
      for (int i = 0; i < 200 && l->connections() < 2; ++i) co_await sleep(Time{10});
      l.reset();
      co_await expect_end(*one, End::closed);
      co_await expect_end(*two, End::closed);
    }(listener));
    context.restart();
    context.run_for(std::chrono::seconds(10));
    CHECK(context.stopped());
    CHECK(ended == 2);
  }
}

TEST_CASE("listener: ends before the context ran, and the context with connections under way") {
  {
    asio::io_context context;
    const Listener listener(context.get_executor(), "127.0.0.1", 0, echo);
  }
  auto context = std::make_unique<asio::io_context>();
  auto listener = std::make_unique<Listener>(context->get_executor(), "127.0.0.1", std::uint16_t{0}, echo);
  std::unique_ptr<Transport> client;
  run(*context, [](Listener& l, std::unique_ptr<Transport>& kept) -> awaitable<void> {
    kept = co_await connect(l.port());
    co_await expect_echo(*kept, "1");
  }(*listener, client));
  client.reset();
  listener.reset();
  context.reset();
}

TEST_CASE("listener: a crowd of newcomers does not drive out the one that is talking") {
  asio::io_context context;
  Listener listener(context.get_executor(), "127.0.0.1", 0, echo, 3, Listener::WhenFull::end_silent);
  run(context, [](Listener& l) -> awaitable<void> {
    const auto talker = co_await connect(l.port());
    co_await expect_echo(*talker, "first");
    std::vector<std::unique_ptr<Transport>> crowd;
    for (int i = 0; i < 30; ++i) {
      crowd.push_back(co_await connect(l.port()));
      co_await expect_write(*crowd.back(), "x");
    }
    for (int i = 0; i < 20; ++i) {
      co_await sleep(Time{10});
      co_await expect_echo(*talker, "still");
    }
    co_await expect(*crowd.back(), "x");
    CHECK(l.connections() == 3);
  }(listener));
}

TEST_CASE("listener: where it is full, the connection that was silent longest makes room, one that never spoke first") {
  asio::io_context context;
  Listener listener(context.get_executor(), "127.0.0.1", 0, echo, 3, Listener::WhenFull::end_silent);
  run(context, [](Listener& l) -> awaitable<void> {
    const auto first = co_await connect(l.port());
    co_await expect_echo(*first, "first");
    const auto mute = co_await connect(l.port());
    const auto third = co_await connect(l.port());
    co_await expect_echo(*third, "third");
    const auto fourth = co_await connect(l.port());
    co_await expect_end(*mute, End::closed);
    co_await expect_echo(*fourth, "fourth");
    co_await expect_echo(*third, "third");
    const auto fifth = co_await connect(l.port());
    co_await expect_end(*first, End::closed);
    co_await expect_echo(*fifth, "fifth");
    co_await expect_echo(*third, "third");
    co_await expect_echo(*fourth, "fourth");
    CHECK(l.connections() == 3);
  }(listener));
}
