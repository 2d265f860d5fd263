// Takes the mail that a campaign's target hands on, in a thread of its own.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>

#include "fuzz/campaign/live_player.hpp"
#include "fuzz/campaign/shared_mail.hpp"
#include "fuzz/oracles/conservation.hpp"
#include "harness/delivery/lookout.hpp"
#include "harness/delivery/sink.hpp"
#include "harness/delivery/stored_message.hpp"

namespace smtpspec::fuzz {

class MailTaker {
 public:
  /// The opponent must outlive it. Listens at once where the target has a sink; throws std::system_error where its
  /// address cannot be had. What is in a Maildir or an mbox by then is passed over.
  MailTaker(const Opponent& opponent, SharedMail& shared);
  ~MailTaker();
  MailTaker(const MailTaker&) = delete;
  MailTaker& operator=(const MailTaker&) = delete;

  /// From now on mail is taken. Fork before.
  void begin();
  /// There is somewhere to look for mail.
  [[nodiscard]] bool has_road() const { return sink_ != nullptr || look_; }
  /// 0 where there is no sink.
  [[nodiscard]] std::uint16_t port() const { return sink_ ? sink_->port() : std::uint16_t{0}; }
  [[nodiscard]] const ArrivedMail& arrived() const { return arrived_; }

 private:
  asio::awaitable<std::vector<bool>> take(const reference::Accepted& mail);
  void take(delivery::Look look);

  [[nodiscard]] std::string name_of(const std::string& forward_path) const;

  const Opponent& opponent_;
  SharedMail& shared_;
  ArrivedMail arrived_;
  asio::io_context context_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_{context_.get_executor()};
  std::unique_ptr<delivery::Sink> sink_;
  std::function<delivery::Look()> look_;  ///< at a road of files
  std::unique_ptr<delivery::Lookout> lookout_;
  std::thread thread_;
};

}  // namespace smtpspec::fuzz
