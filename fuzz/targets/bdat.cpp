// Invariant: what stands in chunks comes back whatever its octets are and however it is cut; and any stream of BDAT
// commands, sizes that lie too, is read the same in pieces.
#include <string>
#include <vector>

#include "fuzz/require.hpp"
#include "harness/smtp/command.hpp"
#include "harness/smtp/data.hpp"

using namespace smtpspec::fuzz;
using namespace smtpspec::smtp;

namespace {

struct Read {
  std::string message;
  std::vector<std::string> lines;  ///< that are no BDAT
  std::size_t chunks = 0;          ///< that are whole
  bool last = false;
  std::uint64_t missing = 0;
  bool operator==(const Read&) const = default;
};

class Receiver {
 public:
  void take(std::string_view octets) {
    while (!octets.empty()) {
      if (!chunk_.done()) {
        const std::uint64_t before = chunk_.left();
        const std::string_view taken = chunk_.take(octets);
        require(before - chunk_.left() == taken.size(), "the octets of a chunk are counted");
        read.message += taken;
        if (chunk_.done()) ++read.chunks;
      } else if (const auto line = lines_.take(octets)) {
        take_line(line->bytes);
      }
    }
    read.missing = chunk_.left();
  }

  Read read;

 private:
  void take_line(const std::string& line) {
    const auto command = parse_command(line, {});
    const auto* bdat = std::get_if<Command>(&command);
    if (bdat == nullptr || bdat->verb != Verb::bdat) return read.lines.push_back(line);
    read.last = bdat->last_chunk;
    chunk_ = ChunkReader(bdat->chunk_size);
    if (chunk_.done()) ++read.chunks;
  }

  LineReader lines_;
  ChunkReader chunk_;
};

Read read_whole(std::string_view octets) {
  Receiver receiver;
  receiver.take(octets);
  return std::move(receiver.read);
}

Read read_cut(std::string_view octets) {
  Receiver receiver;
  for (Pieces pieces(octets); !pieces.done();) receiver.take(pieces.next());
  return std::move(receiver.read);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view octets = octets_of(data, size);
  require(read_cut(octets) == read_whole(octets), "chunks do not depend on the cuts");

  std::string stream;
  std::size_t chunks = 1;
  for (Pieces pieces(octets); !pieces.done(); ++chunks) stream += encode_bdat(pieces.next(), false);
  stream += encode_bdat("", true);
  const Read read = read_cut(stream);
  require(read.message == octets, "the octets of chunks are not looked at");
  require(read.chunks == chunks && read.last && read.missing == 0 && read.lines.empty(), "a chunk ends at its size");
  return 0;
}
