// SMTP replies, read byte by byte. RFC 5321 sections 4.2, 4.2.1 and 4.5.3.1.5.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace smtpspec::smtp {

/// How a line ended. Only `crlf` is a line end in SMTP (RFC 5321 section 2.3.8); the others are representable so that
/// they can be reported. `none`: the stream ended, or the line was cut at the bound.
enum class LineEnd { crlf, lf, none };

/// What is wrong with a reply line or with the reply as a whole. One value a rule of the grammar.
enum class ReplyDefect {
  no_code,            ///< the line does not begin with three digits
  code_out_of_range,  ///< first digit not 2-5, or second not 0-5 (RFC 5321 4.2: Reply-code grammar)
  bad_separator,      ///< the octet after the code is neither SP nor '-' (nor the end of the line)
  code_changes,       ///< a line of a multiline reply has another code than the first (4.2.1)
  line_ends_in_lf,    ///< LF without CR (2.3.8)
  bare_cr,            ///< CR inside the text
  line_too_long,      ///< more than 512 octets with the line end (4.5.3.1.5)
  control_character,  ///< an octet below 0x20 other than HTAB, or 0x7f, in the text
  eight_bit,          ///< an octet above 0x7f in the text; only a defect where SMTPUTF8 was not agreed
  cut_short,          ///< the connection ended inside the reply
  too_many_lines,     ///< more lines than `ReplyParser` keeps; what follows was dropped
};
/// A word for messages and for requirement ids: "code-changes", "bare-cr".
[[nodiscard]] std::string_view name(ReplyDefect defect);

struct ReplyLine {
  /// `kept`: the octets that are kept of it, `size`: how many it had, `content`: and without its end.
  ReplyLine(std::string_view kept, std::size_t size, LineEnd line_end, std::size_t content);

  std::string bytes;   ///< as it came, with its line end; at most `ReplyParser::max_line` octets are kept
  int code = -1;       ///< -1 where the line does not begin with three digits
  char separator = 0;  ///< ' ' or '-'; 0 where the line ends after the code; else the offending octet
  LineEnd end = LineEnd::none;
  std::size_t octets = 0;     ///< true length with line end, also where `bytes` was cut
  std::size_t text_at = 0;    ///< where the text is in `bytes`
  std::size_t text_size = 0;  ///< in octets

  /// After the separator, without the line end.
  [[nodiscard]] std::string_view text() const { return std::string_view(bytes).substr(text_at, text_size); }
};

class ReplyDefects {
 public:
  void add(ReplyDefect defect, bool is_there = true) { set_ |= is_there ? bit(defect) : 0; }
  [[nodiscard]] bool has(ReplyDefect defect) const { return (set_ & bit(defect)) != 0; }
  [[nodiscard]] bool empty() const { return set_ == 0; }
  [[nodiscard]] std::vector<ReplyDefect> all() const;
  bool operator==(const ReplyDefects&) const = default;

 private:
  static constexpr unsigned bit(ReplyDefect defect) { return 1U << static_cast<unsigned>(defect); }
  unsigned set_ = 0;
};

struct Reply {
  int code = -1;                 ///< of the last line, -1 when that has none
  std::vector<ReplyLine> lines;  ///< at least one
  ReplyDefects defects;
  std::size_t first_octet = 0;  ///< offset of the reply in the stream given to the parser

  [[nodiscard]] int klass() const { return code < 0 ? -1 : code / 100; }
  [[nodiscard]] bool has(ReplyDefect defect) const { return defects.has(defect); }
  [[nodiscard]] std::string bytes() const;  ///< all lines as they came (each as far as kept)
};

/// Incremental parser of the server's side of a connection. Takes any octets, never throws, and holds at most
/// `max_line` octets of the line under way and `max_lines` lines of the reply under way.
///
/// A line without a leading code counts as a reply of its own (code -1), except inside a multiline reply, where it is
/// kept as a continuation line with `no_code`. A multiline reply ends at the first line whose separator is not '-'.
/// Only the octets and lines kept are searched for defects. Replies wait for `next()`, so call it after each `feed`.
class ReplyParser {
 public:
  static constexpr std::size_t max_line = 4096;
  static constexpr std::size_t max_lines = 1000;

  /// Takes octets off the front up to the end of a reply, and gives it; nullptr where more octets are needed, then all
  /// were taken. It is the caller's, to be moved away too, until the parser is called again, which uses its memory
  /// for the next one. Not to be mixed with `feed`.
  [[nodiscard]] Reply* read(std::string_view& octets);
  void feed(std::string_view octets);
  /// Gives each reply to `take` (Reply&) at once: a server that sends line ends alone makes a reply of each octet or
  /// two, a hundred times its size, and they are never held all at a time. `take` may move it away.
  template <typename Take>
  void feed(std::string_view octets, Take&& take) {
    while (Reply* const reply = read(octets)) take(*reply);
  }
  /// The next complete reply, in order; nullopt when more octets are needed.
  [[nodiscard]] std::optional<Reply> next();
  /// What of the stream is not yet a complete reply (bounded as above). Empty between replies.
  [[nodiscard]] std::string pending() const;
  [[nodiscard]] bool idle() const;  ///< nothing complete waiting, nothing pending
  /// The connection ended: what is pending becomes a last reply with `cut_short`, for `next()`, if there is anything.
  void finish();

 private:
  void keep(std::string_view octets);
  [[nodiscard]] bool end_line(LineEnd end);
  [[nodiscard]] bool take_line(std::string_view kept, std::size_t octets, LineEnd end, std::size_t content);
  void judge_line(const ReplyLine& line);

  std::string line_;             // the line under way, at most max_line octets of it
  std::size_t line_octets_ = 0;  // its true length so far
  bool last_was_cr_ = false;     // its last octet, kept or not
  std::size_t offset_ = 0;       // octets of the stream in lines that ended
  bool is_open_ = false;
  Reply reply_;  // the one under way where `is_open_`, else the last
  std::vector<Reply> done_;
  std::size_t given_ = 0;  // of `done_`
};

}  // namespace smtpspec::smtp
