#include "harness/delivery/token.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <stdexcept>

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

namespace smtpspec::delivery {
namespace {

/// A MAC that needs no digest. OpenSSL takes longer to look one up than to reckon a token by it.
EVP_MAC* mac() {
  static const std::unique_ptr<EVP_MAC, decltype(&EVP_MAC_free)> found(EVP_MAC_fetch(nullptr, "BLAKE2BMAC", nullptr),
                                                                       EVP_MAC_free);
  return found.get();
}

}  // namespace

std::string make_token(std::string_view secret, std::string_view scenario, std::size_t attempt) {
  const std::string named = fmt::format("{} {}", attempt, scenario);
  const std::string key = fmt::format("k{}", secret);  // of one octet at least
  const std::unique_ptr<EVP_MAC_CTX, decltype(&EVP_MAC_CTX_free)> reckoned(EVP_MAC_CTX_new(mac()), EVP_MAC_CTX_free);
  std::array<unsigned char, 64> digest{};
  std::size_t size = 0;
  const auto octets_of = [](std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); };
  if (!reckoned || EVP_MAC_init(reckoned.get(), octets_of(key), key.size(), nullptr) != 1 ||
      EVP_MAC_update(reckoned.get(), octets_of(named), named.size()) != 1 ||
      EVP_MAC_final(reckoned.get(), digest.data(), &size, digest.size()) != 1)
    throw std::runtime_error("no token can be made: BLAKE2 is not to be had");
  std::uint64_t first = 0;
  for (std::size_t i = 0; i < sizeof first; ++i) first = first << 8U | digest.at(i);
  return fmt::format("t{:016x}", first);
}

std::string make_secret() {
  std::array<unsigned char, 32> octets{};
  if (RAND_bytes(octets.data(), static_cast<int>(octets.size())) != 1)
    throw std::runtime_error("no secret can be made: the system gives no random octets");
  return {octets.begin(), octets.end()};
}

}  // namespace smtpspec::delivery
