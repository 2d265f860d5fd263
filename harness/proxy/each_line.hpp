// Lines as they come in pieces, of which no more is kept than tells what they are.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace smtpspec::proxy {

/// Gives the beginning of each whole line of `octets`, with what came of it before, to `use`.
template <class Use>
void each_line(std::string& under_way, std::string_view octets, Use use) {
  constexpr std::size_t kept = 16;
  for (const char octet : octets) {
    if (octet == '\n')
      use(std::exchange(under_way, {}));
    else if (under_way.size() < kept)
      under_way += octet;
  }
}

}  // namespace smtpspec::proxy
