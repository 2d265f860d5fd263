// Invariant: the message does not depend on the cuts, and is what RFC 5321 says it is.
#include <string>

#include "fuzz/require.hpp"
#include "harness/smtp/data.hpp"

using namespace smtpspec::fuzz;
using namespace smtpspec::smtp;

namespace {

struct Decoded {
  std::string message;
  std::string rest;
  bool ended = false;
  bool operator==(const Decoded&) const = default;
};

/// What is held back comes out with the next octet, which ends no data by itself.
void check_held_back(DataDecoder decoder) {
  std::string_view octet = "x";
  std::string message;
  if (!decoder.decode(octet, message)) require(message.size() <= 5, "no more than 4 octets are held back");
}

/// Takes pieces until the data end; what follows is the rest.
class Receiver {
 public:
  explicit Receiver(const DataRules& rules) : decoder_(rules) {}
  void take(std::string_view piece) {
    if (!decoded_.ended) {
      decoded_.ended = decoder_.decode(piece, decoded_.message);
      require(decoded_.ended || piece.empty(), "everything before the end is taken in");
      check_held_back(decoder_);
    }
    decoded_.rest += piece;
  }
  Decoded end() {
    require(decoder_.decoded() == decoded_.message.size(), "the octets of the message are counted");
    return std::move(decoded_);
  }

 private:
  DataDecoder decoder_;
  Decoded decoded_;
};

Decoded decode_whole(const DataRules& rules, std::string_view octets) {
  Receiver receiver(rules);
  receiver.take(octets);
  return receiver.end();
}

Decoded decode_cut(const DataRules& rules, std::string_view octets) {
  Receiver receiver(rules);
  for (Pieces pieces(octets); !pieces.done();) receiver.take(pieces.next());
  return receiver.end();
}

/// RFC 5321 sections 4.1.1.4 and 4.5.2 word by word, for data that end.
Decoded by_the_letter(std::string_view octets) {
  Decoded decoded;
  const std::size_t end = octets.starts_with(".\r\n") ? 0 : octets.find("\r\n.\r\n");
  if (end == octets.npos) return decoded;
  decoded.ended = true;
  const std::string_view stuffed = octets.starts_with(".\r\n") ? "" : octets.substr(0, end + 2);
  decoded.rest = octets.substr(stuffed.size() + 3);
  for (std::size_t at = 0; at < stuffed.size(); ++at) {
    const bool line_start = at == 0 || (at >= 2 && stuffed.substr(at - 2, 2) == "\r\n");
    if (!line_start || stuffed[at] != '.') decoded.message += stuffed[at];
  }
  return decoded;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view octets = octets_of(data, size);
  const DataRules all_rules[] = {
      {},
      {.lf_is_line_end = true},
      {.lf_before_dot = true},
      {.lf_after_dot = true},
      {.cr_is_line_end = true},
      {.nul_is_dropped = true},
      {.keep_stuffing = true},
      {.unstuff_only_double = true},
      {.lf_is_line_end = true, .cr_is_line_end = true, .nul_is_dropped = true},
  };
  for (const DataRules& rules : all_rules)
    require(decode_cut(rules, octets) == decode_whole(rules, octets), "the message does not depend on the cuts");
  const Decoded letter = by_the_letter(octets);
  const Decoded strict = decode_whole({}, octets);
  require(strict.ended == letter.ended, "the data end where RFC 5321 says");
  if (letter.ended) require(strict == letter, "the message is what RFC 5321 says");
  return 0;
}
