#include "harness/delivery/collector.hpp"

#include <set>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <catch2/catch_test_macros.hpp>

#include "harness/delivery/token.hpp"

namespace smtpspec::delivery {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

record::Delivery message(const std::string& octets) {
  record::Delivery delivery;
  delivery.message = octets;
  return delivery;
}

void add_after(asio::io_context& context, Collector& collector, milliseconds time, const std::string& octets) {
  auto timer = std::make_shared<asio::steady_timer>(context, time);
  timer->async_wait([timer, &collector, octets](const asio::error_code&) { collector.add(message(octets)); });
}

/// How long `settled` took.
milliseconds settle(asio::io_context& context, Collector& collector, const std::string& token, std::size_t wanted,
                    milliseconds wait, milliseconds quiet) {
  const auto begun = Clock::now();
  auto ended = begun;
  asio::co_spawn(context, collector.settled(token, wanted, wait, quiet),
                 [&ended](const std::exception_ptr&, std::chrono::nanoseconds) { ended = Clock::now(); });
  context.restart();
  context.run_for(std::chrono::seconds(20));
  REQUIRE(ended != begun);
  return std::chrono::duration_cast<milliseconds>(ended - begun);
}

TEST_CASE("tokens are of one form, and differ with secret, scenario and attempt") {
  std::set<std::string> tokens;
  for (std::uint64_t secret = 0; secret < 10; ++secret) {
    for (const char* const scenario : {"a", "b", "ab", ""}) {
      for (std::size_t attempt = 0; attempt < 10; ++attempt)
        tokens.insert(make_token(std::to_string(secret), scenario, attempt));
    }
  }
  CHECK(tokens.size() == 400);
  for (const std::string& token : tokens) CHECK(tokens_in(message("x" + token + "y")) == std::vector{token});
  CHECK(make_token("1", "a", 2) == make_token("1", "a", 2));
  CHECK(make_secret() != make_secret());
}

TEST_CASE("tokens are found in the envelope and in the message, each once") {
  const std::string a = "t0123456789abcdef", b = "tfedcba9876543210", c = "t00000000deadbeef";
  record::Delivery delivery =
      message("Subject: " + c + "\r\n\r\ntt" + a + " t0123 T0123456789abcdef t0123456789abcdeX" + c);
  delivery.reverse_path = a + "@client.example";
  delivery.recipients = {{"alice+" + b + "@example.test", std::nullopt}};
  CHECK(tokens_in(delivery) == std::vector{a, b, c});
  CHECK(tokens_in(message("t0123456789abcde")).empty());
}

TEST_CASE("messages go to their tokens and are forgotten with them") {
  asio::io_context context;
  Collector collector(context.get_executor());
  const std::string a = make_token("", "a", 0), b = make_token("", "b", 0);
  collector.add(message("0 " + a));
  CHECK(collector.of(a).empty());
  collector.expect(a);
  collector.expect(b);
  collector.add(message("1 " + a));
  collector.add(message("2 " + b));
  collector.add(message("3 " + a + b));
  collector.add(message("4"));
  CHECK(collector.received() == 5);
  REQUIRE(collector.of(a).size() == 2);
  CHECK(collector.of(a)[0].message == "1 " + a);
  CHECK(collector.of(a)[1].message == "3 " + a + b);
  collector.forget(a);
  CHECK(collector.of(a).empty());
  REQUIRE(collector.of(b).size() == 1);
  CHECK(collector.of(b)[0].message == "2 " + b);
  collector.forget(a);
  collector.add(message("5 " + a));
  CHECK(collector.of(a).empty());
  collector.forget(b);
  CHECK(collector.of(b).empty());
  CHECK(collector.dropped() == 0);
}

TEST_CASE("what is beyond the bound is dropped and counted") {
  asio::io_context context;
  Collector collector(context.get_executor());
  const std::string token = make_token("", "a", 0);
  for (std::size_t i = 0; i < Collector::max_messages; ++i) collector.add(message(""));
  collector.expect(token);
  for (std::size_t i = 0; i <= Collector::max_messages; ++i) collector.add(message(token));
  CHECK(collector.dropped() == 1);
  CHECK(collector.of(token).size() == Collector::max_messages);
  CHECK(collector.received() == 2 * Collector::max_messages + 1);
  collector.forget(token);
  collector.expect(token);
  collector.add(message(token));
  CHECK(collector.dropped() == 1);
  CHECK(collector.of(token).size() == 1);
}

TEST_CASE("what bears a token that was retired is late") {
  asio::io_context context;
  Collector collector(context.get_executor());
  const std::string token = make_token("", "a", 0);
  collector.expect(token);
  collector.add(message(token));
  collector.retire(token);
  CHECK(collector.late().empty());
  collector.add(message(make_token("", "b", 0)));
  collector.add(message("again " + token));
  REQUIRE(collector.late().size() == 1);
  CHECK(collector.late()[0].token == token);
  CHECK(collector.late()[0].delivery.message == "again " + token);
  CHECK(collector.of(token).empty());
}

TEST_CASE("settled waits for the wanted messages and then for quiet") {
  asio::io_context context;
  Collector collector(context.get_executor());
  const std::string token = make_token("", "a", 0);
  collector.expect(token);

  SECTION("nothing wanted, nothing comes: quiet alone") {
    const auto took = settle(context, collector, token, 0, milliseconds(10'000), milliseconds(50));
    CHECK(took >= milliseconds(50));
    CHECK(took < milliseconds(5'000));
  }
  SECTION("one wanted, and a second inside the quiet is seen as well") {
    add_after(context, collector, milliseconds(50), token);
    add_after(context, collector, milliseconds(100), token);
    add_after(context, collector, milliseconds(60), "another's");
    const auto took = settle(context, collector, token, 1, milliseconds(15'000), milliseconds(500));
    CHECK(took >= milliseconds(590));
    CHECK(took < milliseconds(10'000));
    CHECK(collector.of(token).size() == 2);
  }
  SECTION("one wanted, none comes: the whole wait") {
    CHECK(settle(context, collector, token, 1, milliseconds(100), milliseconds(10)) >= milliseconds(100));
  }
  SECTION("all there already") {
    collector.add(message(token));
    const auto took = settle(context, collector, token, 1, milliseconds(15'000), milliseconds(20));
    CHECK(took < milliseconds(5'000));
  }
}

}  // namespace
}  // namespace smtpspec::delivery
