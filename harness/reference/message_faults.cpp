#include "harness/reference/message_faults.hpp"

#include <algorithm>

namespace smtpspec::reference {
namespace {

constexpr std::size_t max_text_line = 998;

/// Cuts a message into lines at CRLF and puts it together again from what `change` makes of each line, CRLF included.
template <class Change>
void change_lines(std::string& message, Change change) {
  std::string changed;
  for (std::size_t at = 0; at < message.size();) {
    const std::size_t crlf = message.find("\r\n", at);
    const std::size_t behind = crlf == std::string::npos ? message.size() : crlf + 2;
    changed += change(std::string_view(message).substr(at, behind - at));
    at = behind;
  }
  message = std::move(changed);
}

std::string split(std::string_view line) {
  std::string lines;
  for (; line.size() > max_text_line + 2; line.remove_prefix(max_text_line)) {
    lines.append(line.substr(0, max_text_line)).append("\r\n");
  }
  return lines.append(line);
}

void repair_bare_lf(std::string& message) {
  std::string repaired;
  for (std::size_t i = 0; i < message.size(); ++i) {
    if (message[i] == '\n' && (i == 0 || message[i - 1] != '\r')) repaired += '\r';
    repaired += message[i];
  }
  message = std::move(repaired);
}

}  // namespace

smtp::DataRules data_rules(const Faults& faults) {
  smtp::DataRules rules;
  rules.lf_is_line_end = faults.has(Fault::lf_ends_data);
  rules.lf_before_dot = faults.has(Fault::lf_crlf_ends_data);
  rules.lf_after_dot = faults.has(Fault::crlf_lf_ends_data);
  rules.cr_is_line_end = faults.has(Fault::cr_ends_data);
  rules.nul_is_dropped = faults.has(Fault::nul_dropped_from_data);
  rules.keep_stuffing = faults.has(Fault::keeps_stuffing);
  return rules;
}

void spoil(std::string& message, const Faults& faults, bool by_data) {
  using Line = std::string_view;
  if (faults.has(Fault::drops_lone_dots) && by_data) {
    change_lines(message, [](Line line) { return line == ".\r\n" ? Line() : line; });
  }
  if (faults.has(Fault::bdat_unstuffs) && !by_data) {
    change_lines(message, [](Line line) { return line.starts_with('.') ? line.substr(1) : line; });
  }
  if (faults.has(Fault::long_text_line_split)) change_lines(message, split);
  if (faults.has(Fault::bare_lf_repaired)) repair_bare_lf(message);
  if (faults.has(Fault::eight_bit_stripped)) {
    for (char& octet : message) octet = static_cast<char>(octet & 0x7f);
  }
}

void BufferBorder::before(std::string_view octets, std::size_t decoded) {
  const bool border = octets_ % buffer == 0 && octets_ != 0;
  if (border && end_ == "\r\n" && octets.starts_with('.')) periods_.push_back(decoded);
}

void BufferBorder::count(std::string_view octets) {
  octets_ += octets.size();
  end_ += octets.substr(octets.size() - std::min<std::size_t>(2, octets.size()));
  end_.erase(0, end_.size() - 2);
}

void BufferBorder::restore(std::string& message) {
  std::for_each(periods_.rbegin(), periods_.rend(), [&](std::size_t at) {
    if (at < message.size()) message.insert(at, 1, '.');  // at the end stood the period that ends the data
  });
  *this = {};
}

}  // namespace smtpspec::reference
