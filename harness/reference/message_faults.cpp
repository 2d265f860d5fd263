#include "harness/reference/message_faults.hpp"

#include <algorithm>

#include "harness/smtp/octets.hpp"

namespace smtpspec::reference {
namespace {

/// As some mail programs have it for their transports.
constexpr std::size_t max_text_line = 990;
constexpr std::size_t max_cut_message = 32768;
constexpr std::size_t lossy_border = 16384;
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

void lose_octet(std::string& message) {
  if (message.size() > lossy_border) message.erase(lossy_border - 1, 1);
}

void lose_last_line(std::string& message) {
  if (message.size() < 2) return;
  const std::size_t before = message.rfind("\r\n", message.size() - 3);
  message.resize(before == message.npos ? 0 : before + 2);
}

void cut_blank_lines(std::string& message) {
  while (message.ends_with("\r\n\r\n")) message.resize(message.size() - 2);
}

/// Takes the Received fields out of the header section.
std::string without_received(std::string_view message) {
  std::string kept;
  bool drops = false;
  while (!message.empty()) {
    const std::size_t crlf = message.find("\r\n");
    const std::string_view line = message.substr(0, crlf == message.npos ? crlf : crlf + 2);
    if (line == "\r\n") break;
    const bool folded = line.starts_with(' ') || line.starts_with('\t');
    drops = folded ? drops : smtp::same_word(line.substr(0, line.find(':')), "Received");
    if (!drops) kept += line;
    message.remove_prefix(line.size());
  }
  return kept.append(message);
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
  rules.unstuff_only_double = faults.has(Fault::single_period_kept);
  rules.keep_stuffing = faults.has(Fault::keeps_stuffing);
  return rules;
}

namespace {

/// The faults that look at the octets alone.
void spoil_octets(std::string& message, const Faults& faults) {
  if (faults.has(Fault::control_octets_dropped)) std::erase_if(message, is_dropped_control);
  if (faults.has(Fault::message_cut_at_32k)) message.resize(std::min(message.size(), max_cut_message));
  if (faults.has(Fault::bare_lf_repaired)) repair_bare_lf(message);
  if (faults.has(Fault::bare_cr_repaired)) repair_bare_cr(message);
  if (faults.has(Fault::blank_lines_at_the_end_cut)) cut_blank_lines(message);
  if (faults.has(Fault::eight_bit_stripped)) {
    for (char& octet : message) octet = static_cast<char>(octet & 0x7f);
  }
}

/// The faults that are seen only where a message came in one way and not in another.
void spoil_by_arrival(std::string& message, const Faults& faults, const Arrival& arrival) {
  const bool by_data = arrival.by_data;
  if (by_data && faults.has(Fault::octet_lost_at_16k)) lose_octet(message);
  if (!by_data && faults.has(Fault::chunk_octet_lost_at_16k)) lose_octet(message);
  if (arrival.under_tls && faults.has(Fault::octet_lost_under_tls)) lose_octet(message);
  if (by_data && faults.has(Fault::last_line_end_lost) && message.ends_with("\r\n")) message.resize(message.size() - 2);
  if (!by_data && faults.has(Fault::chunk_ends_at_period)) {
    const std::size_t end = message.find("\r\n.\r\n");
    if (end != message.npos) message.resize(end + 2);
  }
  if (arrival.number == 2 && faults.has(Fault::second_message_line_lost)) {
    const std::size_t end = message.find("\r\n");
    if (end != message.npos) message.erase(0, end + 2);
  }
}

}  // namespace

void repair_bare_cr(std::string& message) {
  std::string repaired;
  for (std::size_t i = 0; i < message.size(); ++i) {
    repaired += message[i];
    if (message[i] == '\r' && (i + 1 == message.size() || message[i + 1] != '\n')) repaired += '\n';
  }
  message = std::move(repaired);
}

void spoil(std::string& message, const Faults& faults, const Arrival& arrival) {
  using Line = std::string_view;
  spoil_by_arrival(message, faults, arrival);
  if (faults.has(Fault::drops_lone_dots) && arrival.by_data) {
    change_lines(message, [](Line line) { return line == ".\r\n" ? Line() : line; });
  }
  if (faults.has(Fault::bdat_unstuffs) && !arrival.by_data) {
    change_lines(message, [](Line line) { return line.starts_with('.') ? line.substr(1) : line; });
  }
  if (faults.has(Fault::long_text_line_split)) change_lines(message, split);
  if (faults.has(Fault::trailing_white_space_cut)) change_lines(message, cut_white_space);
  if (faults.has(Fault::from_line_escaped)) {
    change_lines(message, [](Line line) { return std::string(line.starts_with("From ") ? ">" : "").append(line); });
  }
  if (faults.has(Fault::message_cut_at_nul)) message.resize(std::min(message.size(), message.find('\0')));
  if (faults.has(Fault::last_header_line_lost) && message.find("\r\n\r\n") == message.npos) lose_last_line(message);
  if (message.size() > arrival.declared && faults.has(Fault::size_ends_data)) message.resize(arrival.declared);
  spoil_octets(message, faults);
}

std::string spoil_trace(std::string field, std::string message, const Faults& faults) {
  if (faults.has(Fault::received_without_date)) field = field.substr(0, field.rfind(';')) + "\r\n";
  if (faults.has(Fault::received_without_from)) {
    const std::size_t from = field.find("from ");
    field.erase(from, field.find("by ") - from);
  }
  if (faults.has(Fault::received_replaced)) message = without_received(message);
  std::size_t at = 0;
  if (faults.has(Fault::received_below_the_header)) {
    const std::size_t end = message.find("\r\n\r\n");
    at = end == message.npos ? 0 : end + 2;
  }
  return message.insert(at, field);
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
  if (border) before_segment(octets, decoded);
}

void BufferBorder::before_segment(std::string_view octets, std::size_t decoded) {
  if (end_ == "\r\n" && octets.starts_with('.')) periods_.push_back(decoded);
}

void BufferBorder::before_data(std::string_view octets) {
  if (octets_ == 0) before_segment(octets, 0);
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
