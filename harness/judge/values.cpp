#include "harness/judge/values.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "harness/smtp/char_class.hpp"

namespace smtpspec::judge {

namespace {

/// RFC 5321 section 4.5.4 asks for nothing here; header fields by RFC 5322 section 3.6.
std::string header_block(const std::string& from, const std::string& to, const std::string& token,
                         const std::string& date, int number) {
  return fmt::format("From: <{}>\r\nTo: <{}>\r\nSubject: smtpspec {}\r\nDate: {}\r\nMessage-ID: <{}.{}@{}>\r\n\r\n",
                     from, to, token, date, token, number, client_name);
}

std::string or_empty(const std::vector<std::string>& list, std::size_t index) {
  return index < list.size() ? list[index] : std::string();
}

std::string with_domain_in_capitals(const std::string& mailbox) {
  const std::size_t at = std::min(mailbox.rfind('@'), mailbox.size());
  return mailbox.substr(0, at) + smtp::to_upper(std::string_view(mailbox).substr(at));
}

}  // namespace

std::string with_token(const std::string& mailbox, const std::string& token) {
  const auto at = mailbox.rfind('@');
  if (at == std::string::npos) return mailbox + "+" + token;
  return mailbox.substr(0, at) + "+" + token + mailbox.substr(at);
}

Values::Values(const scenario::Target& target, std::string token, std::string date)
    : token_(std::move(token)), date_(std::move(date)) {
  const auto set = [this](const char* name, std::string value) {
    if (!value.empty()) values_[name] = std::move(value);
  };
  const auto& mail = target.mail;
  std::string sender_domain = scenario::domain_of(mail.sender);
  if (sender_domain.empty()) sender_domain = client_name;
  set("accepted", or_empty(mail.accepts, 0));
  set("accepted-in-capitals", with_domain_in_capitals(or_empty(mail.accepts, 0)));
  set("accepted2", or_empty(mail.accepts, mail.accepts.size() > 1 ? 1 : 0));
  set("rejected", or_empty(mail.rejects, 0));
  set("foreign", or_empty(mail.foreign, 0));
  set("sender", with_token(mail.sender, token_));
  set("smuggled", with_token("smuggled@" + sender_domain, token_));
  set("token", token_);
  set("domain", mail.domain);
  set("host", scenario::host_as_domain(target));
  set("hello", target.scheme == scenario::Scheme::lmtp ? "LHLO" : "EHLO");
  set("client", std::string(client_name));
  if (target.auth) {
    set("user", target.auth->user);
    set("password", target.auth->password);
  }
}

Values::Values(const std::vector<std::pair<std::string, std::string>>& kept) {
  values_["hello"] = "EHLO";  // runs of earlier versions did not keep it
  for (const auto& [name, value] : kept) values_.insert_or_assign(values_.end(), name, value);  // in their order
}

std::optional<std::string> Values::find(std::string_view name) {
  if (name == "header" && !token_.empty()) {
    values_["header"] = header_block(values_["sender"], values_["accepted"], token_, date_, ++headers_made_);
  }
  const auto found = values_.find(name);
  if (found == values_.end()) return std::nullopt;
  return found->second;
}

/// Among the values, so that whoever judges the transcript knows them; no hole has such a name.
constexpr std::string_view shown = "shown as: ";

void Values::show_as(const std::map<std::string, std::string>& mailboxes) {
  for (const auto& [mailbox, other] : mailboxes) values_[std::string(shown) + mailbox] = other;
}

bool Values::has_aliases() const {
  return std::any_of(values_.begin(), values_.end(), [](const auto& one) { return one.first.starts_with(shown); });
}

std::string Values::shown_as(const std::string& mailbox) const {
  const auto found = values_.find(std::string(shown) + mailbox);
  return found == values_.end() ? mailbox : found->second;
}

void Values::capture(const std::map<std::string, std::string>& captures) {
  for (const auto& [name, value] : captures) values_[name] = value;
}

scenario::Lookup Values::lookup() {
  return [this](std::string_view name) { return find(name); };
}

std::vector<std::pair<std::string, std::string>> Values::kept() const {
  std::vector<std::pair<std::string, std::string>> kept;
  kept.reserve(values_.size());
  for (const auto& [name, value] : values_)
    if (name != "password") kept.emplace_back(name, value);
  return kept;
}

std::vector<std::string> Values::secrets_in(const scenario::Text& text) {
  std::vector<std::string> secrets;
  for (const scenario::Piece& piece : text.pieces) {
    if (piece.kind == scenario::Piece::Kind::literal) continue;
    const scenario::Text alone{{piece}};
    const auto names = scenario::names_in(alone);
    if (std::find(names.begin(), names.end(), "password") == names.end()) continue;
    if (const auto octets = scenario::expand(alone, lookup()); octets && !octets->empty()) secrets.push_back(*octets);
  }
  return secrets;
}

}  // namespace smtpspec::judge
