#include "harness/delivery/message_reader.hpp"

#include <ctime>

#include <fmt/format.h>

#include "harness/delivery/folder_test.hpp"

namespace smtpspec::delivery {
namespace {

std::vector<std::string> all_tokens(std::string_view octets) {
  std::vector<std::string> tokens;
  each_token(octets, [&](std::string_view one) { tokens.emplace_back(one); });
  return tokens;
}

TEST_CASE("a token is t and 16 hexadecimal digits, wherever it stands") {
  const std::string other = "tfedcba9876543210";
  CHECK(all_tokens("x" + token + "y" + other + token + "0t") == std::vector{token, other, token});
  CHECK(all_tokens("tt" + token + "tt0123456789abcde") == std::vector{token});
  CHECK(all_tokens("t0123456789ABCDEF t0123456789abcde t 0123456789abcdef").empty());
  CHECK(all_tokens("t012345" + token) == std::vector{token});
}

TEST_CASE("a message is kept whole, and its tokens are found, however it comes in parts") {
  const std::string message = "Subject: " + token + "\r\n\r\n" + std::string(40, 't') + token;
  for (std::size_t part = 1; part <= message.size(); ++part) {
    MessageReader reader(living());
    for (std::size_t at = 0; at < message.size(); at += part) reader.take(std::string_view(message).substr(at, part));
    CHECK(reader.size() == message.size());
    const Incoming incoming = reader.finish();
    CHECK(incoming.delivery.message == message);
    CHECK(incoming.delivery.omitted == 0);
    CHECK(incoming.tokens == Texts{token});
    CHECK(incoming.searched);
    CHECK(reader.size() == 0);
  }
  for (std::size_t border = 1; border < token.size(); ++border) {
    MessageReader reader(living());
    reader.take("x" + token.substr(0, border));
    reader.take(token.substr(border));
    CHECK(reader.finish().tokens.size() == 1);
    reader.take(token.substr(border));  // of another message
    CHECK(reader.finish().tokens.empty());
  }
}

TEST_CASE("of a large message the begin is kept, and more of it is searched") {
  MessageReader reader(living());
  const std::string mebibyte(std::size_t{1} << 20, '.');
  reader.take("begin");
  for (int i = 0; i < 3; ++i) reader.take(mebibyte);
  reader.take(token);
  CHECK_FALSE(reader.full());
  Incoming incoming = reader.finish();
  CHECK(incoming.delivery.message.size() == MailLimits::message);
  CHECK(incoming.delivery.message.starts_with("begin..."));
  CHECK(incoming.delivery.message.size() + incoming.delivery.omitted == 3 * mebibyte.size() + 5 + token.size());
  CHECK(incoming.tokens.size() == 1);
  CHECK(incoming.searched);
  for (int i = 0; i < 16; ++i) reader.take(mebibyte);
  CHECK(reader.full());
  reader.take(token);
  reader.pass_over(1000);
  CHECK(reader.size() == 16 * mebibyte.size() + token.size() + 1000);
  incoming = reader.finish();
  CHECK(incoming.tokens.empty());
  CHECK_FALSE(incoming.searched);
  reader.take("x");
  reader.pass_over(1);
  CHECK_FALSE(reader.finish().searched);
  reader.take("x");
  CHECK(reader.finish().searched);
}

TEST_CASE("who does not know which tokens live finds all, as far as that can be") {
  MessageReader reader(std::make_shared<LivingTokens>(LivingTokens::Alive::all));
  reader.take("t0123456789abcdef and tffffffffffffffff");
  CHECK(reader.finish().tokens == Texts{"t0123456789abcdef", "tffffffffffffffff"});
  for (std::size_t i = 0; i < 20'000; ++i) reader.take(fmt::format("t{:016x}", i));
  CHECK(reader.finish().tokens.size() < 2'000);
}

TEST_CASE("a message of made-up tokens takes little time, and of those that live each is found once") {
  std::string message;
  for (std::size_t i = 0; message.size() < (std::size_t{8} << 20); ++i) message += fmt::format("t{:016x}", i);
  const auto tokens = std::make_shared<LivingTokens>();
  for (std::size_t i = 0; i < 20'000; ++i) tokens->add(fmt::format("t{:016x}", i));
  MessageReader reader(tokens);
  const std::clock_t begun = std::clock();
  reader.take(message);
  reader.take(message);
  const Incoming incoming = reader.finish();
  CHECK(std::clock() - begun < 2 * CLOCKS_PER_SEC);  // it took 113 s where all that were found were compared
  CHECK(incoming.tokens.size() == 20'000);
}

}  // namespace
}  // namespace smtpspec::delivery
