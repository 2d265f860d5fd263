// Invariant: however the stream is cut, its replies are those of a slow and obvious reading, and what is held is
// bounded.
#include "fuzz/require.hpp"
#include "harness/smtp/reply.hpp"

using namespace smtpspec::fuzz;
using namespace smtpspec::smtp;

namespace {

using Defect = ReplyDefect;

/// Some of the defects of a reply, each at most once.
class Defects {
 public:
  void add(Defect defect, bool is_there = true) {
    if (is_there) bits_ |= 1U << static_cast<unsigned>(defect);
  }
  static Defects of(const Reply& reply) {
    Defects defects;
    for (const Defect defect : reply.defects) {
      const unsigned before = defects.bits_;
      defects.add(defect);
      require(defects.bits_ != before, "a defect is told once");
    }
    return defects;
  }
  bool operator==(const Defects&) const = default;

 private:
  unsigned bits_ = 0;
};

int code_of(std::string_view line) {
  int code = 0;
  if (line.size() < 3) return -1;
  for (const char octet : line.substr(0, 3)) {
    if (octet < '0' || octet > '9') return -1;
    code = code * 10 + (octet - '0');
  }
  return code;
}

/// RFC 5321 section 4.2 word by word, line by line. Of what is too long the parser keeps the first octets and lines.
class ByTheLetter {
 public:
  explicit ByTheLetter(std::string_view stream) : rest_(stream), size_(stream.size()) {}

  void check(const Reply& reply) {
    require(reply.first_octet == size_ - rest_.size(), "a reply begins where the last ended");
    Defects defects;
    int first_code = -1;
    bool more = true;
    std::size_t number = 0;
    for (; more && !rest_.empty(); ++number) {
      const std::string_view line = take_line();
      const int code = code_of(line);
      if (number == 0) first_code = code;
      more = (code < 0 && number > 0) || (code >= 0 && line.size() > 3 && line[3] == '-');
      defects.add(Defect::code_changes, code >= 0 && code != first_code);
      find_defects(line, code, defects);
      if (number < ReplyParser::max_lines) check(reply.lines, number, line, code);
      require(reply.code == code || more || rest_.empty(), "the code of a reply is that of its last line");
    }
    defects.add(Defect::cut_short, more);
    defects.add(Defect::too_many_lines, number > ReplyParser::max_lines);
    require(reply.lines.size() == std::min(number, ReplyParser::max_lines), "so many lines are kept");
    require(defects == Defects::of(reply), "the defects of a reply are those of its lines");
  }
  void end() const { require(rest_.empty(), "every octet belongs to a reply"); }

 private:
  std::string_view take_line() {
    const std::size_t lf = rest_.find('\n');
    const std::string_view line = rest_.substr(0, lf == rest_.npos ? lf : lf + 1);
    rest_.remove_prefix(line.size());
    return line;
  }

  /// Octets of the line end; where the stream ends, a CR is half of one.
  static std::size_t end_of(std::string_view line) {
    return line.ends_with("\r\n") ? 2 : line.ends_with('\n') || line.ends_with('\r') ? 1 : 0;
  }

  static std::string_view kept_of(std::string_view line) {
    return line.substr(0, line.size() - end_of(line)).substr(0, ReplyParser::max_line);
  }

  static void find_defects(std::string_view line, int code, Defects& defects) {
    const std::string_view kept = kept_of(line);
    defects.add(Defect::no_code, code < 0);
    defects.add(Defect::code_out_of_range, code >= 0 && (kept[0] < '2' || kept[0] > '5' || kept[1] > '5'));
    defects.add(Defect::bad_separator, code >= 0 && kept.size() > 3 && kept[3] != ' ' && kept[3] != '-');
    defects.add(Defect::line_ends_in_lf, line.ends_with('\n') && !line.ends_with("\r\n"));
    defects.add(Defect::line_too_long, line.size() > 512);
    defects.add(Defect::cut_short, !line.ends_with('\n'));
    defects.add(Defect::bare_cr, kept.find('\r') != kept.npos);
    for (const char octet : kept.substr(code < 0 ? 0 : std::min<std::size_t>(kept.size(), 4))) {
      const auto value = static_cast<unsigned char>(octet);
      if (value >= 0x80) defects.add(Defect::eight_bit);
      if ((value < 0x20 && octet != '\t' && octet != '\r') || value == 0x7f) defects.add(Defect::control_character);
    }
  }

  static void check(const std::vector<ReplyLine>& lines, std::size_t number, std::string_view line, int code) {
    require(number < lines.size(), "a line belongs to the reply");
    const ReplyLine& read = lines[number];
    require(read.octets == line.size(), "a line ends at LF");
    require(read.bytes == line.substr(0, ReplyParser::max_line), "a line is kept up to the bound");
    require(read.code == code, "a code is three digits");
    const LineEnd end = line.ends_with("\r\n") ? LineEnd::crlf : line.ends_with('\n') ? LineEnd::lf : LineEnd::none;
    require(read.end == end, "a line ends in CRLF, or at least in LF");
    const std::string_view kept = kept_of(line);
    const bool separated = code >= 0 && kept.size() > 3;
    require(read.separator == (separated ? kept[3] : '\0'), "the separator is the octet after the code");
    require(read.text == kept.substr(code < 0 ? 0 : separated ? 4 : 3), "the text is what follows");
  }

  std::string_view rest_;
  std::size_t size_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view octets = octets_of(data, size);
  ByTheLetter letter(octets);
  ReplyParser parser;
  const auto drain = [&] {
    while (const auto reply = parser.next()) letter.check(*reply);
  };
  for (Pieces pieces(octets); !pieces.done(); drain()) parser.feed(pieces.next());
  const std::size_t pending = parser.pending().size();
  require(pending <= ReplyParser::max_line * (ReplyParser::max_lines + 1), "what is pending is bounded");
  require(parser.idle() == (pending == 0), "a parser with nothing pending is idle");
  parser.finish();
  drain();
  letter.end();
  require(parser.idle() && parser.pending().empty(), "nothing is left after the end of the stream");
  return 0;
}
