#include "harness/engine/values.hpp"

#include <algorithm>
#include <ctime>

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace smtpspec::engine {

namespace {

/// Made once a second: it costs as much as all else in a header block.
const std::string& date_now() {
  thread_local std::time_t made_at = -1;
  thread_local std::string date;
  const std::time_t now = std::time(nullptr);
  if (now != made_at) date = fmt::format("{:%a, %d %b %Y %H:%M:%S} +0000", fmt::gmtime(now));
  made_at = now;
  return date;
}

/// RFC 5321 section 4.5.4 asks for nothing here; header fields by RFC 5322 section 3.6.
std::string header_block(const std::string& from, const std::string& to, const std::string& token, int number) {
  return fmt::format("From: <{}>\r\nTo: <{}>\r\nSubject: smtpspec {}\r\nDate: {}\r\nMessage-ID: <{}.{}@{}>\r\n\r\n",
                     from, to, token, date_now(), token, number, client_name);
}

std::string or_empty(const std::vector<std::string>& list, std::size_t index) {
  return index < list.size() ? list[index] : std::string();
}

}  // namespace

std::string with_token(const std::string& mailbox, const std::string& token) {
  const auto at = mailbox.rfind('@');
  if (at == std::string::npos) return mailbox + "+" + token;
  return mailbox.substr(0, at) + "+" + token + mailbox.substr(at);
}

Values::Values(const scenario::Target& target, std::string token) : token_(std::move(token)) {
  const auto set = [this](const char* name, std::string value) {
    if (!value.empty()) values_[name] = std::move(value);
  };
  const auto& mail = target.mail;
  const auto at = mail.sender.rfind('@');
  const std::string sender_domain = at == std::string::npos ? std::string(client_name) : mail.sender.substr(at + 1);
  set("accepted", or_empty(mail.accepts, 0));
  set("accepted2", or_empty(mail.accepts, mail.accepts.size() > 1 ? 1 : 0));
  set("rejected", or_empty(mail.rejects, 0));
  set("foreign", or_empty(mail.foreign, 0));
  set("sender", with_token(mail.sender, token_));
  set("smuggled", with_token("smuggled@" + sender_domain, token_));
  set("token", token_);
  set("domain", mail.domain);
  set("client", std::string(client_name));
  if (target.auth) {
    set("user", target.auth->user);
    set("password", target.auth->password);
  }
}

Values::Values(const std::vector<std::pair<std::string, std::string>>& kept) {
  for (const auto& [name, value] : kept) values_.insert_or_assign(values_.end(), name, value);  // in their order
}

std::optional<std::string> Values::find(std::string_view name) {
  if (name == "header" && !token_.empty()) {
    values_["header"] = header_block(values_["sender"], values_["accepted"], token_, ++headers_made_);
  }
  const auto found = values_.find(name);
  if (found == values_.end()) return std::nullopt;
  return found->second;
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
    const bool holds_secret = piece.name == "password" || [&] {
      for (const std::string& name : scenario::names_in(scenario::Text{piece.inner}))
        if (name == "password") return true;
      return false;
    }();
    if (!holds_secret) continue;
    if (const auto octets = scenario::expand(scenario::Text{{piece}}, lookup()); octets && !octets->empty())
      secrets.push_back(*octets);
  }
  return secrets;
}

std::string without_secrets(std::string octets, const std::vector<std::string>& secrets) {
  // In one pass, the longest secret first: a secret may be a part of another, and of the mark itself.
  constexpr std::string_view mark = "[secret]";
  std::vector<std::string_view> longest_first;
  for (const std::string& secret : secrets)
    if (!secret.empty() && octets.find(secret) != std::string::npos) longest_first.push_back(secret);
  if (longest_first.empty()) return octets;
  std::sort(longest_first.begin(), longest_first.end(),
            [](std::string_view a, std::string_view b) { return a.size() > b.size(); });
  const std::string_view all = octets;
  std::string without;
  for (std::size_t at = 0; at < all.size();) {
    const auto found = std::find_if(longest_first.begin(), longest_first.end(),
                                    [&](std::string_view secret) { return all.substr(at, secret.size()) == secret; });
    if (found == longest_first.end()) {
      without += all[at++];
    } else {
      without += mark;
      at += found->size();
    }
  }
  return without;
}

}  // namespace smtpspec::engine
