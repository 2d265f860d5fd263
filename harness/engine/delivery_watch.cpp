#include "harness/engine/delivery_watch.hpp"

#include <algorithm>
#include <system_error>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <fmt/format.h>

#include "harness/delivery/mailbox_files.hpp"
#include "harness/engine/run.hpp"
#include "harness/record/trace.hpp"
#include "harness/scenario/address_url.hpp"
#include "harness/smtp/escape.hpp"

namespace smtpspec::engine {

namespace {

/// Files are looked at so often; the run's end ends the coroutine with its event loop.
constexpr std::chrono::milliseconds between_looks{100};
constexpr std::chrono::milliseconds shortest_settle{50};
constexpr std::chrono::milliseconds longest_settle{2000};

/// What tells one sender from another: the address that handed the message over, and who put the last trace field in
/// front.
std::string way_of(const record::Delivery& delivery) {
  const std::string by = record::received_by(delivery.message);
  return fmt::format("by {}{}{}", delivery.road, delivery.client.empty() ? "" : " from " + delivery.client,
                     by.empty() ? "" : ", received by " + by);
}

template <class Reader>
asio::awaitable<void> keep_looking(asio::any_io_executor executor, Reader reader, delivery::Collector& collector) {
  asio::steady_timer timer(executor);
  for (;;) {
    for (record::Delivery& delivery : reader.poll()) collector.add(std::move(delivery));
    asio::error_code error;
    timer.expires_after(between_looks);
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return;
  }
}

}  // namespace

DeliveryWatch::DeliveryWatch(asio::any_io_executor executor, const scenario::Target& target)
    : collector_(std::make_unique<delivery::Collector>(executor)) {
  if (!target.delivery) return;
  settings_ = *target.delivery;
  seen = true;
  if (!settings_.sink.empty()) {
    // The loader has checked its form.
    const auto place = scenario::parse_host_and_port(settings_.sink).value_or(scenario::HostAndPort{});
    try {
      sink_ = std::make_unique<delivery::Sink>(executor, place.host, place.port, settings_.sink_lmtp, *collector_);
    } catch (const std::system_error& error) {
      throw CannotListen(settings_.sink + ": " + error.code().message());
    }
  }
  if (settings_.sink.empty()) slowest_ = between_looks;
  if (!settings_.maildir.empty())
    asio::co_spawn(executor, keep_looking(executor, delivery::MaildirReader(settings_.maildir), *collector_),
                   asio::detached);
  if (!settings_.mbox.empty())
    asio::co_spawn(executor, keep_looking(executor, delivery::MboxReader(settings_.mbox), *collector_), asio::detached);
}

std::chrono::milliseconds DeliveryWatch::settle() const {
  if (settings_.settle) return *settings_.settle;
  auto slowest = slowest_;
  for (const auto& late : collector_->late()) slowest = std::max(slowest, late.after);
  return std::clamp(std::chrono::ceil<std::chrono::milliseconds>(5 * slowest), shortest_settle, longest_settle);
}

std::chrono::milliseconds DeliveryWatch::time_of_late_mail() const {
  return std::max(2 * settle(), std::chrono::ceil<std::chrono::milliseconds>(slowest_));
}

void DeliveryWatch::trust(const std::vector<record::Delivery>& deliveries) {
  for (const record::Delivery& one : deliveries) ways_.insert(way_of(one));
}

bool DeliveryWatch::is_foreign(const record::Delivery& delivery) {
  if (ways_.empty() || ways_.contains(way_of(delivery))) return false;
  if (foreign_.empty())
    foreign_ = fmt::format("mail with a token of this run came {}, where the target's own comes {}",
                           smtp::escape(way_of(delivery)), smtp::escape(*ways_.begin()));
  return true;
}

asio::awaitable<void> DeliveryWatch::gather(record::Transcript& transcript, std::size_t awaited) {
  const auto took = co_await collector_->settled(transcript.token, awaited, settings_.wait, settle());
  slowest_ = std::max(slowest_, took);
  transcript.deliveries = collector_->of(transcript.token);
  const auto foreign = [this](const record::Delivery& one) { return is_foreign(one); };
  const bool all_known = std::none_of(transcript.deliveries.begin(), transcript.deliveries.end(), foreign);
  transcript.deliveries_observed = all_known && collector_->dropped() == 0;
}

}  // namespace smtpspec::engine
