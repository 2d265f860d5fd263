#include "harness/wire/pipe_test.hpp"

#include <asio/experimental/awaitable_operators.hpp>

#include "harness/wire/run_test.hpp"
#include "harness/wire/stream.hpp"

using namespace smtpspec::wire;
using asio::awaitable;

namespace {

constexpr std::size_t room = std::size_t{256} << 10;

struct Ends {
  asio::io_context context;
  std::unique_ptr<Transport> one;
  std::unique_ptr<Transport> other;
  Ends() { std::tie(one, other) = make_pipe(context.get_executor()); }
};

}  // namespace

TEST_CASE("pipe: octets, deadlines, addresses") {
  Ends ends;
  CHECK(ends.one->local() == ends.other->remote());
  CHECK(ends.one->remote() == ends.other->local());
  run(ends.context, [](Ends& e) -> awaitable<void> {
    co_await expect_end(*e.other, End::deadline, soon);
    co_await expect_write(*e.one, "a", End::octets);
    co_await expect_write(*e.one, "b", End::octets);
    co_await expect(*e.other, "ab");
    co_await expect_end(*e.other, End::deadline, Time{0});
    co_await expect_end(*e.one, End::deadline, Time{0});
  }(ends));
}

TEST_CASE("pipe: a write waits for room, and ends at its deadline") {
  Ends ends;
  run(ends.context, [](Ends& e) -> awaitable<void> {
    co_await expect_write(*e.one, std::string(room, 'x'), End::octets, Time{0});
    const Written full = co_await e.one->write("y", soon);
    CHECK(full.end == End::deadline);
    CHECK(full.problem == "0 of 1 octets written in time");
    co_await expect(*e.other, std::string(room, 'x'));
    co_await expect_write(*e.one, "z", End::octets, Time{0});
    co_await expect(*e.other, "z");
  }(ends));
}

TEST_CASE("pipe: 4 MiB go through the 256 KiB") {
  Ends ends;
  run(ends.context, [](Ends& e) -> awaitable<void> {
    using namespace asio::experimental::awaitable_operators;
    std::string big;
    for (std::size_t i = 0; i < (std::size_t{4} << 20); ++i) big += static_cast<char>(i * 7919 >> 8);
    const auto [written, read] = co_await (e.one->write(big, patient) && read_all(*e.other, big.size()));
    CHECK(written.end == End::octets);
    CHECK((read.octets == big));
  }(ends));
}

TEST_CASE("pipe: the ends of a connection") {
  struct Row {
    const char* name;
    void (*act)(Ends&);
    End read;   ///< what `other` reads after the octets that were sent before
    End write;  ///< what `other` gets for a write
  };
  const Row rows[] = {
      {"half-close", [](Ends& e) { e.one->half_close(); }, End::closed, End::octets},
      {"close", [](Ends& e) { e.one->close(); }, End::closed, End::reset},
      {"destruction", [](Ends& e) { e.one.reset(); }, End::closed, End::reset},
      {"reset", [](Ends& e) { e.one->reset(); }, End::reset, End::reset},
      {"own close", [](Ends& e) { e.other->close(); }, End::reset, End::reset},
      {"own reset", [](Ends& e) { e.other->reset(); }, End::reset, End::reset},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    Ends ends;
    run(ends.context, [](Ends& e, Row r) -> awaitable<void> {
      co_await e.one->write("before", patient);
      r.act(e);
      if (!std::string_view(r.name).starts_with("own")) co_await expect(*e.other, "before");
      co_await expect_end(*e.other, r.read);
      co_await expect_end(*e.other, r.read);
      co_await expect_write(*e.other, "x", r.write);
    }(ends, row));
  }
}

TEST_CASE("pipe: a reader and a writer that wait are woken by close and reset") {
  for (const bool reset : {false, true}) {
    Ends ends;
    run(ends.context, [](Ends& e, bool by_reset) -> awaitable<void> {
      using namespace asio::experimental::awaitable_operators;
      auto end_it = [](Ends& of, bool hard) -> awaitable<bool> {
        if (hard)
          of.other->reset();
        else
          of.other->close();
        co_return hard;
      };
      const auto [read, written, hard] =
          co_await (e.one->read(patient) && e.one->write(std::string(room + 1, 'x'), patient) && end_it(e, by_reset));
      CHECK(read.end == (hard ? End::reset : End::closed));
      CHECK(written.end == End::reset);
    }(ends, reset));
  }
}
