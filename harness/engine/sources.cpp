#include "harness/engine/sources.hpp"

#include <cstdint>
#include <utility>

#include <asio/ip/network_v4.hpp>

namespace smtpspec::engine {

namespace {

/// The `number`th host of a prefix, wrapping around.
std::string host_of(const std::string& prefix, std::size_t number) {
  asio::error_code error;
  const auto network = asio::ip::make_network_v4(prefix, error);
  if (error || network.prefix_length() > 30) return prefix.substr(0, prefix.find('/'));
  const std::uint64_t hosts = (std::uint64_t{1} << (32 - network.prefix_length())) - 2;
  return asio::ip::address_v4(static_cast<std::uint32_t>(network.network().to_uint() + 1 + number % hosts)).to_string();
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
