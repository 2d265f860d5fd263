// Invariant: the replies are those of a slow and obvious reading of the stream, however it is cut, and stay in bounds.
#include <vector>

#include "fuzz/require.hpp"
#include "harness/smtp/reply.hpp"

using namespace smtpspec::fuzz;
using namespace smtpspec::smtp;

namespace {

std::vector<Reply> parse(std::string_view octets) {
  ReplyParser parser;
  std::vector<Reply> replies;
  parser.feed(octets);
  while (auto reply = parser.next()) replies.push_back(std::move(*reply));
  const std::size_t pending = parser.pending().size();
  require(pending <= ReplyParser::max_line * (ReplyParser::max_lines + 1), "what is pending is bounded");
  require(parser.idle() == (pending == 0), "a parser with nothing pending is idle");
  parser.finish();
  while (auto reply = parser.next()) replies.push_back(std::move(*reply));
  require(parser.idle() && parser.pending().empty(), "nothing is left after the end of the stream");
  return replies;
}

bool same(const ReplyLine& a, const ReplyLine& b) {
  return a.bytes == b.bytes && a.code == b.code && a.separator == b.separator && a.text == b.text && a.end == b.end &&
         a.octets == b.octets;
}

bool same(const Reply& a, const Reply& b) {
  return a.code == b.code && a.defects == b.defects && a.first_octet == b.first_octet &&
         std::equal(a.lines.begin(), a.lines.end(), b.lines.begin(), b.lines.end(),
                    [](const ReplyLine& x, const ReplyLine& y) { return same(x, y); });
}

void check_cut(std::string_view octets, const std::vector<Reply>& whole) {
  ReplyParser parser;
  std::size_t replies = 0;
  const auto drain = [&] {
    while (const auto reply = parser.next()) {
      require(replies < whole.size() && same(*reply, whole[replies]), "a reply does not depend on the cuts");
      ++replies;
    }
  };
  for (Pieces pieces(octets); !pieces.done(); drain()) parser.feed(pieces.next());
  parser.finish();
  drain();
  require(replies == whole.size(), "the number of replies does not depend on the cuts");
}

/// RFC 5321 section 4.2 word by word, line by line. Where the parser keeps less than came, nothing is said of the rest.
class ByTheLetter {
 public:
  explicit ByTheLetter(std::string_view stream) : rest_(stream), size_(stream.size()) {}

  void check(const std::vector<Reply>& replies) {
    for (const Reply& reply : replies) {
      require(reply.first_octet == size_ - rest_.size(), "a reply begins where the last ended");
      check(reply);
    }
    require(rest_.empty(), "every octet belongs to a reply");
  }

 private:
  void check(const Reply& reply) {
    int first_code = -1;
    bool more = true;
    for (std::size_t number = 0; more; ++number) {
      if (rest_.empty()) return require(reply.has(ReplyDefect::cut_short), "a reply without a last line is cut short");
      const std::string_view line = rest_.substr(0, rest_.find('\n') == rest_.npos ? rest_.npos : rest_.find('\n') + 1);
      rest_.remove_prefix(line.size());
      const int code = code_of(line);
      const char separator = code >= 0 && line.size() > 3 ? line[3] : '\0';
      if (number == 0) first_code = code;
      more = separator == '-' || (code < 0 && number > 0);
      if (code < 0) require(reply.has(ReplyDefect::no_code), "a line has a code, or the reply a defect");
      if (code >= 0 && first_code >= 0 && code != first_code)
        require(reply.has(ReplyDefect::code_changes), "all lines of a reply have the same code");
      if (line.size() > 512) require(reply.has(ReplyDefect::line_too_long), "a line has at most 512 octets");
      if (line.back() != '\n') require(reply.has(ReplyDefect::cut_short), "a line without an end is cut short");
      if (number < reply.lines.size()) check(reply.lines[number], line, code);
      const bool kept = number < ReplyParser::max_lines;
      require(kept == (number < reply.lines.size()), "so many lines are kept");
      require(kept || reply.has(ReplyDefect::too_many_lines), "and where there are more it is said");
      if (!more) require(reply.code == code, "the code of a reply is that of its last line");
    }
  }

  static void check(const ReplyLine& read, std::string_view line, int code) {
    require(read.octets == line.size(), "a line ends at LF");
    require(read.bytes == line.substr(0, ReplyParser::max_line), "a line is kept up to the bound");
    require(read.code == code, "a code is three digits");
    const LineEnd end = line.ends_with("\r\n") ? LineEnd::crlf : line.ends_with('\n') ? LineEnd::lf : LineEnd::none;
    require(read.end == end, "a line ends in CRLF, or at least in LF");
    if (line.size() > ReplyParser::max_line) return;
    line.remove_suffix(end == LineEnd::crlf ? 2 : end == LineEnd::lf || line.ends_with('\r') ? 1 : 0);
    const bool separated = code >= 0 && line.size() > 3;
    require(read.separator == (separated ? line[3] : '\0'), "the separator is the octet after the code");
    require(read.text == line.substr(code < 0 ? 0 : separated ? 4 : 3), "the text is what follows");
  }

  static int code_of(std::string_view line) {
    int code = 0;
    if (line.size() < 3) return -1;
    for (const char octet : line.substr(0, 3)) {
      if (octet < '0' || octet > '9') return -1;
      code = code * 10 + (octet - '0');
    }
    return code;
  }

  std::string_view rest_;
  std::size_t size_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view octets = octets_of(data, size);
  const std::vector<Reply> whole = parse(octets);
  ByTheLetter(octets).check(whole);
  check_cut(octets, whole);
  return 0;
}
