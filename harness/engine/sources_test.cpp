#include "harness/engine/sources.hpp"

#include <catch2/catch_test_macros.hpp>

namespace smtpspec::engine {
namespace {

std::vector<std::string> turns(const std::vector<std::string>& from, std::size_t count) {
  Sources sources(from);
  std::vector<std::string> seen;
  for (std::size_t i = 0; i < count; ++i) seen.push_back(sources.next());
  return seen;
}

using Seen = std::vector<std::string>;

TEST_CASE("sources are used in turn") {
  CHECK(turns({}, 2) == Seen{"", ""});
  CHECK(turns({"127.0.0.9"}, 2) == Seen{"127.0.0.9", "127.0.0.9"});
  CHECK(turns({"127.0.0.9", "::1"}, 3) == Seen{"127.0.0.9", "::1", "127.0.0.9"});
}

TEST_CASE("a prefix gives every address of it but the first and the last") {
  CHECK(turns({"127.0.0.0/30"}, 4) == Seen{"127.0.0.1", "127.0.0.2", "127.0.0.1", "127.0.0.2"});
  CHECK(turns({"127.0.0.7/29"}, 7) ==
        Seen{"127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5", "127.0.0.6", "127.0.0.1"});
  CHECK(turns({"127.0.0.0/8"}, 257)[256] == "127.0.1.1");
  CHECK(turns({"10.0.0.0/30", "127.0.0.9"}, 4) == Seen{"10.0.0.1", "127.0.0.9", "10.0.0.2", "127.0.0.9"});
}

TEST_CASE("a prefix without room for hosts is one address") {
  CHECK(turns({"127.0.0.4/32"}, 2) == Seen{"127.0.0.4", "127.0.0.4"});
  CHECK(turns({"127.0.0.4/31"}, 2) == Seen{"127.0.0.4", "127.0.0.4"});
  CHECK(turns({"::1/128"}, 1) == Seen{"::1"});
}

}  // namespace
}  // namespace smtpspec::engine
