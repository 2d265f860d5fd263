// Takes the mail that a campaign's target hands on, in a thread of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <thread>

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>

#include "fuzz/campaign/shared_mail.hpp"
#include "fuzz/oracles/conservation.hpp"
#include "harness/delivery/sink.hpp"
#include "harness/scenario/target.hpp"

namespace smtpspec::fuzz {

class MailTaker {
 public:
  /// Listens at once where the target has a sink; throws std::system_error where its address cannot be had.
  MailTaker(const scenario::Target& target, SharedMail& shared);
  ~MailTaker();
  MailTaker(const MailTaker&) = delete;
  MailTaker& operator=(const MailTaker&) = delete;

  /// From now on mail is taken. Fork before.
  void begin();
  /// 0 where there is no sink.
  [[nodiscard]] std::uint16_t port() const { return sink_ ? sink_->port() : std::uint16_t{0}; }
  [[nodiscard]] const ArrivedMail& arrived() const { return arrived_; }

 private:
  asio::awaitable<std::vector<bool>> take(const reference::Accepted& mail);

  SharedMail& shared_;
  ArrivedMail arrived_;
  asio::io_context context_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_{context_.get_executor()};
  std::unique_ptr<delivery::Sink> sink_;
  std::thread thread_;
};

}  // namespace smtpspec::fuzz
