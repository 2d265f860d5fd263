#include "harness/smtp/reply.hpp"

#include <algorithm>

#include "harness/smtp/char_class.hpp"

namespace smtpspec::smtp {
namespace {

constexpr std::size_t longest_line = 512;  // with CRLF, RFC 5321 section 4.5.3.1.5

void add(std::vector<ReplyDefect>& defects, ReplyDefect defect) {
  if (std::find(defects.begin(), defects.end(), defect) == defects.end()) defects.push_back(defect);
}

bool has_code(std::string_view line) {
  return line.size() >= 3 && is_digit(line[0]) && is_digit(line[1]) && is_digit(line[2]);
}

/// Cuts `bytes` into code, separator and text. `content` is the true length of the line without its end.
ReplyLine read_line(std::string_view bytes, std::size_t octets, LineEnd end, std::size_t content) {
  ReplyLine line;
  line.bytes = bytes;
  const std::string_view kept = bytes.substr(0, content);
  if (!has_code(kept)) {
    line.text = kept;
  } else {
    line.code = (kept[0] - '0') * 100 + (kept[1] - '0') * 10 + (kept[2] - '0');
    if (kept.size() > 3) {
      line.separator = kept[3];
      line.text = kept.substr(4);
    }
  }
  line.end = end;
  line.octets = octets;
  return line;
}

}  // namespace

std::string_view name(ReplyDefect defect) {
  constexpr std::string_view names[] = {"no-code",         "code-out-of-range", "bad-separator", "code-changes",
                                        "line-ends-in-lf", "bare-cr",           "line-too-long", "control-character",
                                        "eight-bit",       "cut-short",         "too-many-lines"};
  return names[static_cast<std::size_t>(defect)];
}

bool Reply::has(ReplyDefect defect) const { return std::find(defects.begin(), defects.end(), defect) != defects.end(); }

std::string Reply::bytes() const {
  std::string all;
  for (const ReplyLine& line : lines) all += line.bytes;
  return all;
}

void ReplyParser::feed(std::string_view octets) {
  while (!octets.empty()) {
    const std::size_t lf = octets.find('\n');
    // The common case: a whole line at once, of which nothing must be kept for later.
    if (line_octets_ == 0 && lf < max_line) {
      const bool after_cr = lf > 0 && octets[lf - 1] == '\r';
      const std::size_t size = lf + 1;
      take_line(
          read_line(octets.substr(0, size), size, after_cr ? LineEnd::crlf : LineEnd::lf, after_cr ? lf - 1 : lf));
      octets.remove_prefix(size);
      continue;
    }
    const std::size_t before = std::min(lf, octets.size());
    if (before > 0) keep(octets.substr(0, before));
    if (lf == std::string_view::npos) return;
    const bool crlf = last_was_cr_;
    keep(octets.substr(lf, 1));
    end_line(crlf ? LineEnd::crlf : LineEnd::lf);
    octets.remove_prefix(lf + 1);
  }
}

void ReplyParser::keep(std::string_view octets) {
  line_.append(octets.substr(0, max_line - line_.size()));
  line_octets_ += octets.size();
  last_was_cr_ = octets.back() == '\r';
}

void ReplyParser::end_line(LineEnd end) {
  // Where the stream ends after a CR, that CR is half of a line end, not a bare one.
  const std::size_t end_octets = end == LineEnd::crlf ? 2 : end == LineEnd::lf || last_was_cr_ ? 1 : 0;
  ReplyLine line = read_line(line_, line_octets_, end, line_octets_ - end_octets);
  line_.clear();
  line_octets_ = 0;
  last_was_cr_ = false;
  take_line(std::move(line));
}

void ReplyParser::take_line(ReplyLine line) {
  const bool first = !open_.has_value();
  if (first) {
    open_.emplace();
    open_->first_octet = offset_;
  }
  offset_ += line.octets;
  judge_line(line);
  open_->code = line.code;
  // A line without a code inside a multiline reply leaves it open; only a coded line can be its last.
  const bool more = line.separator == '-' || (line.code < 0 && !first);
  if (open_->lines.size() < max_lines) {
    open_->lines.push_back(std::move(line));
  } else {
    add(open_->defects, ReplyDefect::too_many_lines);
  }
  if (!more) close_reply();
}

void ReplyParser::judge_line(const ReplyLine& line) {
  std::vector<ReplyDefect>& defects = open_->defects;
  if (line.code < 0) {
    add(defects, ReplyDefect::no_code);
  } else {
    const int first_digit = line.code / 100;
    if (first_digit < 2 || first_digit > 5 || line.code / 10 % 10 > 5) add(defects, ReplyDefect::code_out_of_range);
    if (line.separator != 0 && line.separator != ' ' && line.separator != '-') add(defects, ReplyDefect::bad_separator);
    // A NUL after the code looks like "no separator" in `separator`, but it is an octet of the line.
    if (line.separator == 0 && line.bytes.size() > 3 && line.bytes[3] == '\0') add(defects, ReplyDefect::bad_separator);
    if (!open_->lines.empty() && line.code != open_->lines.front().code) add(defects, ReplyDefect::code_changes);
  }
  if (line.separator == '\r') add(defects, ReplyDefect::bare_cr);
  const auto odd = [](char octet) { return is_control(octet) || is_eight_bit(octet); };
  auto at = std::find_if(line.text.begin(), line.text.end(), odd);
  for (; at != line.text.end(); ++at) {
    const char octet = *at;
    if (octet == '\r') {
      add(defects, ReplyDefect::bare_cr);
    } else if (is_eight_bit(octet)) {
      add(defects, ReplyDefect::eight_bit);
    } else if (is_control(octet) && octet != '\t') {
      add(defects, ReplyDefect::control_character);
    }
  }
  if (line.end == LineEnd::lf) add(defects, ReplyDefect::line_ends_in_lf);
  if (line.octets > longest_line) add(defects, ReplyDefect::line_too_long);
}

void ReplyParser::close_reply() {
  done_.push_back(std::move(*open_));
  open_.reset();
}

std::optional<Reply> ReplyParser::next() {
  if (done_.empty()) return std::nullopt;
  std::optional<Reply> reply = std::move(done_.front());
  done_.pop_front();
  return reply;
}

std::string ReplyParser::pending() const { return open_ ? open_->bytes() + line_ : line_; }

bool ReplyParser::idle() const { return done_.empty() && !open_ && line_octets_ == 0; }

void ReplyParser::finish() {
  const std::size_t complete = done_.size();
  const bool in_line = line_octets_ > 0;
  if (in_line) end_line(LineEnd::none);
  if (open_) {
    add(open_->defects, ReplyDefect::cut_short);
    close_reply();
  } else if (in_line && done_.size() > complete) {
    add(done_.back().defects, ReplyDefect::cut_short);
  }
}

}  // namespace smtpspec::smtp
