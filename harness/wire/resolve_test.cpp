#include "harness/wire/resolve.hpp"

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <catch2/catch_test_macros.hpp>

namespace smtpspec::wire {
namespace {

Resolved in_a_loop(const std::string& host, Time time) {
  asio::io_context context;
  Resolved resolved;
  asio::co_spawn(context, resolve(host, time),
                 [&](const std::exception_ptr&, Resolved found) { resolved = std::move(found); });
  context.run();
  return resolved;
}

Resolved in_this_thread(const std::string& host, Time time) {
  return resolve_now(host, time, [] { return false; });
}

TEST_CASE("an address is itself, and a name is looked up") {
  for (const auto& ask : {in_a_loop, in_this_thread}) {
    for (const char* const address : {"127.0.0.1", "::1", "192.0.2.7", "fe80::1%1"}) {
      const Resolved found = ask(address, Time(0));
      REQUIRE(found.addresses.size() == 1);
      CHECK(found.addresses[0].to_string().starts_with(std::string(address).substr(0, 7)));
    }
    const Resolved local = ask("localhost", Time(5000));
    REQUIRE_FALSE(local.addresses.empty());
    CHECK(local.addresses[0].is_loopback());
    CHECK(local.in_time);
  }
}

TEST_CASE("what cannot be looked up says so") {
  for (const auto& ask : {in_a_loop, in_this_thread}) {
    CHECK(ask("", Time(5000)).problem == "no host was named");
    const Resolved none = ask("no such name", Time(20000));
    CHECK(none.addresses.empty());
    CHECK(none.problem.starts_with("no such name: "));
  }
  CHECK_FALSE(in_a_loop("no such name either", Time(0)).in_time);
  CHECK_FALSE(resolve_now("nor such a one", Time(20000), [] { return true; }).in_time);
}

}  // namespace
}  // namespace smtpspec::wire
