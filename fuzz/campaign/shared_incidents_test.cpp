#include "fuzz/campaign/shared_incidents.hpp"

#include <memory>

#include <catch2/catch_test_macros.hpp>

namespace smtpspec::fuzz {
namespace {

TEST_CASE("What happened comes to others as it was told, the latest of it") {
  const auto shared = std::make_unique<SharedIncidents>();
  shared->add({"sanitizer/load-of-misaligned-address/x.c:10", "x.c:10: load", false});
  shared->add({"crash/SIGSEGV", "a process of it died of SIGSEGV"});
  const auto all = shared->after(0);
  REQUIRE(all.size() == 2);
  CHECK(all[0].cause == "sanitizer/load-of-misaligned-address/x.c:10");
  CHECK(!all[0].ends);
  CHECK(all[1].actual == "a process of it died of SIGSEGV");
  CHECK(all[1].ends);
  CHECK(shared->after(1).size() == 1);
  for (int i = 0; i < 100; ++i) shared->add({"crash/SIGABRT", std::string(1000, 'x')});
  CHECK(shared->count() == 102);
  CHECK(shared->after(0).size() < 100);
  CHECK(shared->after(101).front().actual.size() < 1000);
}

}  // namespace
}  // namespace smtpspec::fuzz
