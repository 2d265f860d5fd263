#include "harness/delivery/token.hpp"

#include <array>
#include <cstdint>
#include <stdexcept>

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

namespace smtpspec::delivery {

std::string make_token(std::string_view secret, std::string_view scenario, std::size_t attempt) {
  const std::string named = fmt::format("{} {}", attempt, scenario);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  const auto* const octets = reinterpret_cast<const unsigned char*>(named.data());
  if (HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), octets, named.size(), digest.data(),
           nullptr) == nullptr)
    throw std::runtime_error("no token can be made: SHA-256 is not to be had");
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
