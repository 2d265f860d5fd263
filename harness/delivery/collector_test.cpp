#include "harness/delivery/collector.hpp"

#include <set>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>

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

std::vector<std::string> tokens_in(std::string_view octets) {
  std::vector<std::string> tokens;
  each_token(octets, [&](std::string_view token) { tokens.emplace_back(token); });
  return tokens;
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
  for (const std::string& token : tokens) CHECK(tokens_in("x" + token + "y") == std::vector{token});
  CHECK(make_token("1", "a", 2) == make_token("1", "a", 2));
  CHECK(make_secret() != make_secret());
}

TEST_CASE("tokens are found in the envelope and in the message") {
  const std::string a = "t0123456789abcdef", b = "tfedcba9876543210", c = "t00000000deadbeef";
  const std::string octets = "Subject: " + c + "\r\n\r\ntt" + a + " t0123 T0123456789abcdef t0123456789abcdeX" + c;
  CHECK(tokens_in(octets) == std::vector{c, a, c});
  CHECK(tokens_in("t0123456789abcde").empty());
  asio::io_context context;
  Collector collector(context.get_executor());
  for (const std::string& token : {a, b, c}) collector.expect(token);
  record::Delivery delivery = message(octets);
  delivery.reverse_path = a + "@client.example";
  delivery.recipients = {{"alice+" + b + "@example.test", std::nullopt}};
  collector.add(delivery);
  for (const std::string& token : {a, b, c}) CHECK(collector.count(token) == 1);
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
  REQUIRE(collector.of(a).size() == 2);
  CHECK(collector.of(a)[0].message == "1 " + a);
  CHECK(collector.of(a)[1].message == "3 " + a + b);
  collector.retire(a);
  CHECK(collector.of(a).empty());
  REQUIRE(collector.of(b).size() == 1);
  CHECK(collector.of(b)[0].message == "2 " + b);
  collector.retire(a);
  collector.add(message("5 " + a));
  CHECK(collector.of(a).empty());
  collector.retire(b);
  CHECK(collector.of(b).empty());
  CHECK(collector.dropped() == 0);
}

TEST_CASE("of messages that there is no room for the begin is kept, and then nothing, and that is known") {
  asio::io_context context;
  Collector collector(context.get_executor());
  const std::string token = "t0123456789abcdef";
  const auto another = [](std::size_t number) { return fmt::format("t{:016x}", number); };
  const auto large = [](const std::string& of) { return of + std::string(MailLimits::message, 'x'); };
  collector.expect(token);
  // One token has its share, and leaves room for the others.
  constexpr std::size_t count = 30;
  for (std::size_t i = 0; i < count; ++i) collector.add(message(large(token)));
  auto messages = collector.of(token);
  REQUIRE(messages.size() == count);
  for (const record::Delivery& one : messages) CHECK(one.message.size() + one.omitted == large(token).size());
  CHECK(messages.front().message.size() == MailLimits::message);
  CHECK(messages.back().message == large(token).substr(0, MailLimits::begin));
  const auto first_of_another = [&](std::size_t number) {
    collector.expect(another(number));
    collector.add(message(large(another(number))));
    return collector.of(another(number)).at(0).message.size();
  };
  CHECK(first_of_another(0) == MailLimits::message);
  // All of them have their share too.
  for (std::size_t i = 1; i < 20; ++i) (void)first_of_another(i);
  CHECK(first_of_another(20) == MailLimits::begin);
  CHECK(collector.dropped() == 0);
  for (std::size_t i = 0; i < 100'000 && collector.dropped() == 0; ++i) collector.add(message(large(token)));
  CHECK(collector.dropped() == 1);
  CHECK(collector.missed(token));
  CHECK_FALSE(collector.missed(another(0)));
  std::size_t octets = 0;
  for (const record::Delivery& one : collector.of(token)) octets += one.message.size();
  CHECK(octets <= MailLimits::held);
  collector.retire(token);
  collector.expect(token);
  CHECK_FALSE(collector.missed(token));
  for (std::size_t i = 0; i <= 20; ++i) collector.retire(another(i));
  collector.add(message(large(token)));
  CHECK(collector.of(token).at(0).message.size() == MailLimits::message);
}

TEST_CASE("small messages are bounded too, by what they take") {
  asio::io_context context;
  Collector collector(context.get_executor());
  const std::string token = "t0123456789abcdef";
  for (std::size_t i = 0; i < 100'000; ++i) collector.add(message("nobody's"));
  collector.expect(token);
  std::size_t count = 0;
  while (collector.dropped() == 0 && count < 1'000'000) {
    collector.add(message(token));
    ++count;
  }
  CHECK(count > 10'000);
  CHECK(count < MailLimits::held / 128);
  CHECK(collector.count(token) == count - 1);
}

TEST_CASE("a message that may be anybody's is missed by all who wait") {
  asio::io_context context;
  Collector collector(context.get_executor());
  const std::string a = "t0123456789abcdef", b = "t0000000000000000";
  collector.expect(a);
  collector.add(message(a + std::string(MailLimits::searched, 'x')));
  CHECK(collector.count(a) == 1);
  CHECK_FALSE(collector.missed(a));  // it is known whose it is
  collector.add(message(std::string(MailLimits::searched, 'x')));
  CHECK_FALSE(collector.missed(a));
  collector.add(message(std::string(MailLimits::searched, 'x') + a));
  CHECK(collector.missed(a));
  collector.expect(b);
  CHECK_FALSE(collector.missed(b));
  collector.miss(b);
  CHECK(collector.missed(b));
}

TEST_CASE("what comes late is bounded") {
  asio::io_context context;
  Collector collector(context.get_executor());
  const std::string token = "t0123456789abcdef";
  collector.expect(token);
  collector.retire(token);
  for (std::size_t i = 0; i < 2 * Collector::max_late; ++i)
    collector.add(message(token + std::string(MailLimits::message, 'x')));
  CHECK(collector.late().size() == Collector::max_late);
  std::size_t octets = 0;
  for (const auto& late : collector.late()) octets += late.delivery.message.capacity();
  CHECK(octets <= MailLimits::late + Collector::max_late * 2 * MailLimits::begin);
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
  SECTION("one wanted, and it is known that it may have gone by unseen") {
    asio::steady_timer timer(context, milliseconds(50));
    timer.async_wait([&](const asio::error_code&) { collector.miss_all(); });
    CHECK(settle(context, collector, token, 1, milliseconds(15'000), milliseconds(20)) < milliseconds(10'000));
  }
  SECTION("all there already") {
    collector.add(message(token));
    const auto took = settle(context, collector, token, 1, milliseconds(15'000), milliseconds(20));
    CHECK(took < milliseconds(5'000));
  }
}

}  // namespace
}  // namespace smtpspec::delivery
