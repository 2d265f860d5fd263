#include <charconv>

#include <re2/re2.h>

#include "harness/scenario/text.hpp"
#include "harness/smtp/escape.hpp"

namespace smtpspec::scenario {
namespace {

constexpr const char* never_closed = "'{' is never closed; a brace is written '\\{'";

class TextParser {
 public:
  explicit TextParser(std::string_view source) : source_(source) {}

  /// Reads up to the end, or within a hole up to its closing brace.
  bool parse(std::vector<Piece>& pieces, int nesting) {
    bool filled = false;
    std::string octets;
    const auto flush = [&] {
      if (!octets.empty()) pieces.push_back({Piece::Kind::literal, std::move(octets), {}, 0, {}});
      octets.clear();
    };
    while (at_ < source_.size()) {
      const char c = source_[at_];
      if (c == '\\') {
        if (!read_escape(octets)) return false;
      } else if (c == '}') {
        if (nesting > 0) break;
        return fail(at_, "'}' without '{'; a brace is written '\\}'");
      } else if (c == '{') {
        flush();
        const std::size_t start = at_;
        Piece piece;
        if (!read_hole(piece, nesting)) return false;
        if (piece.kind == Piece::Kind::fill && filled) return fail(start, "a text can hold one fill only");
        filled = filled || piece.kind == Piece::Kind::fill;
        pieces.push_back(std::move(piece));
      } else {
        octets += c;
        ++at_;
      }
    }
    flush();
    return true;
  }

  [[nodiscard]] const smtp::SyntaxError& error() const { return error_; }

 private:
  bool fail(std::size_t at, std::string message) {
    error_ = {at, std::move(message)};
    return false;
  }

  bool read_escape(std::string& octets) {
    const std::string_view rest = source_.substr(at_);
    if (rest.size() > 1 && (rest[1] == '{' || rest[1] == '}')) {
      octets += rest[1];
      at_ += 2;
      return true;
    }
    const std::size_t length = rest.size() > 1 && rest[1] == 'x' ? 4 : 2;
    smtp::BadEscape problem;
    const auto octet = smtp::unescape(rest.substr(0, length), &problem);
    if (!octet) return fail(at_, problem.message);
    octets += *octet;
    at_ += length;
    return true;
  }

  // at_ stands on '{'; afterwards after '}'.
  bool read_hole(Piece& piece, int nesting) {
    static const RE2 value("{([a-z][a-z0-9_-]*)}");
    static const RE2 sum(R"({([a-z][a-z0-9_-]*)\+([0-9]{1,6})})");
    // The unit may hold escaped braces; a backslash that escapes nothing is its error.
    static const RE2 counted(
        R"((?s){((?:[^{}\\]|\\.|\\)*?)(\*|\.\.)(?:([0-9]+)|{([a-z][a-z0-9_-]*)(?:\+([0-9]{1,6}))?})})", RE2::Latin1);
    const std::string_view hole = source_.substr(at_);
    if (hole.starts_with("{base64:")) return read_base64(piece, nesting);
    re2::StringPiece rest(hole.data(), hole.size());
    if (RE2::Consume(&rest, value, &piece.name)) {
      piece.kind = Piece::Kind::value;
      return move_to(source_.size() - rest.size());
    }
    if (RE2::Consume(&rest, sum, &piece.name, &piece.count)) {
      piece.kind = Piece::Kind::sum;
      return move_to(source_.size() - rest.size());
    }
    re2::StringPiece unit, mark, digits, more;
    if (!RE2::Consume(&rest, counted, &unit, &mark, &digits, &piece.name, &more)) return wrong_hole();
    if (digits.empty()) digits = more;
    piece.kind = mark == "*" ? Piece::Kind::repeat : Piece::Kind::fill;
    const auto problem = std::from_chars(digits.data(), digits.data() + digits.size(), piece.count).ec;
    if (!digits.empty() && (problem != std::errc{} || piece.count > max_text))
      return fail(static_cast<std::size_t>(digits.data() - source_.data()),
                  "a text has at most " + std::to_string(max_text) + " octets");
    ++at_;
    return read_unit(piece, {unit.data(), unit.size()}) && move_to(source_.size() - rest.size());
  }

  bool read_base64(Piece& piece, int nesting) {
    const std::size_t start = at_;
    if (nesting >= max_nesting) return fail(start, "base64 is nested too deep");
    at_ += std::string_view("{base64:").size();
    piece.kind = Piece::Kind::base64;
    if (!parse(piece.inner, nesting + 1)) return false;
    return at_ < source_.size() ? move_to(at_ + 1) : fail(start, never_closed);
  }

  bool move_to(std::size_t at) {
    at_ = at;
    return true;
  }

  bool wrong_hole() {
    // The next brace that is none of the unit's.
    std::size_t end = at_ + 1;
    while (end < source_.size() && source_[end] != '}' && source_[end] != '{') end += source_[end] == '\\' ? 2 : 1;
    if (end >= source_.size()) return fail(at_, never_closed);
    const std::string_view content = source_.substr(at_ + 1, end - at_ - 1);
    if (source_[end] == '{')
      return fail(end, content.ends_with('*') || content.ends_with("..")
                           ? "a count is a number or one value: '{x*{count}}'"
                           : "no hole within this hole; a brace is written '\\{'");
    const bool counted = content.find('*') != std::string_view::npos || content.find("..") != std::string_view::npos;
    return fail(at_, counted ? "a count is a number, '{x*1000}', or a value, '{x..{limit}}'"
                             : "'{' begins a value such as '{accepted}'; a brace is written '\\{'");
  }

  bool read_unit(Piece& piece, std::string_view unit) {
    if (unit.empty()) return fail(at_, "nothing to repeat");
    TextParser units(unit);
    while (units.at_ < unit.size()) {
      if (unit[units.at_] != '\\') {
        piece.octets += unit[units.at_++];
      } else if (!units.read_escape(piece.octets)) {
        return fail(at_ + units.error_.at, units.error_.message);
      }
    }
    return true;
  }

  std::string_view source_;
  std::size_t at_ = 0;
  smtp::SyntaxError error_;
};

}  // namespace

smtp::Parsed<Text> parse_text(std::string_view source) {
  TextParser parser(source);
  Text text;
  if (!parser.parse(text.pieces, 0)) return parser.error();
  return text;
}

}  // namespace smtpspec::scenario
