// What fills the holes of a scenario's texts when it is played.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/scenario/model.hpp"
#include "harness/scenario/target.hpp"
#include "harness/scenario/text.hpp"

namespace smtpspec::judge {

/// The values of one play: the target's facts, the token, and what was captured on the way.
class Values {
 public:
  /// `token` marks reverse-paths and headers, so that delivered messages find their scenario. `date`: what the header's
  /// Date field says (RFC 5322 section 3.3).
  Values(const scenario::Target& target, std::string token, std::string date);
  /// From what a transcript has kept, which is not the password: what judge uses.
  explicit Values(const std::vector<std::pair<std::string, std::string>>& kept);

  /// {header} gives a new Message-ID at each use; the last one stays in `kept()`.
  [[nodiscard]] std::optional<std::string> find(std::string_view name);
  /// Mailboxes, and how each shows at its delivery.
  void show_as(const std::map<std::string, std::string>& mailboxes);
  [[nodiscard]] std::string shown_as(const std::string& mailbox) const;
  /// Whether any shows otherwise: as of an alias, whose mail is no longer the message that was sent.
  [[nodiscard]] bool has_aliases() const;
  void capture(const std::map<std::string, std::string>& captures);
  [[nodiscard]] scenario::Lookup lookup();
  /// Every value but the password, for the transcript: judge fills the holes of `delivered` with them.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> kept() const;

  /// Octets of a text that must not be written down: the password, and base64 that was made with it.
  [[nodiscard]] std::vector<std::string> secrets_in(const scenario::Text& text);

 private:
  std::map<std::string, std::string, std::less<>> values_;
  std::string token_;
  std::string date_;
  int headers_made_ = 0;
};

/// The client's name in EHLO.
inline constexpr std::string_view client_name = "client.example";
/// `local+token@domain`.
[[nodiscard]] std::string with_token(const std::string& mailbox, const std::string& token);

}  // namespace smtpspec::judge
