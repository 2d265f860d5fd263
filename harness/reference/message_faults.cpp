#include "harness/reference/message_faults.hpp"

#include <algorithm>

#include "harness/smtp/octets.hpp"

namespace smtpspec::reference {
namespace {

/// As some mail programs have it for their transports.
constexpr std::size_t max_text_line = 990;
constexpr std::size_t max_cut_message = 32768;
/// LooseLines keeps so much of a line.
constexpr std::size_t max_line_kept = 4096;

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

std::string cut_white_space(std::string_view line) {
  const bool ends = line.ends_with("\r\n");
  const std::size_t last = line.substr(0, line.size() - (ends ? 2 : 0)).find_last_not_of(" \t");
  return std::string(line.substr(0, last == line.npos ? 0 : last + 1)) + (ends ? "\r\n" : "");
}

bool is_dropped_control(char octet) {
  return smtp::is_control(octet) && octet != '\r' && octet != '\n' && octet != '\t';
}

/// "." with nothing but white space around it.
bool is_period(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  return first != text.npos && text[first] == '.' && text.find_first_not_of(" \t", first + 1) == text.npos;
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
  const bool any = faults.has(Fault::any_line_end_ends_data);
  rules.lf_is_line_end = any || faults.has(Fault::lf_ends_data);
  rules.lf_before_dot = faults.has(Fault::lf_crlf_ends_data);
  rules.lf_after_dot = faults.has(Fault::crlf_lf_ends_data);
  rules.cr_is_line_end = any || faults.has(Fault::cr_ends_data);
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
  if (faults.has(Fault::trailing_white_space_cut)) change_lines(message, cut_white_space);
  if (faults.has(Fault::from_line_escaped)) {
    change_lines(message, [](Line line) { return std::string(line.starts_with("From ") ? ">" : "").append(line); });
  }
  if (faults.has(Fault::control_octets_dropped)) std::erase_if(message, is_dropped_control);
  if (faults.has(Fault::message_cut_at_32k)) message.resize(std::min(message.size(), max_cut_message));
  if (faults.has(Fault::bare_lf_repaired)) repair_bare_lf(message);
  if (faults.has(Fault::eight_bit_stripped)) {
    for (char& octet : message) octet = static_cast<char>(octet & 0x7f);
  }
}

bool LooseLines::decode(std::string_view& octets, std::string& message) {
  while (!octets.empty()) {
    const std::size_t size = std::min(octets.find('\n'), octets.size() - 1) + 1;
    line_ += octets.substr(0, size);
    octets.remove_prefix(size);
    const bool complete = line_.ends_with('\n');
    if (complete && begins_ && ends_data()) {
      *this = LooseLines(trims_);
      return true;
    }
    if (!complete && line_.size() < max_line_kept) continue;
    const bool stuffed = begins_ && line_.starts_with('.');
    message += std::string_view(line_).substr(stuffed ? 1 : 0);
    begins_ = trims_ ? line_.ends_with("\r\n") : complete;
    line_.clear();
  }
  return false;
}

bool LooseLines::ends_data() const {
  const std::string_view line = line_;
  if (trims_) return line.ends_with("\r\n") && is_period(line.substr(0, line.size() - 2));
  return line.size() == 3 && line[0] == '.';
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
