#include "fuzz/mutators/session_mutator.hpp"

#include <set>
#include <string>

#include <catch2/catch_test_macros.hpp>

#include "fuzz/session/session_input.hpp"

namespace smtpspec::fuzz {
namespace {

const std::string plain = "= rcpt\n> DATA\\r\\n\nM {header}text\\r\\n\n> QUIT\\r\\n\n";

TEST_CASE("The same seed makes the same change, another seed another") {
  std::set<std::string> seen;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    const std::string changed = mutate(plain, 4096, seed);
    CHECK(changed == mutate(plain, 4096, seed));
    seen.insert(changed);
  }
  CHECK(seen.size() > 800);
}

TEST_CASE("No change makes an input longer than it may be, and each can be played") {
  std::string input = plain;
  for (std::uint64_t seed = 0; seed < 5000; ++seed) {
    input = mutate(seed % 50 == 0 ? plain : input, 300, seed);
    REQUIRE(input.size() <= 300);
    REQUIRE(decode(input).steps.size() <= most_actions);
  }
}

TEST_CASE("People's ways to break SMTP all come up") {
  std::string all;
  for (std::uint64_t seed = 0; seed < 5000; ++seed) all += mutate(plain, 4096, seed);
  for (const char* const way : {"\\n.\\n", "\\r\\r\\n", "STARTTLS", "BDAT", "..512}", "*998}", "\\xc5\\xbf", "= data",
                                "\nR\n", "\n+ ", "\n. ", "SIZE=-1", "\n@\n"}) {
    INFO(way);
    CHECK(all.find(way) != std::string::npos);
  }
}

TEST_CASE("Two sessions are spliced where they are in the same state") {
  const std::string first = "> MAIL FROM:<{sender}>\\r\\n\n> RCPT TO:<{accepted}>\\r\\n\n> RSET\\r\\n\n";
  const std::string second = "> MAIL FROM:<>\\r\\n\n> RCPT TO:<{rejected}>\\r\\n\n> DATA\\r\\n\nM x\n";
  bool continued = false;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const std::string both = cross_over(first, second, 4096, seed);
    CHECK(both == cross_over(first, second, 4096, seed));
    continued = continued || both == "> MAIL FROM:<{sender}>\\r\\n\n> RCPT TO:<{accepted}>\\r\\n\n> DATA\\r\\n\nM x\n";
  }
  CHECK(continued);
}

}  // namespace
}  // namespace smtpspec::fuzz
