// The delivery roads of a target, watched for the length of a run.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>

#include "harness/delivery/collector.hpp"
#include "harness/delivery/sink.hpp"
#include "harness/scenario/target.hpp"

namespace smtpspec::engine {

class DeliveryWatch {
 public:
  /// Opens what the target names; throws CannotListen.
  DeliveryWatch(asio::any_io_executor executor, const scenario::Target& target);
  /// True while messages can be seen; set to false when a canary's message never came.
  bool seen = false;

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
  /// Waits for what was accepted and moves it into the transcript. Its token must be expected.
  asio::awaitable<void> gather(record::Transcript& transcript, std::size_t awaited);
  /// The quiet time after which no further message is expected: long for a target that takes long to deliver.
  [[nodiscard]] std::chrono::milliseconds settle() const;
  /// How long after the last canary's mail there may still be some of before: as long as the slowest took.
  [[nodiscard]] std::chrono::milliseconds time_of_late_mail() const;
  [[nodiscard]] std::uint16_t sink_port() const { return sink_ ? sink_->port() : std::uint16_t{0}; }
  [[nodiscard]] delivery::Collector& collector() { return *collector_; }

 private:
  std::set<std::string> ways_;  ///< by which the target's own mail comes; empty: not known
  std::string foreign_;
  std::chrono::nanoseconds slowest_{0};  ///< delivery so far, counted from the end of its session
  scenario::Target::Delivery settings_;
  std::unique_ptr<delivery::Collector> collector_;
  std::unique_ptr<delivery::Sink> sink_;
};

}  // namespace smtpspec::engine
