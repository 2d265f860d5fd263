// Whether what a server's processes take grows with the sessions that it has served, steadily and without end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "fuzz/oracles/oracles.hpp"

namespace smtpspec::fuzz {

inline constexpr const char* growth_of_memory = "growth-memory";  ///< the cause of a breach

/// What all processes of a server take at one time.
struct Usage {
  std::uint64_t sessions = 0;  ///< that it had served by then
  std::uint64_t memory = 0;    ///< octets that are resident; 0: not to be judged
  std::uint64_t descriptors = 0;
  std::uint64_t processes = 0;
};

class Growth {
 public:
  void add(const Usage& usage);
  /// It was started again.
  void begin_anew() { all_.clear(); }
  /// After a time to warm up, each quarter of what follows must have taken more than the one before, at about the same
  /// rate. `rest`: what it takes once it has been left alone; what it has given back by then did not grow.
  [[nodiscard]] std::vector<Breach> found(const Usage& rest) const;
  /// The figures, a line a look.
  [[nodiscard]] std::string table() const;

 private:
  std::vector<Usage> all_;
};

}  // namespace smtpspec::fuzz
