#include "harness/reference/trace_header.hpp"

#include <array>
#include <ctime>

#include <fmt/format.h>

#include "harness/smtp/octets.hpp"

namespace smtpspec::reference {
namespace {

std::string protocol(const TraceFacts& facts) {
  if (!facts.extended) return "SMTP";
  const std::string_view name = facts.lmtp ? "LMTP" : facts.utf8 ? "SMTP" : "ESMTP";
  return fmt::format("{}{}{}{}", facts.utf8 ? "UTF8" : "", name, facts.tls ? "S" : "", facts.authenticated ? "A" : "");
}

/// RFC 5322 section 3.3, by name of day and month in English whatever the locale.
std::string now() {
  constexpr std::array days = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t seconds = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} +0000", days[static_cast<std::size_t>(utc.tm_wday)],
                     utc.tm_mday, months[static_cast<std::size_t>(utc.tm_mon)], utc.tm_year + 1900, utc.tm_hour,
                     utc.tm_min, utc.tm_sec);
}

}  // namespace

std::string received_field(const TraceFacts& facts) {
  return fmt::format("Received: from {} by {}\r\n with {}; {}\r\n", facts.from.empty() ? "unknown" : facts.from,
                     facts.by, protocol(facts), now());
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

std::string return_path_field(std::string_view reverse_path) {
  return fmt::format("Return-Path: <{}>\r\n", reverse_path);
}

}  // namespace smtpspec::reference
