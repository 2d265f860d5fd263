// AUTH: RFC 4954 section 4. The mechanisms themselves are the SASL library's.
#include <algorithm>
#include <iterator>
#include <utility>

#include "harness/reference/session_impl.hpp"

namespace smtpspec::reference {
namespace {

constexpr std::size_t max_auth_line = 12288;
constexpr std::size_t auth_buffer = 1024;

/// Which side begins a mechanism's exchange (RFC 4422 section 5). LOGIN, which no RFC holds, is begun by the server
/// with "Username:", and clients put the name into the initial response all the same.
enum class Begins { client, server, either };
struct Mechanism {
  std::string_view name;
  Begins begins;
};
constexpr Mechanism mechanisms[] = {
    {"PLAIN", Begins::client},
    {"LOGIN", Begins::either},
    {"CRAM-MD5", Begins::server},
    {"SCRAM-SHA-256", Begins::client},
};

std::string only_base64(std::string_view text) {
  std::string kept;
  for (const char octet : text) {
    const std::string one(1, octet);
    if (octet == '=' || wire::base64_decode(one + "A==") || wire::base64_decode("AA" + one + "=")) kept += octet;
  }
  return kept;
}

}  // namespace

void Session::Impl::auth(const smtp::Command& command) {
  if (settings.users.empty()) return say(502, "5.5.1", "AUTH is not offered");
  if (!client.extended) return say(503, "5.5.1", settings.lmtp ? "LHLO first" : "EHLO first");
  if (!client.user.empty() && !faults.has(Fault::auth_twice)) return say(503, "5.5.1", "Authenticated already");
  if (transaction.open && !faults.has(Fault::auth_in_transaction)) return say(503, "5.5.1", "Not inside a transaction");
  const auto* mechanism = std::find_if(std::begin(mechanisms), std::end(mechanisms),
                                       [&](const Mechanism& known) { return known.name == command.mechanism; });
  if (mechanism == std::end(mechanisms) && faults.has(Fault::unknown_mechanism_taken)) mechanism = mechanisms;
  if (mechanism == std::end(mechanisms)) return say(504, "5.5.4", "Mechanism not known");
  if (mechanism->name == "SCRAM-SHA-256" && faults.has(Fault::mechanism_listed_unavailable)) {
    return say(504, "5.5.4", "Mechanism not known");
  }
  if (!offers_auth()) return say(538, "5.7.11", "TLS first");
  const auto password_of = [this](const std::string& user) -> std::optional<std::string> {
    const auto found = settings.users.find(user);
    if (found == settings.users.end()) return std::nullopt;
    return found->second;
  };
  const bool initial = command.initial_response.has_value();
  if (initial && mechanism->begins == Begins::server) return say(501, "5.7.0", "The server begins this mechanism");
  sasl = wire::Sasl::server(std::string(mechanism->name), password_of, settings.hostname);
  if (!sasl) return say(504, "5.5.4", "Mechanism not known");

  reading = Reading::auth_response;
  client_begins = mechanism->begins == Begins::client;
  if (initial) {
    if (mechanism->begins == Begins::either) static_cast<void>(sasl->step(""));  // the challenge that is answered here
    const std::string& response = *command.initial_response;
    return auth_decode(response == "=" ? std::string_view() : std::string_view(response));
  }
  if (client_begins) return auth_challenge("");
  auth_step("");
}

void Session::Impl::auth_response(const smtp::CommandLine& line) {
  if (line.octets > max_auth_line) return auth_ended(500, "5.5.6", "Line too long");
  if (faults.has(Fault::auth_line_cut_at_1k) && line.bytes.size() > auth_buffer) {
    auth_decode(std::string_view(line.bytes).substr(0, auth_buffer));
    return read_line({line.bytes.substr(auth_buffer), line.end, line.bytes.size() - auth_buffer});
  }
  if (line.bytes == "*") {
    if (!faults.has(Fault::auth_cannot_be_cancelled)) return auth_ended(501, "5.7.0", "Cancelled");
    return say(334, "", challenge);
  }
  auth_decode(line.bytes);
}

void Session::Impl::auth_decode(std::string_view text) {
  const auto octets =
      wire::base64_decode(faults.has(Fault::auth_skips_bad_base64) ? only_base64(text) : std::string(text));
  if (!octets && faults.has(Fault::bad_base64_is_535)) return auth_ended(535, "5.7.8", "Authentication failed");
  if (!octets) return auth_ended(501, "5.5.2", "Not base64");
  if (!auth_complete) return auth_step(*octets);
  if (!octets->empty()) return auth_ended(501, "5.5.2", "An empty response is due");
  auth_succeeded();
}

void Session::Impl::auth_step(std::string_view octets) {
  // No mechanism that the client begins has an empty first message; to the library it would be none at all.
  const bool none = std::exchange(client_begins, false) && octets.empty();
  const wire::Sasl::Stepped stepped = none ? wire::Sasl::Stepped{} : sasl->step(octets);
  switch (stepped.status) {
    case wire::Sasl::Status::wants_more: return auth_challenge(stepped.octets);
    case wire::Sasl::Status::done:
      if (stepped.octets.empty()) return auth_succeeded();
      auth_complete = true;  // SMTP has no room for data in 235, so it goes as a challenge (RFC 4422 section 5)
      return auth_challenge(stepped.octets);
    case wire::Sasl::Status::failed: break;
  }
  if (faults.has(Fault::auth_accepts_anything)) return auth_succeeded();
  memory.password_refused = true;
  auth_ended(535, "5.7.8", "Authentication failed");
}

void Session::Impl::auth_challenge(std::string_view octets) {
  challenge = wire::base64_encode(octets);
  output += (faults.has(Fault::auth_challenge_in_words) ? "334 Please answer: " : "334 ") + challenge + "\r\n";
}

void Session::Impl::auth_succeeded() {
  const bool final_failure = faults.has(Fault::auth_failure_is_final) && memory.password_refused;
  if (final_failure || (faults.has(Fault::auth_fails_under_tls) && under_tls)) {
    return auth_ended(535, "5.7.8", "Authentication failed");
  }
  if (faults.has(Fault::auth_ends_session_state)) client.domain.clear();
  client.user = sasl->user().empty() ? "unknown" : sasl->user();
  auth_ended(faults.has(Fault::auth_success_is_250) ? 250 : 235, "2.7.0", "Authenticated");
}

void Session::Impl::auth_ended(int code, std::string_view enhanced, std::string_view text) {
  sasl.reset();
  auth_complete = false;
  reading = Reading::commands;
  say(code, enhanced, text);
}

}  // namespace smtpspec::reference
