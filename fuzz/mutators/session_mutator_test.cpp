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
  for (std::uint64_t seed = 0; seed < 5000; ++seed) all += mutate(seed % 2 == 0 ? plain : "> RSET\\r\\n\n", 4096, seed);
  for (const char* const way :
       {"\\n.\\n", "\\r\\r\\n", "STARTTLS", "BDAT", "..512}", "*998}", "\\xc5\\xbf", "> RS\\xd0\\x95T", "= data",
        "= rcpt\nC {header}\n", "\nR\n", "\n+ ", "\n. ", "SIZE=-1", "\n@\n"}) {
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

TEST_CASE("What is spliced fits: under TLS, after a login, among chunks") {
  const std::string first = "= greeted\n> STARTTLS\\r\\n\nT\n";
  const std::string second = "= greeted\n> STARTTLS\\r\\n\nT\n> XYZZY\\r\\n\n> EHLO a\\r\\n\n> PLUGH\\r\\n\n";
  const std::string chunks = "= rcpt\nC a\n> FROTZ\\r\\n\nL b\n> OZMOO\\r\\n\n";
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    const std::string both = cross_over(first, second, 4096, seed);
    if (both.starts_with(first))
      CHECK((both.find("PLUGH") == std::string::npos || both.find("EHLO") != std::string::npos));
    const std::string other = cross_over("= rcpt\nC x\n", chunks, 4096, seed);
    if (other.starts_with("= rcpt\nC x\n")) CHECK(other.find("C a") == std::string::npos);
  }
}

TEST_CASE("A server's own words come up, as commands too, and only where they are given") {
  const std::vector<std::string> own = {"XYZZY"};
  std::string with;
  std::string without;
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    with += mutate(plain, 4096, seed, own);
    without += mutate(plain, 4096, seed);
  }
  CHECK(with.find("> XYZZY\\r\\n") != std::string::npos);
  CHECK(with.find(" XYZZY") != std::string::npos);
  CHECK(without.find("XYZZY") == std::string::npos);
}

}  // namespace
}  // namespace smtpspec::fuzz
