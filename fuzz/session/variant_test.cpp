#include "fuzz/session/variant.hpp"

#include <catch2/catch_test_macros.hpp>

#include "fuzz/session/session_input.hpp"

namespace smtpspec::fuzz {
namespace {

std::string so(const std::string& input, Variant variant, std::size_t where = 0) {
  const auto session = varied(decode(input), variant, where);
  return session ? encode(*session).value_or("cannot be written") : "";
}

const std::string mail = "= ready\n> MAIL FROM:<{sender}>\\r\\n\n> RCPT TO:<{accepted}>\\r\\n\n";
const std::string message = "> DATA\\r\\n\nM {header}text\\r\\n\n";

TEST_CASE("A session is held otherwise") {
  CHECK(so(mail, Variant::cut, 1) == "= ready\n> MAIL FROM:<{sender}>\\r\\n\n. RCPT TO:<{accepted}>\\r\\n\n");
  CHECK(so(mail + message, Variant::pipelined) ==
        "= ready\n+ MAIL FROM:<{sender}>\\r\\n\n+ RCPT TO:<{accepted}>\\r\\n\n" + message);
  CHECK(so(mail + message, Variant::chunked) == mail + "L {header}text\\r\\n\n");
  CHECK(so(mail, Variant::noop, 1) ==
        "= ready\n> MAIL FROM:<{sender}>\\r\\n\n> NOOP\\r\\n\n> RCPT TO:<{accepted}>\\r\\n\n");
}

TEST_CASE("Only where the RFCs promise the same") {
  CHECK(so("= ready\n> NOOP\\r\\n\n> RSET\\r\\n\n", Variant::pipelined).empty());  // NOOP ends a group
  CHECK(so("= ready\n> RSET\\r\\n\nC text\n", Variant::pipelined).empty());
  CHECK(so(mail + "> DATA\\r\\n\nM text\n", Variant::chunked).empty());  // DATA adds the last line end
  CHECK(so(mail + "C a\nL b\n", Variant::noop, 2) ==
        so(mail + "C a\nL b\n", Variant::noop, 0));  // between MAIL and RCPT alone
  for (const Variant variant : all_variants) {
    CHECK(so(mail + "> DATA\\r\\n\n> text\\r\\n\n", variant).empty());
    CHECK(so("= data\n> NOOP\\r\\n\n", variant).empty());
    CHECK(so("= ready\n> RSET\\n\n", variant).empty());
    CHECK(so("= ready\n> RSET\\r\\nRSET\\r\\n\n", variant).empty());
    CHECK(so("= ready\n+ RSET\\r\\n\n> RSET\\r\\n\n", variant).empty());
    CHECK(so("= ready\n> AUTH PLAIN\\r\\n\n> RSET\\r\\n\n", variant).empty());
    CHECK(so("= greeted\n> STARTTLS\\r\\n\nT\n", variant).empty());
  }
}

TEST_CASE("A session that is held otherwise may expect what it came to as usual") {
  const auto codes_of = [](Variant variant) {
    std::vector<std::vector<std::string>> all;
    const auto session = varied(decode(mail + message), variant, 1, {250, 251, 354, 550});
    for (const scenario::Step& step : session.value().steps) {
      all.emplace_back(step.owed ? 1 : 0, "owed");
      for (const scenario::Expectation& one : step.replies) all.back().push_back(one.alternatives.front().code);
    }
    return all;
  };
  using Codes = std::vector<std::vector<std::string>>;
  CHECK(codes_of(Variant::cut) == Codes{{"250"}, {"251"}, {"354"}, {"550"}});
  CHECK(codes_of(Variant::pipelined) == Codes{{}, {}, {"250", "251", "354"}, {"550"}});
  CHECK(codes_of(Variant::chunked) == Codes{{"2yz"}, {"2yz"}, {"5yz"}});
  CHECK(codes_of(Variant::noop) == Codes{{"250"}, {"owed"}, {"251"}, {"354"}, {"550"}});
  // Not where it is not known which code is whose.
  CHECK(varied(decode(mail), Variant::cut, 0, {250}) == varied(decode(mail), Variant::cut, 0));
}

}  // namespace
}  // namespace smtpspec::fuzz
