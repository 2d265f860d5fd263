// The trace header that the server puts in front of a message: RFC 5321 section 4.4.
#include <ctime>

#include <fmt/chrono.h>

#include "harness/reference/core.hpp"
#include "harness/smtp/char_class.hpp"

namespace smtpspec::reference {

/// The date is RFC 5322 section 3.3's, with day and month in English whatever the locale.
void Core::add_received() {
  if (!settings.trace_header) return;
  std::string protocol = "SMTP";
  if (client.extended) {  // RFC 3848, RFC 6531 section 3.7.3
    const std::string_view name = settings.lmtp ? "LMTP" : transaction.utf8 ? "SMTP" : "ESMTP";
    protocol = fmt::format("{}{}{}{}", transaction.utf8 ? "UTF8" : "", name, under_tls ? "S" : "",
                           client.user.empty() ? "" : "A");
  }
  Accepted& mail = transaction.mail;
  mail.message.insert(
      0, fmt::format("{}Received: from {} by {}\r\n with {}; {:%a, %d %b %Y %H:%M:%S} +0000\r\n",
                     settings.final_delivery ? fmt::format("Return-Path: <{}>\r\n", mail.reverse_path) : "",
                     client.domain.empty() ? "unknown" : client.domain, settings.hostname, protocol,
                     fmt::gmtime(std::time(nullptr))));
}

std::size_t count_received(std::string_view message) {
  std::size_t count = 0;
  while (!message.empty() && !message.starts_with("\r\n")) {
    if (smtp::same_word(message.substr(0, message.find(':')), "Received")) ++count;
    const std::size_t crlf = message.find("\r\n");
    message.remove_prefix(crlf == message.npos ? message.size() : crlf + 2);
  }
  return count;
}

}  // namespace smtpspec::reference
