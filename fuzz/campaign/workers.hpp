// The processes of a campaign's workers.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace smtpspec::fuzz {

/// Of this process, from now on, where the file can be had: written anew, for the owner alone.
void write_output_to(const std::string& log);

/// Ends and reaps what is left of them when it is destroyed; they end with this process, however that ends.
class Workers {
 public:
  Workers() = default;
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  /// Starts one, whose output goes into `log`; it never returns from `work`. False where no process could be had.
  bool start(const std::string& log, const std::function<void()>& work);
  /// How many still run. Of those that ended otherwise than by exit code 0, `failed` says how.
  [[nodiscard]] std::size_t running();
  [[nodiscard]] const std::string& failed() const { return failed_; }

 private:
  std::vector<pid_t> running_;
  std::string failed_;
};

}  // namespace smtpspec::fuzz
