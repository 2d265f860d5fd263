// What a started server writes, passed on to standard error: escaped, and bounded.
#pragma once

#include <atomic>
#include <thread>

namespace smtpspec::engine {

class ServerOutput {
 public:
  ServerOutput();
  ~ServerOutput();  ///< whoever still has the other end writes into nothing
  ServerOutput(const ServerOutput&) = delete;
  ServerOutput& operator=(const ServerOutput&) = delete;
  /// To be a child's standard output and error; -1 where there is none.
  [[nodiscard]] int write_end() const { return ends_[1]; }

 private:
  void pass_on();
  int ends_[2] = {-1, -1};
  std::atomic<bool> over_{false};
  std::thread thread_;
};

}  // namespace smtpspec::engine
