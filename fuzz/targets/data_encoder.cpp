// Invariant: a message in DATA is what RFC 5321 section 4.5.2 makes of it line by line, and comes back however it is
// cut.
#include "fuzz/require.hpp"
#include "harness/smtp/data.hpp"

using namespace smtpspec::fuzz;
using namespace smtpspec::smtp;

namespace {

/// Line by line.
std::string encoded_by_the_letter(std::string_view message) {
  std::string octets;
  while (!message.empty()) {
    const std::size_t crlf = message.find("\r\n");
    const std::string_view line = message.substr(0, crlf);
    message.remove_prefix(crlf == message.npos ? message.size() : crlf + 2);
    octets += line.starts_with('.') ? "." : "";
    octets += line;
    octets += "\r\n";
  }
  return octets + ".\r\n";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view message = octets_of(data, size);
  const std::string encoded = encode_data(message);
  require(encoded == encoded_by_the_letter(message), "a message is encoded as RFC 5321 says");
  const std::string stream = encoded + "QUIT\r\n";
  DataDecoder decoder;
  std::string decoded;
  std::string rest;
  bool ended = false;
  for (Pieces pieces(stream); !pieces.done();) {
    std::string_view piece = pieces.next();
    ended = ended || decoder.decode(piece, decoded);
    rest += piece;
  }
  require(ended && rest == "QUIT\r\n", "an encoded message ends where it should");
  const bool whole_lines = message.empty() || message.ends_with("\r\n");
  require(decoded == std::string(message) + (whole_lines ? "" : "\r\n"), "an encoded message comes back");
  require(decoder.decoded() == decoded.size(), "its octets are counted");
  return 0;
}
