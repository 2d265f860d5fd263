#include "harness/scenario/text.hpp"

#include <algorithm>
#include <charconv>

#include "harness/smtp/bytes.hpp"

namespace smtpspec::scenario {
namespace {

// base64 within base64 serves nobody; the bound keeps hostile input off the stack.
constexpr int max_nesting = 4;

bool is_name_start(char c) { return c >= 'a' && c <= 'z'; }
bool is_name(std::string_view text) {
  return !text.empty() && is_name_start(text.front()) && std::all_of(text.begin(), text.end(), [](char c) {
    return is_name_start(c) || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

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

  // at_ stands on '{'; afterwards behind '}'.
  bool read_hole(Piece& piece, int nesting) {
    const std::size_t start = at_++;
    constexpr std::string_view base64 = "base64:";
    if (source_.substr(at_, base64.size()) == base64) {
      if (nesting >= max_nesting) return fail(start, "base64 is nested too deep");
      at_ += base64.size();
      piece.kind = Piece::Kind::base64;
      if (!parse(piece.inner, nesting + 1)) return false;
      if (at_ >= source_.size()) return fail(start, "'{' is never closed; a brace is written '\\{'");
      ++at_;
      return true;
    }
    std::size_t end = at_;
    while (end < source_.size() && source_[end] != '}') {
      if (source_[end] == '{') return fail(end, "no hole within this hole; a brace is written '\\{'");
      end += source_[end] == '\\' ? 2 : 1;
    }
    if (end >= source_.size()) return fail(start, "'{' is never closed; a brace is written '\\{'");
    const std::string_view content = source_.substr(at_, end - at_);
    return (read_generated(piece, content) || read_name(piece, content, start)) && move_to(end + 1);
  }

  bool move_to(std::size_t at) {
    at_ = at;
    return error_.message.empty();
  }

  // "x*1000" and "x..512". True also where it is one of these and wrong: the error is then set.
  bool read_generated(Piece& piece, std::string_view content) {
    const std::size_t last = content.find_last_not_of("0123456789");
    if (last == std::string_view::npos || last + 1 == content.size()) return false;
    const bool repeats = content[last] == '*';
    const bool fills = content[last] == '.' && last > 0 && content[last - 1] == '.';
    if (!repeats && !fills) return false;
    const std::string_view unit = content.substr(0, repeats ? last : last - 1);
    const std::string_view digits = content.substr(last + 1);
    const std::size_t digits_at = at_ + last + 1;
    piece.kind = repeats ? Piece::Kind::repeat : Piece::Kind::fill;
    if (unit.empty()) {
      fail(at_, "nothing to repeat");
      return true;
    }
    const auto [rest, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), piece.count);
    if (problem != std::errc{} || piece.count > max_text) {
      fail(digits_at, "a text has at most " + std::to_string(max_text) + " octets");
      return true;
    }
    TextParser units(unit);
    while (units.at_ < unit.size()) {
      if (unit[units.at_] != '\\') {
        piece.octets += unit[units.at_++];
      } else if (!units.read_escape(piece.octets)) {
        fail(at_ + units.error_.at, units.error_.message);
        return true;
      }
    }
    return true;
  }

  bool read_name(Piece& piece, std::string_view content, std::size_t start) {
    if (!is_name(content)) {
      const bool counted = content.find('*') != std::string_view::npos || content.find("..") != std::string_view::npos;
      return fail(start, counted ? "a count must be a number: '{x*1000}' or '{x..512}'"
                                 : "'{' begins a value such as '{accepted}'; a brace is written '\\{'");
    }
    piece.kind = Piece::Kind::value;
    piece.name = content;
    return true;
  }

  std::string_view source_;
  std::size_t at_ = 0;
  smtp::SyntaxError error_;
};

std::string encode_base64(std::string_view octets) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((octets.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < octets.size(); i += 3) {
    const std::size_t held = std::min<std::size_t>(3, octets.size() - i);
    unsigned group = 0;
    for (std::size_t k = 0; k < 3; ++k)
      group = group << 8 | (k < held ? static_cast<unsigned char>(octets[i + k]) : 0U);
    for (std::size_t k = 0; k < 4; ++k) out += k <= held ? alphabet[group >> (18 - 6 * k) & 63U] : '=';
  }
  return out;
}

const smtp::SyntaxError too_long = {0, "the text grows beyond " + std::to_string(max_text) + " octets"};

smtp::Parsed<std::string> expand_pieces(const std::vector<Piece>& pieces, const Lookup& lookup, std::size_t extra) {
  // Two passes: what a fill has to add is known only when all else is.
  std::string out;
  std::size_t fill_at = 0;
  const Piece* fill = nullptr;
  for (const Piece& piece : pieces) {
    if (piece.kind == Piece::Kind::literal) {
      out += piece.octets;
    } else if (piece.kind == Piece::Kind::value) {
      const auto value = lookup(piece.name);
      if (!value) return smtp::SyntaxError{0, "no value is known for '" + piece.name + "'"};
      if (value->size() > max_text - out.size()) return too_long;
      out += *value;
    } else if (piece.kind == Piece::Kind::repeat) {
      if (piece.octets.empty() || piece.count > (max_text - out.size()) / piece.octets.size()) return too_long;
      if (piece.octets.size() == 1)
        out.append(piece.count, piece.octets[0]);
      else
        for (std::size_t i = 0; i < piece.count; ++i) out += piece.octets;
    } else if (piece.kind == Piece::Kind::fill) {
      fill = &piece;
      fill_at = out.size();
    } else {
      const auto inner = expand_pieces(piece.inner, lookup, 0);
      if (!inner) return inner;
      if (inner->size() / 3 * 4 + 4 > max_text - out.size()) return too_long;
      out += encode_base64(*inner);
    }
    if (out.size() > max_text) return too_long;
  }
  if (fill == nullptr) return out;
  if (fill->octets.empty() || fill->count > max_text) return too_long;
  if (out.size() + extra > fill->count)
    return smtp::SyntaxError{0, "the text has " + std::to_string(out.size() + extra) +
                                    " octets already, more than the " + std::to_string(fill->count) +
                                    " that it is to be filled to"};
  std::string added(fill->count - out.size() - extra, '\0');
  for (std::size_t i = 0; i < added.size(); ++i) added[i] = fill->octets[i % fill->octets.size()];
  out.insert(fill_at, added);
  return out;
}

void gather_names(const std::vector<Piece>& pieces, std::vector<std::string>& names) {
  for (const Piece& piece : pieces) {
    if (piece.kind == Piece::Kind::value) names.push_back(piece.name);
    gather_names(piece.inner, names);
  }
}

/// Braces are escaped, and within a hole also what could end or split it.
std::string source_of(std::string_view octets, bool in_hole) {
  std::string source;
  for (const char c : octets) {
    if (c == '{' || c == '}') {
      source += std::string("\\") + c;
    } else if (in_hole && (c == '*' || c == '.' || c == ':')) {
      source += c == '*' ? "\\x2a" : c == '.' ? "\\x2e" : "\\x3a";
    } else {
      source += smtp::escape(std::string_view(&c, 1));
    }
  }
  return source;
}

std::string source_of(const std::vector<Piece>& pieces) {
  std::string source;
  for (const Piece& piece : pieces) {
    switch (piece.kind) {
      case Piece::Kind::literal: source += source_of(piece.octets, false); break;
      case Piece::Kind::value: source += "{" + piece.name + "}"; break;
      case Piece::Kind::repeat:
        source += "{" + source_of(piece.octets, true) + "*" + std::to_string(piece.count) + "}";
        break;
      case Piece::Kind::fill:
        source += "{" + source_of(piece.octets, true) + ".." + std::to_string(piece.count) + "}";
        break;
      case Piece::Kind::base64: source += "{base64:" + source_of(piece.inner) + "}"; break;
    }
  }
  return source;
}

}  // namespace

smtp::Parsed<Text> parse_text(std::string_view source) {
  TextParser parser(source);
  Text text;
  if (!parser.parse(text.pieces, 0)) return parser.error();
  return text;
}

Text literal(std::string_view octets) {
  Text text;
  if (!octets.empty()) text.pieces.push_back({Piece::Kind::literal, std::string(octets), {}, 0, {}});
  return text;
}

smtp::Parsed<std::string> expand(const Text& text, const Lookup& lookup, std::size_t extra) {
  return expand_pieces(text.pieces, lookup, extra);
}

std::string to_source(const Text& text) { return source_of(text.pieces); }

std::vector<std::string> names_in(const Text& text) {
  std::vector<std::string> names;
  gather_names(text.pieces, names);
  return names;
}

const std::vector<KnownValue>& known_values() {
  static const std::vector<KnownValue> values = {
      {"accepted", "a mailbox of the target that takes mail"},
      {"accepted2", "another one; needs = [\"fact two-recipients\"]"},
      {"rejected", "a mailbox that does not exist, in a domain of the target's; needs = [\"fact rejects\"]"},
      {"foreign", "a mailbox that the target must not relay to; needs = [\"fact foreign\"]"},
      {"sender", "the reverse-path that the ladder uses"},
      {"smuggled", "a reverse-path that only a smuggled message has"},
      {"token", "a word of this scenario's own, by which its mail is found again"},
      {"domain", "the target's mail domain"},
      {"client", "the name that smtpspec gives with EHLO"},
      {"header", "a header block (From, To, Subject, Date, Message-ID) with the token in it, and the empty line"},
      {"user", "the user name to log in with; needs = [\"fact auth\"]"},
      {"password", "its password; needs = [\"fact auth\"]"},
  };
  return values;
}

}  // namespace smtpspec::scenario
