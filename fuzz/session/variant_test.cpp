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

}  // namespace
}  // namespace smtpspec::fuzz
