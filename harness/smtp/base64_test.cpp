#include "harness/smtp/base64.hpp"

#include <string>
#include <utility>

#include <catch2/catch_test_macros.hpp>

using namespace smtpspec::smtp;

TEST_CASE("base64: the vectors of RFC 4648 section 10, both ways") {
  const std::pair<std::string, std::string> rows[] = {
      {"", ""},
      {"f", "Zg=="},
      {"fo", "Zm8="},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg=="},
      {"fooba", "Zm9vYmE="},
      {"foobar", "Zm9vYmFy"},
      {"\xff\xfe\xfd", "//79"},
      {std::string(3, '\0'), "AAAA"},
  };
  for (const auto& [octets, text] : rows) {
    CHECK(base64_encode(octets) == text);
    CHECK(base64_decode(text) == octets);
  }
}

TEST_CASE("base64: everything that was encoded is decoded again") {
  std::string octets;
  for (int size = 0; size < 600; ++size) {
    const auto decoded = base64_decode(base64_encode(octets));
    REQUIRE(decoded);
    REQUIRE(*decoded == octets);
    octets += static_cast<char>(size * 31);
  }
  const std::string big((std::size_t{7} << 20) + 1, 'x');
  CHECK((base64_decode(base64_encode(big)) == big));
}

TEST_CASE("base64: what is not strict is refused") {
  for (const std::string& text :
       {std::string("="), std::string("Zg"), std::string("Zg="), std::string("Zg==="), std::string("===="),
        std::string("Z==="), std::string("Zg==Zg=="), std::string("Zm=v"), std::string("Zm9v\n"), std::string("Zm9\n"),
        std::string(" m9v"), std::string("Zm-_"), std::string("Zm9v===="), std::string("Zh=="), std::string("Zm9="),
        std::string("Zm9\0", 4), std::string("\xff\xff\xff\xff"), std::string("*")}) {
    CAPTURE(text);
    CHECK_FALSE(base64_decode(text));
  }
}
