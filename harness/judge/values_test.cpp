#include "harness/judge/values.hpp"

#include <algorithm>

#include <catch2/catch_test_macros.hpp>

namespace smtpspec::judge {
namespace {

const std::string token = "t0123456789abcdef";
const std::string date = "Thu, 01 Jan 2026 00:00:00 +0000";

scenario::Target target() {
  scenario::Target target;
  target.mail.accepts = {"alice@example.test", "bob@example.test"};
  target.auth = scenario::Target::Auth{"alice", "secret"};
  return target;
}

scenario::Text text(const std::string& source) {
  auto parsed = scenario::parse_text(source);
  REQUIRE(parsed);
  return *parsed;
}

TEST_CASE("every value that scenarios may name") {
  auto facts = target();
  facts.mail.rejects = {"nobody@example.test"};
  facts.mail.foreign = {"someone@elsewhere.example"};
  Values values(facts, token, date);
  for (const auto& known : scenario::known_values()) {
    INFO(known.name);
    CHECK(values.find(known.name));
  }
  CHECK(values.find("accepted") == "alice@example.test");
  CHECK(values.find("accepted2") == "bob@example.test");
  CHECK(values.find("accepted-in-capitals") == "alice@EXAMPLE.TEST");
  CHECK(values.find("sender") == "sender+" + token + "@client.example");
  CHECK(values.find("smuggled") == "smuggled+" + token + "@client.example");
  CHECK(values.find("token") == token);
  CHECK(values.find("client") == "client.example");
  CHECK_FALSE(values.find("unknown"));
}

TEST_CASE("what the target does not have is not known") {
  scenario::Target bare;
  bare.mail.accepts = {"alice@example.test"};
  Values values(bare, token, date);
  for (const char* name : {"rejected", "foreign", "user", "password"}) CHECK_FALSE(values.find(name));
  CHECK(values.find("accepted2") == "alice@example.test");
}

TEST_CASE("each header is new and bears the token") {
  Values values(target(), token, date);
  const auto first = values.find("header");
  const auto second = values.find("header");
  REQUIRE((first && second));
  CHECK(*first != *second);
  CHECK(first->find("Message-ID: <" + token + ".1@client.example>\r\n") != std::string::npos);
  CHECK(second->find("Message-ID: <" + token + ".2@client.example>\r\n") != std::string::npos);
  CHECK(first->find("From: <sender+" + token) == 0);
  CHECK(first->find("Date: " + date + "\r\n") != std::string::npos);
  CHECK(first->substr(first->size() - 4) == "\r\n\r\n");
  CHECK(first->find("\r\n\r\n") == first->size() - 4);
  // Judge must find the last one again, and make none.
  Values kept(values.kept());
  CHECK(kept.find("header") == second);
  CHECK(kept.find("header") == second);
}

TEST_CASE("what is kept of the values") {
  Values values(target(), token, date);
  values.capture({{"id", "7F"}});
  const auto kept = values.kept();
  const auto has = [&](const char* name) {
    return std::any_of(kept.begin(), kept.end(), [&](const auto& value) { return value.first == name; });
  };
  CHECK(has("sender"));
  CHECK(has("user"));
  CHECK(has("id"));
  CHECK_FALSE(has("password"));
  for (const auto& [name, value] : kept) CHECK(value.find("secret") == std::string::npos);
}

TEST_CASE("a token in a mailbox") {
  CHECK(with_token("a@b.example", "t") == "a+t@b.example");
  CHECK(with_token("\"a@b\"@c.example", "t") == "\"a@b\"+t@c.example");
  CHECK(with_token("postmaster", "t") == "postmaster+t");
}

TEST_CASE("octets of a text that must not be written down") {
  Values values(target(), token, date);
  using Secrets = std::vector<std::string>;
  CHECK(values.secrets_in(text("AUTH PLAIN {user}")).empty());
  CHECK(values.secrets_in(text("PASS {password}")) == Secrets{"secret"});
  CHECK(values.secrets_in(text(R"(AUTH PLAIN {base64:\0{user}\0{password}})")) == Secrets{"AGFsaWNlAHNlY3JldA=="});
  CHECK(values.secrets_in(text("{base64:{user}}")).empty());
  CHECK(values.secrets_in(text("{base64:{base64:{password}}}")) == Secrets{"YzJWamNtVjA="});
  CHECK(values.secrets_in(text("{password} {base64:{password}}")) == Secrets{"secret", "c2VjcmV0"});
  scenario::Target bare;
  CHECK(Values(bare, token, date).secrets_in(text("{password}")).empty());
}

}  // namespace
}  // namespace smtpspec::judge
