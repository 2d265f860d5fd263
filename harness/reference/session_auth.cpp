// AUTH: RFC 4954 section 4. The mechanisms themselves are the SASL library's.
#include <utility>

#include "harness/reference/core.hpp"
#include "harness/smtp/base64.hpp"

namespace smtpspec::reference {

void Core::auth(const smtp::Command& command) {
  const Mechanism& mechanism = *mechanism_of(command);
  const auto password_of = [this](const std::string& user) -> std::optional<std::string> {
    const auto found = settings.users.find(user);
    if (found == settings.users.end()) return std::nullopt;
    return found->second;
  };
  sasl = sasl::Sasl::server(std::string(mechanism.name), password_of, settings.hostname);
  if (!sasl) return reply(504, "5.5.4", "Mechanism not known");

  reading = Reading::auth_response;
  client_begins = mechanism.begins == Mechanism::Begins::client;
  if (const auto& response = command.initial_response) {
    // The challenge that is answered here.
    if (mechanism.begins == Mechanism::Begins::either) static_cast<void>(sasl->step(""));
    return auth_decode(*response == "=" ? std::string_view() : std::string_view(*response));
  }
  if (client_begins) return auth_challenge("");
  auth_step("");
}

void Core::auth_response(const smtp::CommandLine& line) {
  if (line.octets > max_line_of(smtp::Verb::auth)) return auth_ended(500, "5.5.6", "Line too long");
  if (line.bytes == "*") return auth_ended(501, "5.7.0", "Cancelled");
  auth_decode(line.bytes);
}

void Core::auth_decode(std::string_view text) {
  const auto octets = smtp::base64_decode(text);
  if (!octets) return auth_ended(501, "5.5.2", "Not base64");
  if (!auth_complete) return auth_step(*octets);
  if (!octets->empty()) return auth_ended(501, "5.5.2", "An empty response is due");
  auth_succeeded();
}

void Core::auth_step(std::string_view octets) {
  // No mechanism that the client begins has an empty first message; to the library it would be none at all.
  const bool none = std::exchange(client_begins, false) && octets.empty();
  const sasl::Sasl::Stepped stepped = none ? sasl::Sasl::Stepped{} : sasl->step(octets);
  switch (stepped.status) {
    case sasl::Sasl::Status::wants_more: return auth_challenge(stepped.octets);
    case sasl::Sasl::Status::failed: return auth_failed();
    case sasl::Sasl::Status::done:
      if (stepped.octets.empty()) return auth_succeeded();
      auth_complete = true;  // SMTP has no room for data in 235, so it goes as a challenge (RFC 4422 section 5)
      return auth_challenge(stepped.octets);
  }
}

void Core::auth_challenge(std::string_view octets) {
  challenge = smtp::base64_encode(octets);
  output += "334 " + challenge + "\r\n";
}

void Core::auth_failed() { auth_ended(535, "5.7.8", "Authentication failed"); }

void Core::auth_succeeded() {
  client.user = sasl->user().empty() ? "unknown" : sasl->user();
  auth_ended(235, "2.7.0", "Authenticated");
}

void Core::auth_ended(int code, std::string_view enhanced, std::string_view text) {
  sasl.reset();
  auth_complete = false;
  reading = Reading::commands;
  reply(code, enhanced, text);
}

}  // namespace smtpspec::reference
