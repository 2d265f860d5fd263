#include "harness/smtp/bdat.hpp"

#include <algorithm>

namespace smtpspec::smtp {

std::string encode_bdat(std::string_view chunk, bool last) {
  std::string octets = "BDAT " + std::to_string(chunk.size()) + (last ? " LAST\r\n" : "\r\n");
  octets.append(chunk);
  return octets;
}

std::string_view ChunkReader::take(std::string_view& octets) {
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, octets.size()));
  const std::string_view taken = octets.substr(0, size);
  octets.remove_prefix(size);
  left_ -= size;
  return taken;
}

}  // namespace smtpspec::smtp
