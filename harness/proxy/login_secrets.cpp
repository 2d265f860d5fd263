#include "harness/proxy/login_secrets.hpp"

#include <algorithm>

#include "harness/smtp/base64.hpp"
#include "harness/smtp/char_class.hpp"

namespace smtpspec::proxy {
namespace {

using record::Event;
using record::Party;

constexpr std::string_view spaces = " \t";

/// The next word, taken off the front.
std::string_view take_word(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(spaces), text.size()));
  const std::string_view word = text.substr(0, text.find_first_of(spaces));
  text.remove_prefix(word.size());
  return word;
}

std::string_view trimmed(std::string_view text, std::string_view octets) {
  const std::size_t begin = text.find_first_not_of(octets);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(octets) + 1 - begin);
}

/// After the last of these octets.
std::string_view last_part(std::string_view text, char separator) { return text.substr(text.rfind(separator) + 1); }

}  // namespace

void LoginSecrets::show(const Event& event) {
  if (event.kind == Event::Kind::tls_started) line_.clear();
  if (event.kind != Event::Kind::octets) return;
  event.by == Party::client ? client_said(event.octets) : server_said(event.octets);
}

std::vector<std::string> LoginSecrets::secrets() const {
  LoginSecrets whole = *this;
  whole.end_line();
  return {whole.secrets_.begin(), whole.secrets_.end()};
}

void LoginSecrets::client_said(std::string_view octets) {
  while (!octets.empty()) {
    const std::size_t end = octets.find('\n');
    line_ += octets.substr(0, std::min(end, longest_line - std::min(line_.size(), longest_line)));
    if (end == std::string_view::npos) return;
    end_line();
    octets.remove_prefix(end + 1);
  }
}

void LoginSecrets::server_said(std::string_view octets) {
  constexpr std::size_t code_and_separator = 4;
  for (const char octet : octets) {
    if (octet == '\n')
      end_reply_line();
    else if (reply_line_.size() < code_and_separator)
      reply_line_ += octet;
  }
}

void LoginSecrets::end_reply_line() {
  const std::string code = reply_line_.substr(0, 3);
  if (!reply_line_.ends_with('-')) in_data_ = code == "354" && mechanism_.empty();
  if (code == "235" || code.starts_with('4') || code.starts_with('5')) mechanism_.clear();
  reply_line_.clear();
}

void LoginSecrets::end_line() {
  const std::string line = std::exchange(line_, {});
  std::string_view rest = trimmed(line, " \t\r");
  if (in_data_) {  // what follows the end need not wait for the reply
    in_data_ = rest != ".";
    return;
  }
  if (!mechanism_.empty()) return add_response(rest);
  if (smtp::to_upper(take_word(rest)) != "AUTH") return;
  mechanism_ = smtp::to_upper(take_word(rest));
  responses_ = 0;
  rest = trimmed(rest, spaces);
  if (!rest.empty()) add_response(rest);
}

void LoginSecrets::add_response(std::string_view response) {
  const std::size_t number = responses_++;
  if (response.empty() || response == "*" || response == "=") return;  // no response, RFC 4954 section 4
  if (mechanism_ == "LOGIN" && number == 0) return;                    // the user's name
  add(response);
  const auto decoded = smtp::base64_decode(response);
  if (!decoded) return;
  if (mechanism_ == "PLAIN") return add(last_part(*decoded, '\0'));  // RFC 4616
  add(*decoded);
  if (mechanism_ != "LOGIN") add(trimmed(last_part(*decoded, ' '), "\x01"));  // a digest, RFC 2195; a token, RFC 7628
}

void LoginSecrets::add(std::string_view secret) {
  if (!secret.empty() && !too_many()) secrets_.emplace(secret);
}

}  // namespace smtpspec::proxy
