#include "harness/delivery/lookout.hpp"

#include <atomic>
#include <future>
#include <new>
#include <utility>

#include <asio/co_spawn.hpp>
#include <asio/execution.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <catch2/catch_test_macros.hpp>

namespace smtpspec::delivery {
namespace {

using std::chrono::milliseconds;
using Clock = Lookout::Clock;

/// Asks the lookout and runs the loop until it has answered.
bool seen(asio::io_context& context, Lookout& lookout, milliseconds most) {
  bool answer = false;
  bool answered = false;
  asio::co_spawn(context, lookout.seen(Clock::now(), most), [&](const std::exception_ptr&, bool given) {
    answer = given;
    answered = true;
  });
  context.restart();
  while (!answered && context.run_one_for(std::chrono::seconds(20)) != 0) continue;
  REQUIRE(answered);
  return answer;
}

Look whole_look() {
  Look look;
  look.seen_until = Clock::now();
  return look;
}

TEST_CASE("looks go on in a thread of their own, and what they find is taken in the loop's") {
  asio::io_context context;
  std::atomic<int> looks = 0;
  std::atomic<std::thread::id> looked_in;
  std::vector<std::thread::id> taken_in;
  Lookout lookout(
      context.get_executor(),
      [&] {
        ++looks;
        looked_in = std::this_thread::get_id();
        return whole_look();
      },
      [&](const Look&) { taken_in.push_back(std::this_thread::get_id()); });
  std::this_thread::sleep_for(milliseconds(500));
  CHECK(looks == 1);  // the next waits until this one is taken
  CHECK(seen(context, lookout, milliseconds(20'000)));
  CHECK(looks >= 2);
  CHECK(looked_in.load() != std::this_thread::get_id());
  REQUIRE(taken_in.size() >= 2);
  CHECK(taken_in.front() == std::this_thread::get_id());
}

TEST_CASE("what was there is not seen while looks are lost, throw, or leave something") {
  struct Case {
    std::function<Look()> look;
    bool lost;
  };
  const Case cases[] = {
      {[] { return Look(); }, false},
      {[]() -> Look { throw std::bad_alloc(); }, true},
      {[]() -> Look { throw "what nobody expects"; }, true},
      {[] {
         Look look = whole_look();
         look.lost = "gone";
         return look;
       },
       true},
  };
  for (const Case& one : cases) {
    asio::io_context context;
    std::string lost;
    Lookout lookout(context.get_executor(), one.look, [&](const Look& look) { lost = look.lost; });
    CHECK_FALSE(seen(context, lookout, milliseconds(one.lost ? 20'000 : 300)));
    CHECK(lost.empty() == !one.lost);
  }
}

/// Has room for what its own thread posts, and for nothing else.
struct Full {
  asio::io_context::executor_type loop;
  std::thread::id own = std::this_thread::get_id();

  asio::execution_context& query(asio::execution::context_t) const noexcept { return loop.context(); }
  static constexpr asio::execution::blocking_t query(asio::execution::blocking_t) noexcept {
    return asio::execution::blocking.never;
  }
  [[nodiscard]] Full require(asio::execution::blocking_t::never_t) const { return *this; }
  template <class Function>
  void execute(Function function) const {
    if (std::this_thread::get_id() != own) throw std::bad_alloc();
    asio::post(loop, std::move(function));
  }
  bool operator==(const Full& other) const noexcept = default;
};

TEST_CASE("a thread that fails is a road that is lost") {
  asio::io_context context;
  std::string lost;
  Lookout lookout(asio::any_io_executor(Full{context.get_executor()}), whole_look,
                  [&](const Look& look) { lost = look.lost; });
  const auto begun = Clock::now();
  CHECK_FALSE(seen(context, lookout, milliseconds(20'000)));
  CHECK(Clock::now() - begun < milliseconds(10'000));
  CHECK(lost == "what looks at it has failed");
}

TEST_CASE("a look that is stuck holds nobody up") {
  asio::io_context context;
  std::promise<void> disk;
  const auto stuck = std::make_shared<std::shared_future<void>>(disk.get_future().share());
  std::promise<void> over;
  auto begun = Clock::now();
  {
    Lookout lookout(
        context.get_executor(),
        [stuck, &over] {
          stuck->wait();
          over.set_value();
          return Look();
        },
        [](const Look&) { FAIL("nothing is given when it has ended"); });
    CHECK_FALSE(seen(context, lookout, milliseconds(100)));
    begun = Clock::now();
  }
  CHECK(Clock::now() - begun < 10 * Lookout::longest_end);
  disk.set_value();
  over.get_future().wait();
  context.restart();
  context.run_for(milliseconds(50));
}

TEST_CASE("a lookout that is at rest ends at once") {
  asio::io_context context;
  const auto begun = Clock::now();
  {
    Lookout lookout(context.get_executor(), whole_look, [](const Look&) {});
    CHECK(seen(context, lookout, milliseconds(20'000)));
  }
  CHECK(Clock::now() - begun < milliseconds(10'000));
}

}  // namespace
}  // namespace smtpspec::delivery
