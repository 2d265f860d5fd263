#include "harness/proxy/signs.hpp"

#include <utility>

#include "harness/smtp/char_class.hpp"

namespace smtpspec::proxy {
namespace {

using record::Event;
using record::Party;

/// Gives each whole line of `octets`, with what came of it before, to `use`. Of a line no more is kept than tells.
template <class Use>
void each_line(std::string& under_way, std::string_view octets, Use use) {
  constexpr std::size_t kept = 16;
  for (const char octet : octets) {
    if (octet == '\n')
      use(std::exchange(under_way, {}));
    else if (under_way.size() < kept)
      under_way += octet;
  }
}

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
  each_line(line_, octets, [this](std::string line) {
    const std::size_t end = line.find_last_not_of(" \t\r");
    line.resize(end == std::string::npos ? 0 : end + 1);
    asked_ = asked_ || smtp::to_upper(line) == "STARTTLS";
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
