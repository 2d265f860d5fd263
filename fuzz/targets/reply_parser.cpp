// Invariant: however the stream is cut, its replies are those of a slow and obvious reading, and what is held is
// bounded.
#include "fuzz/require.hpp"
#include "harness/smtp/reply.hpp"

using namespace smtpspec::fuzz;
using namespace smtpspec::smtp;

namespace {

using Defect = ReplyDefect;

/// A line as a slow and obvious reader sees it.
struct Line {
  explicit Line(std::string_view all) : octets(all) {
    // Where the stream ends, a CR is half of a line end.
    if (!all.empty() && all.back() == '\n')
      end = all.size() > 1 && all[all.size() - 2] == '\r' ? LineEnd::crlf : LineEnd::lf;
    const bool half = end == LineEnd::none && !all.empty() && all.back() == '\r';
    const std::size_t end_octets = end == LineEnd::crlf ? 2 : end == LineEnd::lf || half ? 1 : 0;
    kept = all.substr(0, std::min(all.size() - end_octets, ReplyParser::max_line));
    code = all.size() < 3 ? -1 : 0;
    for (std::size_t i = 0; code >= 0 && i < 3; ++i)
      code = all[i] < '0' || all[i] > '9' ? -1 : code * 10 + (all[i] - '0');
    if (code >= 0 && kept.size() > 3) separator = kept[3];
    text_at = code < 0 ? 0 : std::min<std::size_t>(kept.size(), 4);
  }

  std::string_view octets;
  LineEnd end = LineEnd::none;
  std::string_view kept;  ///< without its end, up to the bound
  int code = -1;
  char separator = '\0';
  std::size_t text_at = 0;
};

/// RFC 5321 section 4.2 word by word, line by line. Of what is too long the parser keeps the first octets and lines.
class ByTheLetter {
 public:
  explicit ByTheLetter(std::string_view stream) : rest_(stream), size_(stream.size()) {}

  void check(const Reply& reply) {
    require(reply.first_octet == size_ - rest_.size(), "a reply begins where the last ended");
    ReplyDefects defects;
    int first_code = -1;
    bool more = true;
    std::size_t number = 0;
    for (; more && !rest_.empty(); ++number) {
      const Line line = take_line();
      if (number == 0) first_code = line.code;
      more = (line.code < 0 && number > 0) || line.separator == '-';
      defects.add(Defect::code_changes, line.code >= 0 && line.code != first_code);
      find_defects(line, defects);
      if (number < ReplyParser::max_lines) check(reply.lines, number, line);
      require(reply.code == line.code || more || rest_.empty(), "the code of a reply is that of its last line");
    }
    defects.add(Defect::cut_short, more);
    defects.add(Defect::too_many_lines, number > ReplyParser::max_lines);
    require(reply.lines.size() == std::min(number, ReplyParser::max_lines), "so many lines are kept");
    require(defects == reply.defects, "the defects of a reply are those of its lines");
  }
  void end() const { require(rest_.empty(), "every octet belongs to a reply"); }

 private:
  Line take_line() {
    const std::size_t lf = rest_.find('\n');
    const Line line(rest_.substr(0, lf == rest_.npos ? lf : lf + 1));
    rest_.remove_prefix(line.octets.size());
    return line;
  }

  static void find_defects(const Line& line, ReplyDefects& defects) {
    defects.add(Defect::no_code, line.code < 0);
    defects.add(Defect::code_out_of_range,
                line.code >= 0 && (line.code < 200 || line.code > 599 || line.code / 10 % 10 > 5));
    defects.add(Defect::bad_separator,
                line.code >= 0 && line.kept.size() > 3 && line.separator != ' ' && line.separator != '-');
    defects.add(Defect::line_ends_in_lf, line.end == LineEnd::lf);
    defects.add(Defect::line_too_long, line.octets.size() > 512);
    defects.add(Defect::cut_short, line.end == LineEnd::none);
    defects.add(Defect::bare_cr, line.separator == '\r');
    for (const char octet : line.kept.substr(line.text_at)) {
      const auto value = static_cast<unsigned char>(octet);
      if (value >= ' ' && value < 0x7f) continue;
      defects.add(Defect::bare_cr, octet == '\r');
      defects.add(Defect::eight_bit, value >= 0x80);
      defects.add(Defect::control_character, (value < 0x20 && octet != '\t' && octet != '\r') || value == 0x7f);
    }
  }

  static void check(const std::vector<ReplyLine>& lines, std::size_t number, const Line& line) {
    require(number < lines.size(), "a line belongs to the reply");
    const ReplyLine& read = lines[number];
    require(read.octets == line.octets.size(), "a line ends at LF");
    require(read.bytes == line.octets.substr(0, ReplyParser::max_line), "a line is kept up to the bound");
    require(read.code == line.code, "a code is three digits");
    require(read.end == line.end, "a line ends in CRLF, or at least in LF");
    require(read.separator == line.separator, "the separator is the octet after the code");
    const bool follows = read.text_at == line.text_at && read.text_size == line.kept.size() - line.text_at;
    require(follows, "the text is what follows");
  }

  std::string_view rest_;
  std::size_t size_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view octets = octets_of(data, size);
  ByTheLetter letter(octets);
  ReplyParser parser;
  for (Pieces pieces(octets); !pieces.done();)
    parser.feed(pieces.next(), [&](const Reply& reply) { letter.check(reply); });
  const std::size_t pending = parser.pending().size();
  require(pending <= ReplyParser::max_line * (ReplyParser::max_lines + 1), "what is pending is bounded");
  require(parser.idle() == (pending == 0), "a parser with nothing pending is idle");
  parser.finish();
  while (const auto last = parser.next()) letter.check(*last);
  letter.end();
  require(parser.idle() && parser.pending().empty(), "nothing is left after the end of the stream");
  return 0;
}
