// The edges of a server's own code, counted in memory that it shares with a campaign, where it was built for that: with
// AFL++'s compilers, or with clang's inline counters and fuzz/campaign/shared_counters.c.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace smtpspec::fuzz {

class EdgeMap {
 public:
  static constexpr std::size_t size = std::size_t{1} << 20;

  /// Throws std::system_error where there is no such memory. The segment is gone with the last process that has it.
  EdgeMap();
  ~EdgeMap();
  EdgeMap(const EdgeMap&) = delete;
  EdgeMap& operator=(const EdgeMap&) = delete;

  /// Puts into this process's environment what a server that is started from now on looks for (__AFL_SHM_ID,
  /// AFL_MAP_SIZE).
  void announce() const;
  /// Sets all to 0: before a session.
  void clear();
  /// Adds what was counted to `counters`, folded where there are fewer. Gives how many edges were seen.
  std::size_t add_to(std::span<std::uint8_t> counters) const;

 private:
  template <class Do>
  void each_page(const Do& act) const;

  int id_;
  std::uint8_t* edges_;
};

}  // namespace smtpspec::fuzz
