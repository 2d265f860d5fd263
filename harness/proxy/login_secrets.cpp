#include "harness/proxy/login_secrets.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

#include "harness/proxy/each_line.hpp"
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

bool is_verb(std::string_view word) {
  constexpr std::string_view verbs[] = {"EHLO", "HELO", "LHLO", "MAIL", "RCPT", "DATA", "BDAT",     "RSET",
                                        "NOOP", "QUIT", "VRFY", "EXPN", "HELP", "ETRN", "STARTTLS", "XCLIENT"};
  return std::any_of(std::begin(verbs), std::end(verbs),
                     [word](std::string_view verb) { return smtp::same_word(word, verb); });
}

/// AUTH with a word that is a mechanism (RFC 4422 section 3.1), and not a sentence that begins so.
bool is_login(std::string_view line) {
  if (!smtp::same_word(take_word(line), "AUTH")) return false;
  const std::string mechanism = smtp::to_upper(take_word(line));
  constexpr std::string_view begins[] = {"PLAIN",  "LOGIN", "CRAM-",    "DIGEST-", "SCRAM-",
                                         "XOAUTH", "OAUTH", "EXTERNAL", "GSS",     "NTLM"};
  return std::any_of(std::begin(begins), std::end(begins),
                     [&](std::string_view begin) { return mechanism.starts_with(begin); });
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
    const bool in_chunk = chunk_ > 0;
    const std::string_view rest = in_chunk ? octets.substr(0, chunk_) : octets;
    const std::size_t end = rest.find('\n');
    const std::size_t size = std::min(end, rest.size());
    line_ += rest.substr(0, std::min(size, longest_line - std::min(line_.size(), longest_line)));
    const std::size_t taken = std::min(size + 1, rest.size());
    octets.remove_prefix(taken);
    if (end != std::string_view::npos) end_line();
    if (!in_chunk || chunk_ == 0) continue;
    chunk_ -= taken;
    if (chunk_ == 0) line_.clear();
  }
}

void LoginSecrets::server_said(std::string_view octets) {
  each_line(reply_line_, octets, [this](const std::string& line) { end_reply_line(line); });
}

void LoginSecrets::end_reply_line(std::string_view line) {
  const std::string_view code = line.substr(0, 3);
  if (!line.substr(code.size()).starts_with('-')) in_data_ = code == "354" && asked_for_data_;
  if (code == "235" || code.starts_with('4') || code.starts_with('5')) in_exchange_ = false;
  if (code != "334" || in_exchange_ || mechanism_.empty()) return;
  in_exchange_ = true;
  for (const std::string& response : std::exchange(since_, {})) add_response(response);
}

void LoginSecrets::end_line() {
  const std::string line = std::exchange(line_, {});
  const std::string_view whole = smtp::trimmed(line, " \t\r");
  std::string_view rest = whole;
  // Its server may have refused the chunk, and take its lines for commands.
  if (chunk_ > 0 && !is_login(whole)) return;
  chunk_ = 0;
  if (in_data_) {  // what follows the end need not wait for the reply
    in_data_ = rest != ".";
    return;
  }
  asked_for_data_ = !in_exchange_ && smtp::same_word(whole, "DATA");
  if (in_exchange_) return add_response(whole);
  const std::string_view verb = take_word(rest);
  if (!smtp::same_word(verb, "AUTH")) {
    if (smtp::same_word(verb, "BDAT")) begin_chunk(take_word(rest));
    // Who does not read replies goes on with his responses where AUTH was refused.
    goes_on_ = goes_on_ && !is_verb(verb);
    if (goes_on_) return add_response(whole);
    if (!mechanism_.empty() && since_.size() < most) since_.emplace_back(whole);
    return;
  }
  goes_on_ = true;
  mechanism_ = smtp::to_upper(take_word(rest));
  in_exchange_ = !mechanism_.empty();
  responses_ = 0;
  since_.clear();
  rest = smtp::trimmed(rest, spaces);
  if (!rest.empty()) add_response(rest);
}

void LoginSecrets::begin_chunk(std::string_view size) {
  const auto [end, problem] = std::from_chars(size.data(), size.data() + size.size(), chunk_);
  if (problem != std::errc() || end != size.data() + size.size()) chunk_ = 0;
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
  if (mechanism_ != "LOGIN")
    add(smtp::trimmed(last_part(*decoded, ' '), "\x01"));  // a digest, RFC 2195; a token, RFC 7628
}

void LoginSecrets::add(std::string_view secret) {
  if (!secret.empty() && !too_many()) secrets_.emplace(secret);
}

}  // namespace smtpspec::proxy
