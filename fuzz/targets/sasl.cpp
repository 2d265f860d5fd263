// Invariant: an exchange ends within its steps, whatever the peer says; a server lets in who knows the password and
// nobody else; what nobody changed on the way succeeds on both sides.
//
// Input: a line "server MECHANISM", "client MECHANISM" or "both MECHANISM"; then a line for each step, as the peer says
// it; of "both", octets that are added to those of the step.
#include "harness/sasl/sasl.hpp"

#include "fuzz/require.hpp"

using namespace smtpspec::fuzz;
using smtpspec::sasl::Sasl;
using Status = Sasl::Status;

namespace {

constexpr std::size_t most_steps = 20;
const std::string user = "tim";
const std::string password = "tanstaaftanstaaf";
const std::string host = "mx.example.test";

std::unique_ptr<Sasl> server_of(const std::string& mechanism) {
  return Sasl::server(
      mechanism, [](const std::string& name) { return name == user ? std::optional(password) : std::nullopt; }, host);
}

/// RFC 4616 section 2: who has written this knows the password, and wants to be nobody else.
bool is_right_plain(std::string_view message) {
  const std::string end = std::string(1, '\0') + user + std::string(1, '\0') + password;
  return message == end || message == user + end;
}

void speak_to(Sasl& side, std::string_view lines, bool is_plain_server) {
  bool over = false;
  for (std::size_t step = 0; step < most_steps; ++step) {
    const std::string_view line = take_line(lines);
    const Sasl::Stepped stepped = side.step(line);
    require(!over || stepped.status == Status::failed, "an exchange that is over stays so");
    require(stepped.octets.size() <= line.size() * 2 + 1024, "an answer is bounded");
    require((stepped.status == Status::failed) == !stepped.problem.empty(), "what failed says why");
    if (is_plain_server && step == 0 && !line.empty())
      require((stepped.status == Status::done) == is_right_plain(line), "the password decides");
    over = stepped.status != Status::wants_more;
  }
}

/// Adds the octets of a line; whether that changed anything.
bool change(std::string& octets, std::string_view by) {
  const std::string before = octets;
  for (std::size_t i = 0; i < std::min(octets.size(), by.size()); ++i) octets[i] = static_cast<char>(octets[i] + by[i]);
  return octets != before;
}

void introduce(Sasl& client, Sasl& server, std::string_view lines, bool client_waits) {
  bool changed = false;
  Sasl::Stepped to_server{Status::wants_more, {}, {}};
  if (!client_waits) to_server = client.step("");
  for (std::size_t step = 0; step < most_steps && to_server.status != Status::failed; ++step) {
    changed = change(to_server.octets, take_line(lines)) || changed;
    Sasl::Stepped to_client = server.step(to_server.octets);
    require(changed || to_client.status != Status::failed, "a server takes what an honest client says");
    if (to_client.status == Status::done) require(server.user() == user, "a server knows who it let in");
    if (to_client.status == Status::failed) return;
    if (to_client.status == Status::done && to_client.octets.empty()) return;
    changed = change(to_client.octets, take_line(lines)) || changed;
    to_server = client.step(to_client.octets);
    require(changed || to_server.status != Status::failed, "a client takes what an honest server says");
    if (to_client.status == Status::done) return;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view lines = octets_of(data, size);
  const std::string_view first = take_line(lines);
  const std::string_view side = first.substr(0, first.find(' '));
  const std::string mechanism(first.substr(std::min(first.size(), side.size() + 1)));
  const auto client = Sasl::client(mechanism, user, password, host);
  const auto server = server_of(mechanism);
  if (side == "server" && server) speak_to(*server, lines, mechanism == "PLAIN");
  if (side == "client" && client) speak_to(*client, lines, false);
  const bool ours = mechanism == "PLAIN" || mechanism == "LOGIN" || mechanism == "CRAM-MD5" ||
                    mechanism == "SCRAM-SHA-1" || mechanism == "SCRAM-SHA-256";
  if (side == "both" && client && server && ours) introduce(*client, *server, lines, mechanism == "LOGIN");
  return 0;
}
