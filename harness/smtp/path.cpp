#include "harness/smtp/path.hpp"

#include "harness/smtp/address_literal.hpp"
#include "harness/smtp/char_class.hpp"

namespace smtpspec::smtp {
namespace {

// Octets of a domain label in ASCII, RFC 1035 section 2.3.4. After "xn--" a label has room for 59 characters at most,
// as each takes at least one octet there.
constexpr std::size_t max_label = 63;
constexpr std::size_t max_u_label = 59;

/// Reads `text` from the left; each function takes one production off it or says what is wrong where.
class Reader {
 public:
  Reader(std::string_view text, const PathRules& rules) : text_(text), rules_(rules) {}

  bool path(Path& path) {
    if (!skip('<')) return fail(at_, "expected '<'");
    if (skip('>')) {
      if (!rules_.null) return fail(0, "the null path <> is not allowed here");
      path.null = true;
      return true;
    }
    if (peek() == '@') {
      do {
        if (!skip('@')) return fail(at_, "expected '@' and a domain in the source route");
        if (!domain(path.source_route.emplace_back())) return false;
      } while (skip(','));
      if (!skip(':')) return fail(at_, "expected ',' or ':' in the source route");
    }
    if (!mailbox(path.mailbox)) return false;
    if (!skip('>')) return fail(at_, "expected '>'");
    if (at_ > max_path) return fail(max_path, "the path is longer than 256 octets");
    return true;
  }

  bool mailbox(Mailbox& mailbox) {
    if (postmaster(mailbox)) return true;
    const std::size_t start = at_;
    mailbox.quoted = peek() == '"';
    if (!(mailbox.quoted ? quoted_string(mailbox.local_part) : dot_string(mailbox.local_part))) return false;
    if (at_ - start > max_local_part) return fail(start + max_local_part, "the local-part is longer than 64 octets");
    if (!skip('@')) return fail(at_, "expected '@'");
    return domain_or_literal(mailbox.domain);
  }

  bool domain_or_literal(std::string& domain) { return peek() == '[' ? literal(domain) : this->domain(domain); }
  bool end(std::string_view expected) { return at_ == text_.size() || fail(at_, expected); }
  [[nodiscard]] SyntaxError error() const { return error_; }

 private:
  bool domain(std::string& domain) {
    const std::size_t start = at_;
    do {
      if (!label()) return false;
    } while (skip('.'));
    if (peek() == '_') return fail(at_, "an underscore is not permitted in a domain");
    if (at_ - start > max_domain) return fail(start + max_domain, "the domain is longer than 255 octets");
    domain = text_.substr(start, at_ - start);
    return true;
  }

  bool label() {
    const std::size_t start = at_;
    std::size_t characters = 0;
    bool ascii = true;
    for (; at_ < text_.size(); ++characters) {
      const std::size_t wide = utf8();
      if (wide == 0 && !is_let_dig(text_[at_]) && text_[at_] != '-') break;
      ascii = ascii && wide == 0;
      at_ += wide == 0 ? 1 : wide;
    }
    if (at_ == start) return fail(at_, "expected a domain label of letters, digits and hyphens");
    if (text_[start] == '-') return fail(start, "a domain label begins with a hyphen");
    if (text_[at_ - 1] == '-') return fail(at_ - 1, "a domain label ends in a hyphen");
    if (characters > (ascii ? max_label : max_u_label)) return fail(start, "a domain label is longer than 63 octets");
    return true;
  }

  bool literal(std::string& domain) {
    const std::size_t start = at_;
    const std::size_t close = text_.find(']', start);
    if (close == std::string_view::npos) return fail(text_.size(), "the address literal is not closed");
    if (!is_address_literal(text_.substr(start + 1, close - start - 1))) return fail(start, "not an address literal");
    at_ = close + 1;
    if (at_ - start > max_domain) return fail(start + max_domain, "the domain is longer than 255 octets");
    domain = text_.substr(start, at_ - start);
    return true;
  }

  bool dot_string(std::string& local_part) {
    const std::size_t start = at_;
    do {
      const std::size_t atom = at_;
      while (at_ < text_.size()) {
        const std::size_t octets = is_atext(text_[at_]) ? 1 : utf8();
        if (octets == 0) break;
        at_ += octets;
      }
      if (at_ == atom) return fail(at_, atom == start ? "expected a local-part" : "expected an atom after the period");
    } while (skip('.'));
    local_part = text_.substr(start, at_ - start);
    return true;
  }

  bool quoted_string(std::string& local_part) {
    const std::size_t start = at_;
    skip('"');
    while (at_ < text_.size() && text_[at_] != '"') {
      const bool pair = skip('\\');
      const bool graphic = at_ < text_.size() && !is_control(text_[at_]) && !is_eight_bit(text_[at_]);
      const std::size_t octets = graphic ? 1 : pair ? 0 : utf8();
      if (octets == 0)
        return fail(at_,
                    pair ? "expected a printable octet after the backslash" : "octet not allowed in a quoted-string");
      local_part += text_.substr(at_, octets);
      at_ += octets;
    }
    if (!skip('"')) return fail(at_, "the quoted-string is not closed");
    // RFC 5321 as printed lets a quoted-string be empty; erratum 5414 does not, as RFC 821 did not.
    if (at_ - start == 2) return fail(start, "the quoted-string is empty");
    return true;
  }

  bool postmaster(Mailbox& mailbox) {
    constexpr std::string_view word = "postmaster";
    if (!rules_.bare_postmaster || !same_word(text_.substr(at_, word.size()), word)) return false;
    const std::size_t after = at_ + word.size();
    if (after < text_.size() && text_[after] != '>') return false;
    mailbox.local_part = text_.substr(at_, word.size());
    at_ = after;
    return true;
  }

  [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool skip(char octet) {
    if (at_ == text_.size() || text_[at_] != octet) return false;
    ++at_;
    return true;
  }
  /// Octets of the UTF-8 character here; 0 where there is none or the rules do not permit it.
  [[nodiscard]] std::size_t utf8() const { return rules_.utf8 ? utf8_non_ascii(text_.substr(at_)) : 0; }
  bool fail(std::size_t at, std::string_view message) {
    error_ = {at, std::string(message)};
    if (at < text_.size() && is_eight_bit(text_[at])) {
      error_.message +=
          rules_.utf8 ? " (not well-formed UTF-8)" : " (an octet outside ASCII, and SMTPUTF8 is not in use)";
    }
    return false;
  }

  std::string_view text_;
  PathRules rules_;
  std::size_t at_ = 0;
  SyntaxError error_;
};

/// A local-part that can be written without quotes: atoms with single periods between them.
bool is_dot_string(std::string_view local_part) {
  bool atom = false;
  for (const char octet : local_part) {
    if (octet == '.' && !atom) return false;
    if (octet != '.' && !is_atext(octet) && !is_eight_bit(octet)) return false;
    atom = octet != '.';
  }
  return atom;
}

}  // namespace

Parsed<Path> parse_path(std::string_view text, const PathRules& rules) {
  Reader reader(text, rules);
  Path path;
  if (!reader.path(path) || !reader.end("expected the end of the path after '>'")) return reader.error();
  return path;
}

Parsed<Mailbox> parse_mailbox(std::string_view text, const PathRules& rules) {
  Reader reader(text, rules);
  Mailbox mailbox;
  if (!reader.mailbox(mailbox) || !reader.end("expected the end of the mailbox")) return reader.error();
  return mailbox;
}

Parsed<std::string> parse_domain(std::string_view text, bool utf8) {
  Reader reader(text, PathRules{.utf8 = utf8, .bare_postmaster = false, .null = false});
  std::string domain;
  if (!reader.domain_or_literal(domain) || !reader.end("expected the end of the domain")) return reader.error();
  return domain;
}

std::size_t path_extent(std::string_view text) {
  if (text.empty() || text.front() != '<') return 0;
  char within = 0;  // the octet that ends the quoted-string or address literal under way
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (within != 0) {
      if (within == '"' && text[i] == '\\') {
        ++i;
      } else if (text[i] == within) {
        within = 0;
      }
    } else if (text[i] == '>') {
      return i + 1;
    } else if (text[i] == '"' || text[i] == '[') {
      within = text[i] == '"' ? '"' : ']';
    }
  }
  return 0;
}

std::string to_string(const Mailbox& mailbox) {
  std::string text;
  if (is_dot_string(mailbox.local_part)) {
    text = mailbox.local_part;
  } else {
    text = '"';
    for (const char octet : mailbox.local_part) {
      if (octet == '"' || octet == '\\') text += '\\';
      text += octet;
    }
    text += '"';
  }
  if (!mailbox.domain.empty()) text += '@' + mailbox.domain;
  return text;
}

std::string to_string(const Path& path) {
  if (path.null || !path.as_written.empty()) return path.as_written;
  return to_string(path.mailbox);
}

}  // namespace smtpspec::smtp
