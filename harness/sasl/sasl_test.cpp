#include "harness/sasl/sasl.hpp"

#include <thread>

#include <catch2/catch_test_macros.hpp>

using namespace smtpspec::sasl;
using Status = Sasl::Status;

namespace {

const std::string mechanisms[] = {"PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256"};

std::optional<std::string> password_of(const std::string& user) {
  if (user == "alice") return "secret";
  if (user == "bob") return "";
  return std::nullopt;
}

std::unique_ptr<Sasl> server_for(const std::string& mechanism) {
  return Sasl::server(mechanism, password_of, "localhost");
}

struct Outcome {
  Status client = Status::failed;
  Status server = Status::failed;
  std::string user;
  bool server_first = false;
};

/// The whole exchange as RFC 4954 section 4 carries it.
Outcome play(const std::string& mechanism, const std::string& user, const std::string& password) {
  const auto client = Sasl::client(mechanism, user, password, "localhost");
  const auto server = server_for(mechanism);
  if (!client || !server) return {};
  Outcome outcome;
  Sasl::Stepped said = mechanism == "LOGIN" ? Sasl::Stepped() : client->step("");
  outcome.server_first = said.octets.empty();
  outcome.client = said.status;
  for (int turns = 0; turns < 10; ++turns) {
    const Sasl::Stepped asked = server->step(said.octets);
    outcome.server = asked.status;
    if (asked.status == Status::failed) break;
    if (asked.status == Status::done && asked.octets.empty()) break;
    said = client->step(asked.octets);
    outcome.client = said.status;
    if (said.status == Status::failed || asked.status == Status::done) break;
  }
  if (outcome.server == Status::done) outcome.user = server->user();
  return outcome;
}

}  // namespace

TEST_CASE("SASL: the right password is accepted by every mechanism") {
  for (const std::string& mechanism : mechanisms) {
    CAPTURE(mechanism);
    const Outcome outcome = play(mechanism, "alice", "secret");
    CHECK(outcome.client == Status::done);
    CHECK(outcome.server == Status::done);
    CHECK(outcome.user == "alice");
    CHECK(outcome.server_first == (mechanism == "LOGIN" || mechanism == "CRAM-MD5"));
  }
}

TEST_CASE("SASL: a wrong password or user is refused by every mechanism") {
  const std::pair<std::string, std::string> rows[] = {
      {"alice", "wrong"}, {"alice", "secret "}, {"alice", "Secret"}, {"mallory", "secret"}, {"bob", "secret"}};
  for (const std::string& mechanism : mechanisms)
    for (const auto& [user, password] : rows) {
      CAPTURE(mechanism, user, password);
      CHECK(play(mechanism, user, password).server == Status::failed);
    }
}

TEST_CASE("SASL: names are without case, what is not known gives nothing") {
  CHECK(Sasl::client("plain", "alice", "secret", "localhost"));
  CHECK(server_for("Scram-Sha-256"));
  for (const std::string mechanism : {"", "NONE", "PLAIN ", "SCRAM-SHA-256-PLUS-PLUS"}) {
    CAPTURE(mechanism);
    CHECK_FALSE(Sasl::client(mechanism, "alice", "secret", "localhost"));
    CHECK_FALSE(server_for(mechanism));
  }
}

TEST_CASE("PLAIN: the octets of RFC 4616") {
  const auto client = Sasl::client("PLAIN", "alice", "secret", "localhost");
  CHECK(client->step("").octets == std::string("\0alice\0secret", 13));

  struct Row {
    std::string response;
    Status status;
  };
  const Row rows[] = {
      {std::string("\0alice\0secret", 13), Status::done},
      {std::string("alice\0alice\0secret", 18), Status::done},
      {std::string("bob\0alice\0secret", 16), Status::failed},  // to act for somebody else
      {std::string("\0alice\0secret\0", 14), Status::failed},
      {std::string("\0alice", 6), Status::failed},
      {std::string("\0\0", 2), Status::failed},
      {std::string("\0", 1), Status::failed},
      {"alice secret", Status::failed},
      {"*", Status::failed},
      {std::string(std::size_t{1} << 20, 'x'), Status::failed},
      {"", Status::wants_more},
  };
  for (const Row& row : rows) {
    CAPTURE(row.response.substr(0, 40));
    const auto server = server_for("PLAIN");
    const Sasl::Stepped stepped = server->step(row.response);
    CHECK(stepped.status == row.status);
    CHECK(stepped.problem.empty() == (row.status != Status::failed));
    CHECK(stepped.octets.empty());
  }
}

TEST_CASE("PLAIN: without an initial response the server waits for it") {
  const auto server = server_for("PLAIN");
  CHECK(server->step("").status == Status::wants_more);
  CHECK(server->step(std::string("\0alice\0secret", 13)).status == Status::done);
  CHECK(server->user() == "alice");
}

TEST_CASE("LOGIN: the questions in the field, with and without an initial response") {
  const auto server = server_for("LOGIN");
  CHECK(server->step("").octets == "Username:");
  CHECK(server->step("alice").octets == "Password:");
  CHECK(server->step("secret").status == Status::done);

  const auto prompt = server_for("LOGIN");
  CHECK(prompt->step("alice").octets == "Password:");
  CHECK(prompt->step("secret").status == Status::done);
  CHECK(prompt->user() == "alice");

  const auto client = Sasl::client("LOGIN", "alice", "secret", "localhost");
  CHECK(client->step("Username:").octets == "alice");
  const Sasl::Stepped last = client->step("Password:");
  CHECK(last.octets == "secret");
  CHECK(last.status == Status::done);

  const auto without_words = Sasl::client("LOGIN", "alice", "secret", "localhost");
  CHECK(without_words->step("").octets == "alice");
  CHECK(without_words->step("").octets == "secret");
}

TEST_CASE("CRAM-MD5: the example of RFC 2195 section 2") {
  const auto client = Sasl::client("CRAM-MD5", "tim", "tanstaaftanstaaf", "localhost");
  CHECK(client->step("").octets.empty());
  const Sasl::Stepped stepped = client->step("<1896.697170952@postoffice.reston.mci.net>");
  CHECK(stepped.octets == "tim b913a602c7eda7a495b4e6e7334d3890");
}

TEST_CASE("SCRAM: a server that does not know the password is not believed") {
  const auto client = Sasl::client("SCRAM-SHA-256", "alice", "secret", "localhost");
  const auto server = Sasl::server(
      "SCRAM-SHA-256", [](const std::string&) { return std::optional<std::string>("another"); }, "localhost");
  const Sasl::Stepped challenge = server->step(client->step("").octets);
  REQUIRE(challenge.status == Status::wants_more);
  REQUIRE(client->step(challenge.octets).status == Status::wants_more);
  CHECK(client->step("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=").status == Status::failed);
}

TEST_CASE("SCRAM: a server cannot keep the client counting") {
  for (const std::string count : {"1000001", "4294967295", "99999999999999999999999"}) {
    CAPTURE(count);
    const auto client = Sasl::client("SCRAM-SHA-256", "alice", "secret", "localhost");
    const std::string first = client->step("").octets;
    const std::string nonce = first.substr(first.find("r=") + 2);
    const Sasl::Stepped stepped = client->step("r=" + nonce + "more,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=" + count);
    CHECK(stepped.status == Status::failed);
    CHECK(stepped.problem == "the server asks for too many iterations");
    CHECK(stepped.too_much);
  }
}

TEST_CASE("SASL: an exchange that is over stays over") {
  for (const std::string& mechanism : mechanisms) {
    CAPTURE(mechanism);
    const auto server = server_for(mechanism);
    (void)server->step("");
    Status last = Status::wants_more;
    for (int i = 0; i < 4 && last == Status::wants_more; ++i) last = server->step("nonsense\xff").status;
    CHECK(last == Status::failed);
    CHECK(server->step("alice").status == Status::failed);
  }
}

TEST_CASE("SASL: objects of their own may be used by threads of their own") {
  std::vector<std::thread> threads;
  std::vector<int> accepted(4, 0);
  for (std::size_t i = 0; i < accepted.size(); ++i)
    threads.emplace_back([&accepted, i] {
      for (const std::string& mechanism : mechanisms)
        accepted[i] += play(mechanism, "alice", "secret").server == Status::done ? 1 : 0;
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(accepted == std::vector<int>(4, static_cast<int>(std::size(mechanisms))));
}
