// Invariant: lines do not depend on how the stream is cut, and a command that was read is written so that it reads the
// same.
#include "fuzz/require.hpp"
#include "harness/smtp/command.hpp"
#include "harness/smtp/command_text_test.hpp"

using namespace smtpspec::fuzz;
using namespace smtpspec::smtp;

namespace {

struct Lines {
  std::vector<CommandLine> lines;
  bool idle = true;
};

void take(LineReader& reader, std::string_view piece, Lines& into) {
  while (auto line = reader.take(piece)) into.lines.push_back(std::move(*line));
  require(piece.empty(), "an incomplete line takes all octets in");
  into.idle = reader.idle();
}

Lines cut_lines(std::string_view octets, LineReader::Ends ends) {
  LineReader reader(ends);
  Lines cut;
  for (Pieces pieces(octets); !pieces.done();) take(reader, pieces.next(), cut);
  return cut;
}

Lines check_lines(std::string_view octets, LineReader::Ends ends) {
  LineReader reader(ends);
  Lines whole;
  take(reader, octets, whole);
  std::size_t at = 0;
  for (const CommandLine& line : whole.lines) {
    const std::size_t end = line.end == LineEnd::crlf ? 2 : 1;
    require(line.end != LineEnd::none, "a line that was taken has an end");
    require(line.bytes.size() == std::min(line.octets - end, LineReader::max_line), "a line is kept up to the bound");
    require(octets.substr(at, line.bytes.size()) == line.bytes, "a line holds the octets of the stream");
    at += line.octets;
  }
  require(whole.idle == (at == octets.size()), "every octet belongs to a line, or one is under way");
  const Lines cut = cut_lines(octets, ends);
  require(cut.idle == whole.idle && cut.lines.size() == whole.lines.size(), "lines do not depend on the cuts");
  for (std::size_t i = 0; i < cut.lines.size(); ++i) {
    const CommandLine& a = cut.lines[i];
    const CommandLine& b = whole.lines[i];
    require(a.bytes == b.bytes && a.end == b.end && a.octets == b.octets, "a line does not depend on the cuts");
  }
  return whole;
}

bool same(const Command& a, const Command& b) {
  return a.verb == b.verb && a.path.null == b.path.null && a.path.source_route == b.path.source_route &&
         a.path.mailbox.local_part == b.path.mailbox.local_part && a.path.mailbox.domain == b.path.mailbox.domain &&
         a.parameters == b.parameters && a.chunk_size == b.chunk_size && a.last_chunk == b.last_chunk &&
         a.domain == b.domain && a.mechanism == b.mechanism && a.initial_response == b.initial_response;
}

void check_command(std::string_view line, const CommandRules& rules) {
  const auto result = parse_command(line, rules);
  if (const auto* error = std::get_if<CommandError>(&result)) {
    require(error->error.at <= line.size() && !error->error.message.empty(), "an error names a place in the line");
    require((error->kind == CommandError::Kind::unknown_verb) == (error->command.verb == Verb::unknown),
            "an unknown verb is told from wrong arguments");
    return;
  }
  const Command& command = std::get<Command>(result);
  require(!has_forbidden_octets(line), "no command holds a forbidden octet");
  const std::string written = to_string(command);
  const auto again = parse_command(written, rules);
  require(again.index() == 0, "a command that was written can be read");
  require(same(std::get<Command>(again), command), "a command that was written reads the same");
  require(to_string(std::get<Command>(again)) == written, "a command has one form");
  require(parse_command(std::string(line) + " \t", rules).index() == 0, "trailing white space is tolerated");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view octets = octets_of(data, size);
  check_lines(octets, LineReader::Ends::crlf_only);
  for (const CommandLine& line : check_lines(octets, LineReader::Ends::crlf_or_lf).lines) {
    for (const bool utf8 : {false, true}) {
      for (const bool parameters : {false, true}) check_command(line.bytes, {utf8, parameters});
    }
  }
  return 0;
}
