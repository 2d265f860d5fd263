#include "harness/memory/reference_target.hpp"

namespace smtpspec::memory {

namespace {

constexpr const char* user = "alice";
constexpr const char* password = "open-sesame";

}  // namespace

reference::Settings reference_settings(const std::string& profile) {
  reference::Settings settings;
  settings.lmtp = profile == "lmtp";
  settings.submission = profile == "submission";
  settings.users = {{user, password}};
  // Above what rows send that are not about the limit; those that are cost as much as all others together.
  settings.max_message = std::uint64_t{2} << 20;
  return settings;
}

scenario::Target reference_target(const std::string& profile) {
  scenario::Target target;
  target.name = "reference";
  target.profile = profile;
  target.scheme = profile == "lmtp" ? scenario::Scheme::lmtp : scenario::Scheme::smtp;
  target.mail.domain = "example.test";
  target.mail.accepts = {"alice@example.test", "bob@example.test"};
  target.mail.rejects = {"nobody@example.test"};
  target.mail.foreign = {"someone@elsewhere.example"};
  target.auth = scenario::Target::Auth{user, password};
  // It relays before it answers 250, so nothing comes later.
  target.delivery.emplace();
  target.delivery->sink = "127.0.0.1:0";
  target.delivery->wait = scenario::Duration(5000);
  target.delivery->settle = scenario::Duration(20);
  return target;
}

}  // namespace smtpspec::memory
