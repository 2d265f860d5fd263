#include "harness/engine/sources.hpp"

#include <charconv>
#include <cstdint>
#include <utility>

#include <arpa/inet.h>

namespace smtpspec::engine {

namespace {

/// The `number`th host of a prefix, wrapping around.
std::string host_of(const std::string& prefix, std::size_t number) {
  const auto slash = prefix.find('/');
  in_addr address{};
  int bits = 32;
  std::from_chars(prefix.data() + slash + 1, prefix.data() + prefix.size(), bits);
  if (inet_pton(AF_INET, prefix.substr(0, slash).c_str(), &address) != 1 || bits < 1 || bits > 30)
    return prefix.substr(0, slash);
  const std::uint64_t hosts = (std::uint64_t{1} << (32 - bits)) - 2;
  const std::uint64_t network = ntohl(address.s_addr) & (0xffffffffULL << (32 - bits));
  address.s_addr = htonl(static_cast<std::uint32_t>(network + 1 + number % hosts));
  char text[INET_ADDRSTRLEN] = {};
  return inet_ntop(AF_INET, &address, text, sizeof text) == nullptr ? std::string() : std::string(text);
}

}  // namespace

Sources::Sources(std::vector<std::string> sources) : sources_(std::move(sources)) {}

std::string Sources::next() {
  if (sources_.empty()) return {};
  const std::size_t turn = turn_++;
  const std::string& source = sources_[turn % sources_.size()];
  return source.find('/') == std::string::npos ? source : host_of(source, turn / sources_.size());
}

}  // namespace smtpspec::engine
