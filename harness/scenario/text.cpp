#include "harness/scenario/text.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>

#include "harness/smtp/base64.hpp"
#include "harness/smtp/escape.hpp"

namespace smtpspec::scenario {
namespace {

const smtp::SyntaxError too_long = {0, "the text grows beyond " + std::to_string(max_text) + " octets"};

smtp::SyntaxError no_count(const std::string& name, std::string_view value) {
  return {0, "'" + name + "' is to be a count, and is '" + smtp::escape(value.substr(0, 40)) + "'"};
}

/// What the digits say and so many more, and no more than a text may hold; nothing otherwise.
std::optional<std::size_t> count_of(std::string_view digits, std::size_t more) {
  std::size_t count = 0;
  const char* end = digits.data() + digits.size();
  const auto [rest, problem] = std::from_chars(digits.data(), end, count);
  if (problem != std::errc{} || rest != end || count > max_text || count + more > max_text) return std::nullopt;
  return count + more;
}

/// The sum, in digits; nothing where the text is no number of up to 64 bits, or the sum none.
std::optional<std::string> sum_of(std::string_view digits, std::size_t more) {
  std::uint64_t number = 0;
  const char* end = digits.data() + digits.size();
  const auto [rest, problem] = std::from_chars(digits.data(), end, number);
  if (problem != std::errc{} || rest != end || number > std::numeric_limits<std::uint64_t>::max() - more)
    return std::nullopt;
  return std::to_string(number + more);
}

smtp::SyntaxError no_number(const std::string& name, std::string_view value) {
  return {0, "'" + name + "' is to be a number, and is '" + smtp::escape(value.substr(0, 40)) + "'"};
}

void append_repeated(std::string& out, std::string_view unit, std::size_t octets) {
  if (unit.size() == 1) {
    out.append(octets, unit[0]);
    return;
  }
  out.reserve(out.size() + octets);
  for (; octets >= unit.size(); octets -= unit.size()) out += unit;
  out += unit.substr(0, octets);
}

/// Fills the holes of one text, piece by piece; what a fill has to add is known only when all else is.
class Expansion {
 public:
  explicit Expansion(const Lookup& lookup) : lookup_(lookup) {}

  smtp::Parsed<std::string> run(const std::vector<Piece>& pieces, std::size_t extra) {
    for (const Piece& piece : pieces)
      if (!add(piece) || out_.size() > max_text) return error_.value_or(too_long);
    if (fill_ != nullptr && !add_fill(extra)) return error_.value_or(too_long);
    return std::move(out_);
  }

 private:
  bool fail(smtp::SyntaxError error) {
    error_ = std::move(error);
    return false;
  }

  bool add(const Piece& piece) {
    switch (piece.kind) {
      case Piece::Kind::literal: out_ += piece.octets; return true;
      case Piece::Kind::value: return add_value(piece.name);
      case Piece::Kind::sum: return add_sum(piece);
      case Piece::Kind::repeat: return add_repeat(piece);
      case Piece::Kind::base64: return add_base64(piece);
      case Piece::Kind::fill: break;
    }
    fill_ = &piece;
    fill_at_ = out_.size();
    return true;
  }

  bool add_value(const std::string& name) {
    const auto value = lookup_(name);
    if (!value) return fail({0, "no value is known for '" + name + "'"});
    if (value->size() > max_text) return false;
    out_ += *value;
    return true;
  }

  bool add_sum(const Piece& piece) {
    const auto value = lookup_(piece.name);
    if (!value) return fail({0, "no value is known for '" + piece.name + "'"});
    const auto sum = sum_of(*value, piece.count);
    if (!sum) return fail(no_number(piece.name, *value));
    out_ += *sum;
    return true;
  }

  /// The number that stands in the text, or that the value named there has.
  std::optional<std::size_t> count(const Piece& piece) {
    if (piece.name.empty()) return piece.count;
    const auto value = lookup_(piece.name);
    const auto count = value ? count_of(*value, piece.count) : std::nullopt;
    if (!value) fail({0, "no value is known for '" + piece.name + "'"});
    if (value && !count) fail(no_count(piece.name, *value));
    return count;
  }

  bool add_repeat(const Piece& piece) {
    const auto times = count(piece);
    if (!times || piece.octets.empty() || *times > (max_text - out_.size()) / piece.octets.size()) return false;
    append_repeated(out_, piece.octets, *times * piece.octets.size());
    return true;
  }

  bool add_base64(const Piece& piece) {
    const auto inner = Expansion(lookup_).run(piece.inner, 0);
    if (!inner) return fail(inner.error());
    if (inner->size() / 3 * 4 + 4 > max_text - out_.size()) return false;
    out_ += smtp::base64_encode(*inner);
    return true;
  }

  bool add_fill(std::size_t extra) {
    const auto total = count(*fill_);
    if (!total || fill_->octets.empty() || *total > max_text) return false;
    const std::size_t held = out_.size() + extra;
    if (held > *total)
      return fail({0, "the text has " + std::to_string(held) + " octets already, more than the " +
                          std::to_string(*total) + " that it is to be filled to"});
    std::string added;
    append_repeated(added, fill_->octets, *total - held);
    if (added.ends_with('\r')) added.back() = fill_->octets.front();  // no CRLF is cut in two
    out_.insert(fill_at_, added);
    return true;
  }

  const Lookup& lookup_;
  std::string out_;
  const Piece* fill_ = nullptr;
  std::size_t fill_at_ = 0;
  std::optional<smtp::SyntaxError> error_;
};

/// What a column brings in may break what holds for every text that was parsed.
std::optional<smtp::SyntaxError> misfit(const std::vector<Piece>& pieces, int nesting) {
  if (nesting > max_nesting) return smtp::SyntaxError{0, "base64 is nested too deep"};
  const auto fills = [](const Piece& piece) { return piece.kind == Piece::Kind::fill; };
  if (std::count_if(pieces.begin(), pieces.end(), fills) > 1)
    return smtp::SyntaxError{0, "a text can hold one fill only"};
  for (const Piece& piece : pieces)
    if (piece.kind == Piece::Kind::base64)
      if (auto problem = misfit(piece.inner, nesting + 1)) return problem;
  return std::nullopt;
}

/// Appends a piece; literals beside each other are one.
void append(std::vector<Piece>& pieces, const Piece& piece) {
  const bool joins = piece.kind == Piece::Kind::literal && !pieces.empty() && pieces.back().kind == piece.kind;
  if (joins)
    pieces.back().octets += piece.octets;
  else
    pieces.push_back(piece);
}

/// In the place of a value that counts or is added to, its digits.
std::optional<smtp::SyntaxError> fill_count(Piece& piece, const Text& column) {
  const bool is_text = column.pieces.size() == 1 && column.pieces[0].kind == Piece::Kind::literal;
  if (piece.kind == Piece::Kind::sum) {
    const auto sum = is_text ? sum_of(column.pieces[0].octets, piece.count) : std::nullopt;
    if (!sum) return no_number(piece.name, to_source(column));
    piece = {Piece::Kind::literal, *sum, {}, 0, {}};
    return std::nullopt;
  }
  const auto count = is_text ? count_of(column.pieces[0].octets, piece.count) : std::nullopt;
  if (!count) return no_count(piece.name, to_source(column));
  piece.count = *count;
  piece.name.clear();
  return std::nullopt;
}

void gather_names(const std::vector<Piece>& pieces, std::vector<std::string>& names) {
  for (const Piece& piece : pieces) {
    if (!piece.name.empty()) names.push_back(piece.name);
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

/// "{limit+1}"; of a count to which nothing is added "{limit}".
std::string value_source(const Piece& piece) {
  const bool is_sum = piece.kind == Piece::Kind::sum || piece.count > 0;
  return "{" + piece.name + (is_sum ? "+" + std::to_string(piece.count) : "") + "}";
}

std::string source_of(const std::vector<Piece>& pieces) {
  std::string source;
  for (const Piece& piece : pieces) {
    switch (piece.kind) {
      case Piece::Kind::literal: source += source_of(piece.octets, false); break;
      case Piece::Kind::value: source += "{" + piece.name + "}"; break;
      case Piece::Kind::sum: source += value_source(piece); break;
      case Piece::Kind::repeat:
      case Piece::Kind::fill:
        source += "{" + source_of(piece.octets, true) + (piece.kind == Piece::Kind::repeat ? "*" : "..") +
                  (piece.name.empty() ? std::to_string(piece.count) : value_source(piece)) + "}";
        break;
      case Piece::Kind::base64: source += "{base64:" + source_of(piece.inner) + "}"; break;
    }
  }
  return source;
}

}  // namespace

Text literal(std::string_view octets) {
  Text text;
  if (!octets.empty()) text.pieces.push_back({Piece::Kind::literal, std::string(octets), {}, 0, {}});
  return text;
}

smtp::Parsed<Text> fill_columns(const Text& text, const Columns& columns) {
  Text out;
  for (Piece piece : text.pieces) {
    const auto column = piece.name.empty() ? std::nullopt : columns(piece.name);
    if (column && piece.kind == Piece::Kind::value) {
      for (const Piece& one : column->pieces) append(out.pieces, one);
      continue;
    }
    if (column)
      if (auto problem = fill_count(piece, *column)) return std::move(*problem);
    auto inner = fill_columns(Text{piece.inner}, columns);
    if (!inner) return inner;
    piece.inner = inner->pieces;
    append(out.pieces, piece);
  }
  if (auto problem = misfit(out.pieces, 0)) return std::move(*problem);
  return out;
}

smtp::Parsed<std::string> expand(const Text& text, const Lookup& lookup, std::size_t extra) {
  return Expansion(lookup).run(text.pieces, extra);
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
      {"accepted-in-capitals", "the same, its domain in capitals"},
      {"accepted2", "another one; needs = [\"fact two-recipients\"]"},
      {"rejected", "a mailbox that does not exist, in a domain of the target's; needs = [\"fact rejects\"]"},
      {"foreign", "a mailbox that the target must not relay to; needs = [\"fact foreign\"]"},
      {"sender", "the reverse-path that the ladder uses"},
      {"smuggled", "a reverse-path that only a smuggled message has"},
      {"token", "a word of this scenario's own, by which its mail is found again"},
      {"domain", "the target's mail domain"},
      {"host", "the host of its address as a domain: a name, or an address in brackets"},
      {"hello", "EHLO; to an LMTP server LHLO"},
      {"client", "the name that smtpspec gives with EHLO"},
      {"header", "a header block (From, To, Subject, Date, Message-ID) with the token in it, and the empty line"},
      {"user", "the user name to log in with; needs = [\"fact auth\"]"},
      {"password", "its password; needs = [\"fact auth\"]"},
  };
  return values;
}

}  // namespace smtpspec::scenario
