#include "harness/record/trace.hpp"

#include <algorithm>
#include <iterator>

#include "harness/smtp/char_class.hpp"

namespace smtpspec::record {
namespace {

/// Fields that servers put in front on the way: RFC 5321 section 4.4, RFC 8601, RFC 7208 section 9.1, RFC 6376 section
/// 3.5, RFC 8617, and the envelope fields of Postfix, Exim, Dovecot and others.
constexpr std::string_view trace_fields[] = {
    "Return-Path",  "Received",       "Delivered-To",   "X-Original-To",          "Envelope-To",     "Delivery-Date",
    "Received-SPF", "DKIM-Signature", "X-Delivered-To", "Authentication-Results", "X-Envelope-From", "X-Envelope-To"};

bool is_trace_field(std::string_view name) {
  return std::any_of(std::begin(trace_fields), std::end(trace_fields),
                     [&](std::string_view field) { return smtp::same_word(field, name); });
}

/// Octets of the first line of `octets` with its line end, or all of it where there is none.
std::size_t line_extent(std::string_view octets) {
  const std::size_t lf = octets.find('\n');
  return lf == std::string_view::npos ? octets.size() : lf + 1;
}

/// Octets of the field at the start of `octets` with the lines that are folded into it; 0 where no field begins there.
std::size_t field_extent(std::string_view octets) {
  std::size_t extent = line_extent(octets);
  if (extent == 0 || octets[extent - 1] != '\n') return 0;
  while (extent < octets.size() && (octets[extent] == ' ' || octets[extent] == '\t')) {
    extent += line_extent(octets.substr(extent));
  }
  return extent;
}

std::string_view field_name(std::string_view field) {
  const std::size_t colon = field.find(':');
  if (colon == std::string_view::npos) return {};
  const std::string_view name = field.substr(0, colon);
  return name.substr(0, name.find_last_not_of(" \t") + 1);
}

std::string unfolded(std::string_view field) {
  std::string text(field);
  std::erase_if(text, [](char octet) { return octet == '\r' || octet == '\n'; });
  return text;
}

/// What stands after the first empty line.
std::string_view body_of(std::string_view message) {
  while (!message.empty()) {
    const std::string_view line = message.substr(0, line_extent(message));
    message.remove_prefix(line.size());
    if (line == "\r\n" || line == "\n") break;
  }
  return message;
}

}  // namespace

Parted part(std::string_view octets) {
  Parted parted;
  for (;;) {
    const std::size_t extent = field_extent(octets);
    if (extent == 0 || !is_trace_field(field_name(octets.substr(0, extent)))) break;
    if (parted.trace.size() < max_trace_fields) parted.trace.push_back(unfolded(octets.substr(0, extent)));
    octets.remove_prefix(extent);
  }
  parted.message = octets;
  parted.body = body_of(octets);
  return parted;
}

std::string received_by(std::string_view octets) {
  for (const std::string& field : part(octets).trace) {
    if (!smtp::same_word(field_name(field), "Received")) continue;
    static constexpr std::string_view by = " BY ";
    std::string upper = smtp::to_upper(field);
    std::replace(upper.begin(), upper.end(), '\t', ' ');
    const std::size_t at = upper.find(by);
    if (at == std::string::npos) return {};
    const std::string_view rest = std::string_view(upper).substr(at + by.size());
    return std::string(rest.substr(0, rest.find_first_of(" ;(")));
  }
  return {};
}

std::string with_local_line_ends(std::string_view octets) {
  std::string text;
  text.reserve(octets.size());
  for (std::size_t i = 0; i < octets.size(); ++i) {
    const bool crlf = octets[i] == '\r' && i + 1 < octets.size() && octets[i + 1] == '\n';
    if (!crlf) text += octets[i];
  }
  return text;
}

}  // namespace smtpspec::record
