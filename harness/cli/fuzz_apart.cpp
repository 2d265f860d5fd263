#include "harness/cli/fuzz_apart.hpp"

#include <chrono>
#include <csignal>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

#include "fuzz/campaign/apart.hpp"
#include "fuzz/campaign/campaign_folder.hpp"
#include "fuzz/campaign/process_events.hpp"
#include "fuzz/campaign/process_usage.hpp"
#include "fuzz/campaign/shared_memory.hpp"
#include "fuzz/campaign/workers.hpp"
#include "harness/cli/commands.hpp"
#include "harness/cli/console.hpp"

namespace smtpspec::cli {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds between_looks{20};
constexpr milliseconds time_to_end{20000};

class Campaigns {
 public:
  Campaigns(const FuzzOptions& options, std::vector<std::filesystem::path> state)
      : options_(options), state_(std::move(state)) {}
  ~Campaigns() {
    apart_.reset();  // they write there
    std::error_code ignored;
    std::filesystem::remove_all(changes(), ignored);
  }
  Campaigns(const Campaigns&) = delete;
  Campaigns& operator=(const Campaigns&) = delete;

  bool start(const std::function<int(const fuzz::Part&)>& campaign) {
    const std::int64_t process = getpid();
    for (std::size_t i = 0; i < options_.jobs; ++i) {
      fuzz::ProcessEvents events;  // inside there are none to be had
      const auto work = [&] {
        if (i > 0) fuzz::write_output_to(log(i).string());  // nobody reads theirs
        return campaign({progress_, &replies_, i, process, &events});
      };
      if (!apart_->start({state_, changes() / std::to_string(i)}, work)) return false;
    }
    return true;
  }

  /// Until the one that leads has ended, and then all have.
  int wait() {
    for (; !apart_->exit_code(0); std::this_thread::sleep_for(between_looks)) look();
    for (fuzz::Progress& one : progress_) one.stop = true;
    for (milliseconds waited{0}; waited < time_to_end && !all_ended(); waited += between_looks) {
      look();
      std::this_thread::sleep_for(between_looks);
    }
    const int code = *apart_->exit_code(0);
    if (code == fuzz::Apart::not_apart) return exit_untestable;
    if (!all_ended()) say("one of the campaigns does not end, and is killed");
    return (!failed_.empty() || !all_ended()) && code <= exit_findings ? exit_untrusted : code;
  }

 private:
  [[nodiscard]] std::filesystem::path changes() const { return options_.out / "apart"; }
  [[nodiscard]] std::filesystem::path log(std::size_t number) const {
    return options_.out / fmt::format("apart-{}.log", number + 1);
  }

  bool all_ended() {
    bool all = true;
    for (std::size_t i = 0; i < options_.jobs; ++i) all = apart_->exit_code(i).has_value() && all;
    return all;
  }

  /// Signals are handed on, and whoever fails is told of at once.
  void look() {
    if (handed_on_ != signal_caught()) apart_->signal(handed_on_ = signal_caught());
    for (std::size_t i = 1; i < options_.jobs; ++i) {
      const int code = apart_->exit_code(i).value_or(exit_complete);
      if (code == exit_complete || handed_on_ != 0 || !failed_.insert(i).second) continue;
      say(fmt::format("one of the campaigns ended with {}: see {}", code, log(i).string()));
    }
  }

  const FuzzOptions& options_;
  std::vector<std::filesystem::path> state_;
  std::optional<fuzz::Apart> apart_{std::in_place};
  std::span<fuzz::Progress> progress_{fuzz::share<fuzz::AllProgress>().data(), options_.jobs};
  fuzz::RepliesSeen& replies_ = fuzz::share<fuzz::RepliesSeen>();
  int handed_on_ = 0;
  std::set<std::size_t> failed_;
};

/// Why campaigns on this target cannot be apart.
std::optional<std::string> problem_with(const scenario::Target& target) {
  if (!target.server || target.server->start.empty())
    return "--apart needs a target file that starts the server: [server] start";
  if (!fuzz::is_here(target)) return fmt::format("--apart is for servers on loopback, and {} is none", target.host);
  return std::nullopt;
}

}  // namespace

int fuzz_apart(const FuzzOptions& options, const std::function<int(const fuzz::Part&)>& campaign) {
  const auto target =
      options.target.target.empty() ? std::optional<scenario::Target>(std::in_place) : target_of(options.target);
  if (!target) return exit_usage;
  if (const auto problem = problem_with(*target)) {
    say(*problem);
    return exit_usage;
  }
  if (const auto problem = fuzz::CampaignFolder(options.out).prepare()) {
    say(*problem);
    return exit_not_written;
  }
  watch_signals();
  Campaigns campaigns(options, target->server->state);
  if (campaigns.start(campaign)) return campaigns.wait();
  say("--apart needs Linux's namespaces, which root alone may have");
  return exit_untestable;
}

}  // namespace smtpspec::cli
