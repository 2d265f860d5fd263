// What a started server writes, passed on to standard error: escaped, bounded, without secrets.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace smtpspec::engine {

class ServerOutput {
 public:
  /// All of its octets, as they come; called in a thread of its own.
  using Hear = std::function<void(std::string_view)>;
  ServerOutput(std::vector<std::string> secrets, Hear hear);
  ~ServerOutput();  ///< whoever still has the other end writes into nothing
  ServerOutput(const ServerOutput&) = delete;
  ServerOutput& operator=(const ServerOutput&) = delete;
  /// To be a child's standard output and error; -1 where there is none.
  [[nodiscard]] int write_end() const { return ends_[1]; }

 private:
  void pass_on();
  std::vector<std::string> secrets_;
  Hear hear_;
  int ends_[2] = {-1, -1};
  std::atomic<bool> over_{false};
  std::thread thread_;
};

}  // namespace smtpspec::engine
