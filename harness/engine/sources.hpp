// The local addresses that sessions come from, in turn: some servers trust, limit or slow down by address.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace smtpspec::engine {

class Sources {
 public:
  /// Addresses, and IPv4 prefixes such as "127.0.0.0/8" (every address of it but the first and the last).
  explicit Sources(std::vector<std::string> sources);
  /// Empty where there are none: any address will do.
  [[nodiscard]] std::string next();

 private:
  std::vector<std::string> sources_;
  std::size_t turn_ = 0;
};

}  // namespace smtpspec::engine
