// Invariant: the replies do not depend on how the stream is cut, account for each of its octets, and stay in bounds.
#include <utility>

#include "fuzz/require.hpp"
#include "harness/smtp/reply.hpp"

using namespace smtpspec::fuzz;
using namespace smtpspec::smtp;

namespace {

struct Seen {
  std::vector<Reply> replies;
  std::string pending;
};

Seen parse(std::string_view octets, std::size_t longest_piece) {
  ReplyParser parser;
  Seen seen;
  const auto drain = [&] {
    while (auto reply = parser.next()) seen.replies.push_back(std::move(*reply));
  };
  for (Pieces pieces(octets, longest_piece); !pieces.done();) {
    parser.feed(pieces.next());
    drain();
  }
  seen.pending = parser.pending();
  require(seen.pending.size() <= ReplyParser::max_line * (ReplyParser::max_lines + 1), "what is pending is bounded");
  require(parser.idle() == seen.pending.empty(), "a parser with nothing pending is idle");
  parser.finish();
  drain();
  require(parser.idle() && parser.pending().empty(), "nothing is left after the end of the stream");
  return seen;
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

void check_one(const Reply& reply, std::string_view stream) {
  require(!reply.lines.empty() && reply.lines.size() <= ReplyParser::max_lines, "a reply has 1 to max_lines lines");
  require(reply.code >= -1 && reply.code <= 999, "a reply code has three digits");
  std::size_t at = reply.first_octet;
  for (const ReplyLine& line : reply.lines) {
    require(line.bytes.size() == std::min(line.octets, ReplyParser::max_line), "a line is kept up to the bound");
    require(stream.substr(at, line.bytes.size()) == line.bytes, "a line holds the octets of the stream");
    require((line.end == LineEnd::none) == (stream[at + line.octets - 1] != '\n'), "a line ends at an LF");
    require(line.end != LineEnd::none || reply.has(ReplyDefect::cut_short), "a line without an end is cut short");
    at += line.octets;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view octets = octets_of(data, size);
  const Seen whole = parse(octets, size + 1);
  std::size_t at = 0;
  bool dropped = false;  // the last reply had more lines than are kept
  for (const Reply& reply : whole.replies) {
    require(dropped ? reply.first_octet > at : reply.first_octet == at, "a reply begins where the last ended");
    check_one(reply, octets);
    at = reply.first_octet;
    for (const ReplyLine& line : reply.lines) at += line.octets;
    dropped = reply.has(ReplyDefect::too_many_lines);
  }
  require(dropped || at == size, "every octet belongs to a reply");
  for (const std::size_t longest_piece : {std::size_t{1}, std::size_t{7}, std::size_t{300}}) {
    const Seen cut = parse(octets, longest_piece);
    require(cut.pending == whole.pending, "what is pending does not depend on the cuts");
    require(cut.replies.size() == whole.replies.size(), "the number of replies does not depend on the cuts");
    for (std::size_t i = 0; i < cut.replies.size(); ++i) {
      require(same(cut.replies[i], whole.replies[i]), "a reply does not depend on the cuts");
    }
  }
  return 0;
}
