// The delivery roads of a target, watched for the length of a run.
#pragma once

#include <algorithm>
#include <functional>
#include <list>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>

#include "harness/delivery/collector.hpp"
#include "harness/delivery/lookout.hpp"
#include "harness/delivery/sink.hpp"
#include "harness/scenario/target.hpp"

namespace smtpspec::engine {

class DeliveryWatch {
 public:
  /// Opens what the target names; throws CannotListen. `note` takes one line for people; it may be empty.
  DeliveryWatch(asio::any_io_executor executor, const scenario::Target& target,
                std::function<void(const std::string&)> note = {});
  /// Waits until it is known what was there before, for a while at most: nothing is to be sent sooner.
  asio::awaitable<void> ready();
  /// True while messages can be seen; set to false when a canary's message never came.
  bool seen = false;
  /// Waits until all that is there by now has been seen; false where it cannot be, or that takes too long.
  asio::awaitable<bool> look();
  /// A road was there and is not, or cannot be read any more. It may come back.
  [[nodiscard]] bool lost() const;

  /// From now on messages with this token are kept; those of no such token are not.
  void expect(const std::string& token) { collector_->expect(token); }
  /// What comes with this token from now on is late.
  void retire(const std::string& token) { collector_->retire(token); }
  /// These are the target's for certain. What comes by another way from then on is somebody else's, whatever token it
  /// bears: the play that it seems to be for decides nothing.
  void trust(const std::vector<record::Delivery>& deliveries);
  /// Words for people: a message that was not the target's; empty where none was seen.
  [[nodiscard]] const std::string& foreign() const { return foreign_; }
  [[nodiscard]] bool is_foreign(const record::Delivery& delivery);
  /// A road of files may have given what it had given before: who sees the same octets twice has not seen two messages.
  [[nodiscard]] bool gives_again() const { return again_; }
  /// Waits for what was accepted and moves it into the transcript. Its token must be expected. Gives how long the
  /// delivery took.
  asio::awaitable<std::chrono::nanoseconds> gather(record::Transcript& transcript, std::size_t awaited);
  /// One delivery took so long.
  void learn(std::chrono::nanoseconds took) { slowest_ = std::max(slowest_, took); }
  /// The quiet time after which no further message is expected: long for a target that takes long to deliver.
  [[nodiscard]] std::chrono::milliseconds settle() const;
  /// How long after the last canary's mail there may still be some of before: as long as the slowest took.
  [[nodiscard]] std::chrono::milliseconds time_of_late_mail() const;
  [[nodiscard]] std::uint16_t sink_port() const { return sink_ ? sink_->port() : std::uint16_t{0}; }
  [[nodiscard]] delivery::Collector& collector() { return *collector_; }

 private:
  /// One of files.
  struct Road {
    std::string name;
    std::string lost;  ///< why it cannot be seen at present
    std::unique_ptr<delivery::Lookout> lookout;
  };
  template <class Reader>
  void look_at(std::string name, const std::string& path);
  void take(Road& road, delivery::Look look);
  /// As Collector::settled(), and all that was on its way in files by then is seen too. Where it cannot be, the token
  /// is missed.
  asio::awaitable<std::chrono::nanoseconds> settled(std::string token, std::size_t awaited);
  [[nodiscard]] std::string sink_problem() const { return sink_ ? sink_->problem() : std::string(); }
  void note_once(const std::string& line);

  asio::any_io_executor executor_;
  std::function<void(const std::string&)> note_;
  std::set<std::string> noted_;
  bool traced_ = false;         ///< trace fields of the target's own were seen
  std::set<std::string> ways_;  ///< by which the target's own mail comes; empty: not known
  std::string foreign_;
  bool again_ = false;
  std::chrono::nanoseconds slowest_{0};  ///< delivery so far, counted from the end of its session
  scenario::DeliverySettings settings_;
  std::unique_ptr<delivery::Collector> collector_;
  std::unique_ptr<delivery::Sink> sink_;
  std::list<Road> roads_;  ///< the last member: their threads know the others
};

}  // namespace smtpspec::engine
