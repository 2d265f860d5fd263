// What a server's processes take while sessions go on, measured from time to time.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "fuzz/campaign/process_usage.hpp"
#include "fuzz/oracles/growth.hpp"
#include "harness/scenario/target.hpp"

namespace smtpspec::fuzz {

class GrowthWatch {
 public:
  /// Of a server on this machine; of another nothing is ever measured.
  explicit GrowthWatch(const scenario::Target& target) : is_here_(is_here(target)), usage_(target.port) {}

  /// After so many sessions.
  void measure(std::uint64_t sessions);
  /// Something has grown; it may be given back.
  [[nodiscard]] bool seems() const { return !growth_.found(last_).empty(); }
  /// What has grown, and is not given back when nobody asks for anything: waits 3 s.
  [[nodiscard]] std::vector<Breach> found();
  /// It takes several times as much as when it was started, and more than a machine has to spare.
  [[nodiscard]] bool is_too_much() const;
  /// All figures, for people.
  [[nodiscard]] std::string table() const { return growth_.table(); }

 private:
  bool is_here_;
  ProcessUsage usage_;
  Growth growth_;
  Usage first_;  ///< of the server that runs now
  Usage last_;
};

}  // namespace smtpspec::fuzz
