#include "harness/proxy/signs.hpp"

#include "harness/proxy/each_line.hpp"
#include "harness/smtp/char_class.hpp"

namespace smtpspec::proxy {
namespace {

using record::Event;
using record::Party;

}  // namespace

bool is_handshake(std::string_view octets) { return octets.starts_with("\x16\x03"); }

void Signs::show(const Event& event) {
  if (event.kind == Event::Kind::tls_started) {
    is_tls_ = true;
    asked_ = accepted_ = false;
    line_.clear();
    reply_line_.clear();
  }
  if (event.kind != Event::Kind::octets || sealed_) return;
  event.by == Party::client ? client_said(event.octets) : server_said(event.octets);
}

void Signs::client_said(std::string_view octets) {
  client_began_ = client_began_ || (!is_tls_ && is_handshake(octets));
  each_line(line_, octets, [this](const std::string& line) {
    asked_ = asked_ || smtp::same_word(smtp::trimmed(line, " \t\r"), "STARTTLS");
  });
}

void Signs::server_said(std::string_view octets) {
  constexpr std::size_t code = 3;
  sealed_ = client_began_ && is_handshake(octets);
  if (sealed_) return;
  each_line(reply_line_, octets, [this](const std::string& line) {
    if (line.size() > code && line[code] == '-') return;
    code_ = line.substr(0, code);
    accepted_ = accepted_ || (greeted_ && asked_ && !is_tls_ && code_ == "220");
    greeted_ = true;
  });
}

}  // namespace smtpspec::proxy
