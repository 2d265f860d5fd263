#include "harness/smtp/reply.hpp"

#include <algorithm>
#include <utility>

#include "harness/smtp/char_class.hpp"

namespace smtpspec::smtp {
namespace {

constexpr std::size_t longest_line = 512;  // with CRLF, RFC 5321 section 4.5.3.1.5

bool has_code(std::string_view line) {
  return line.size() >= 3 && is_digit(line[0]) && is_digit(line[1]) && is_digit(line[2]);
}

}  // namespace

std::string_view name(ReplyDefect defect) {
  constexpr std::string_view names[] = {"no-code",         "code-out-of-range", "bad-separator", "code-changes",
                                        "line-ends-in-lf", "bare-cr",           "line-too-long", "control-character",
                                        "eight-bit",       "cut-short",         "too-many-lines"};
  return names[static_cast<std::size_t>(defect)];
}

ReplyLine::ReplyLine(std::string_view kept, std::size_t size, LineEnd line_end, std::size_t content)
    : bytes(kept), end(line_end), octets(size) {
  const std::size_t kept_content = std::min(kept.size(), content);
  if (has_code(kept.substr(0, content))) {
    code = (kept[0] - '0') * 100 + (kept[1] - '0') * 10 + (kept[2] - '0');
    separator = kept_content > 3 ? kept[3] : '\0';
    text_at = std::min<std::size_t>(kept_content, 4);
  }
  text_size = kept_content - text_at;
}

std::vector<ReplyDefect> ReplyDefects::all() const {
  std::vector<ReplyDefect> all;
  for (unsigned value = 0; set_ >> value != 0; ++value)
    if (const auto defect = static_cast<ReplyDefect>(value); has(defect)) all.push_back(defect);
  return all;
}

std::string Reply::bytes() const {
  std::string all;
  for (const ReplyLine& line : lines) all += line.bytes;
  return all;
}

Reply* ReplyParser::read(std::string_view& octets) {
  while (!octets.empty()) {
    const std::size_t lf = octets.find('\n');
    const std::size_t size = std::min(lf, octets.size() - 1) + 1;
    const std::string_view piece = octets.substr(0, size);
    octets.remove_prefix(size);
    bool is_last = false;
    // The common case: a whole line at once, of which nothing must be kept for later.
    if (line_octets_ == 0 && lf < max_line) {
      const bool after_cr = lf > 0 && piece[lf - 1] == '\r';
      is_last = take_line(piece, size, after_cr ? LineEnd::crlf : LineEnd::lf, after_cr ? lf - 1 : lf);
    } else {
      const bool crlf = size > 1 ? piece[size - 2] == '\r' : last_was_cr_;
      keep(piece);
      is_last = lf != octets.npos && end_line(crlf ? LineEnd::crlf : LineEnd::lf);
    }
    if (!is_last) continue;
    is_open_ = false;
    return &reply_;
  }
  return nullptr;
}

void ReplyParser::feed(std::string_view octets) {
  feed(octets, [this](Reply& reply) { done_.push_back(std::move(reply)); });
}

void ReplyParser::keep(std::string_view octets) {
  line_.append(octets.substr(0, max_line - line_.size()));
  line_octets_ += octets.size();
  last_was_cr_ = octets.back() == '\r';
}

bool ReplyParser::end_line(LineEnd end) {
  // Where the stream ends after a CR, that CR is half of a line end, not a bare one.
  const std::size_t end_octets = end == LineEnd::crlf ? 2 : end == LineEnd::lf || last_was_cr_ ? 1 : 0;
  const bool is_last = take_line(line_, line_octets_, end, line_octets_ - end_octets);
  line_.clear();
  line_octets_ = 0;
  last_was_cr_ = false;
  return is_last;
}

/// Whether the line is the last of its reply.
bool ReplyParser::take_line(std::string_view kept, std::size_t octets, LineEnd end, std::size_t content) {
  const bool first = !std::exchange(is_open_, true);
  if (first) {
    reply_.lines.clear();
    reply_.defects = {};
    reply_.first_octet = offset_;
  }
  offset_ += octets;
  const auto take = [&](const ReplyLine& line) {
    judge_line(line);
    reply_.code = line.code;
    // A line without a code inside a multiline reply leaves it open; only a coded line can be its last.
    return line.separator != '-' && (line.code >= 0 || first);
  };
  if (reply_.lines.size() < max_lines) return take(reply_.lines.emplace_back(kept, octets, end, content));
  reply_.defects.add(ReplyDefect::too_many_lines);
  return take(ReplyLine(kept, octets, end, content));
}

void ReplyParser::judge_line(const ReplyLine& line) {
  ReplyDefects& defects = reply_.defects;
  if (line.code < 0) {
    defects.add(ReplyDefect::no_code);
  } else {
    const int first_digit = line.code / 100;
    if (first_digit < 2 || first_digit > 5 || line.code / 10 % 10 > 5) defects.add(ReplyDefect::code_out_of_range);
    if (line.separator != 0 && line.separator != ' ' && line.separator != '-') defects.add(ReplyDefect::bad_separator);
    // A NUL after the code looks like "no separator" in `separator`, but it is an octet of the line.
    if (line.separator == 0 && line.bytes.size() > 3 && line.bytes[3] == '\0') defects.add(ReplyDefect::bad_separator);
    if (line.code != reply_.lines.front().code) defects.add(ReplyDefect::code_changes);
  }
  if (line.separator == '\r') defects.add(ReplyDefect::bare_cr);
  const auto odd = [](char octet) { return is_control(octet) || is_eight_bit(octet); };
  const std::string_view text = line.text();
  for (const auto* at = std::find_if(text.begin(), text.end(), odd); at != text.end(); ++at) {
    const char octet = *at;
    if (octet == '\r') {
      defects.add(ReplyDefect::bare_cr);
    } else if (is_eight_bit(octet)) {
      defects.add(ReplyDefect::eight_bit);
    } else if (is_control(octet) && octet != '\t') {
      defects.add(ReplyDefect::control_character);
    }
  }
  if (line.end == LineEnd::lf) defects.add(ReplyDefect::line_ends_in_lf);
  if (line.octets > longest_line) defects.add(ReplyDefect::line_too_long);
}

std::optional<Reply> ReplyParser::next() {
  if (given_ == done_.size()) return std::nullopt;
  std::optional<Reply> reply = std::move(done_[given_++]);
  if (given_ == done_.size()) {
    done_.clear();
    given_ = 0;
  }
  return reply;
}

std::string ReplyParser::pending() const { return is_open_ ? reply_.bytes() + line_ : line_; }

bool ReplyParser::idle() const { return done_.empty() && !is_open_ && line_octets_ == 0; }

void ReplyParser::finish() {
  if (line_octets_ > 0) static_cast<void>(end_line(LineEnd::none));
  if (!is_open_) return;
  reply_.defects.add(ReplyDefect::cut_short);
  done_.push_back(std::move(reply_));
  is_open_ = false;
}

}  // namespace smtpspec::smtp
