#include "harness/delivery/living_tokens.hpp"

#include <algorithm>

namespace smtpspec::delivery {
namespace {

constexpr std::size_t digits = 16;
constexpr std::size_t most_unknown = 1000;  ///< of a message

bool is_lower_hex(char octet) { return (octet >= '0' && octet <= '9') || (octet >= 'a' && octet <= 'f'); }

}  // namespace

/// Neither `t` nor what a token holds else begins another one within it, so none is passed over.
void each_token(std::string_view octets, const std::function<void(std::string_view)>& show) {
  for (std::size_t at = octets.find('t'); at != std::string_view::npos; at = octets.find('t', at)) {
    const std::string_view rest = octets.substr(at + 1, digits);
    const auto end = std::find_if_not(rest.begin(), rest.end(), is_lower_hex);
    if (rest.size() == digits && end == rest.end()) show(octets.substr(at, 1 + digits));
    at += 1 + static_cast<std::size_t>(end - rest.begin());
  }
}

void LivingTokens::add(const std::string& token) {
  const std::lock_guard lock(mutex_);
  tokens_.insert(token);
}

void LivingTokens::remove(const std::string& token) {
  const std::lock_guard lock(mutex_);
  tokens_.erase(token);
}

void LivingTokens::find_in(std::string_view octets, Texts& tokens) const {
  const std::lock_guard lock(mutex_);
  each_token(octets, [&](std::string_view token) {
    if (const auto found = tokens_.find(token); found != tokens_.end()) tokens.insert(*found);
    if (all_ && tokens.size() < most_unknown) tokens.emplace(token);
  });
}

}  // namespace smtpspec::delivery
