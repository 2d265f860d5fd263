#include "harness/engine/delivery_watch.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "harness/delivery/maildir_reader.hpp"
#include "harness/delivery/mbox_reader.hpp"
#include "harness/engine/run.hpp"
#include "harness/record/trace.hpp"
#include "harness/scenario/address_url.hpp"
#include "harness/smtp/escape.hpp"

namespace smtpspec::engine {

namespace {

constexpr std::chrono::milliseconds shortest_settle{50};
constexpr std::chrono::milliseconds longest_settle{2000};

/// For the first look at a road of files. Who waits for mail longer than that has nothing to see.
constexpr std::chrono::milliseconds first_look{10000};
/// At messages that go on coming.
constexpr int most_looks = 10;

/// What tells one sender from another: the address that handed the message over, and who put the last trace field in
/// front, where whoever delivers puts one there.
std::string way_of(const record::Delivery& delivery, bool traced) {
  const std::string by = traced ? record::received_by(delivery.message) : "";
  return fmt::format("by {}{}{}", delivery.road, delivery.client.empty() ? "" : " from " + delivery.client,
                     by.empty() ? "" : ", received by " + by);
}

}  // namespace

DeliveryWatch::DeliveryWatch(asio::any_io_executor executor, const scenario::Target& target,
                             std::function<void(const std::string&)> note)
    : executor_(executor), note_(std::move(note)), collector_(std::make_unique<delivery::Collector>(executor)) {
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
  if (settings_.sink.empty()) slowest_ = delivery::Lookout::between_looks;
  if (!settings_.maildir.empty()) look_at<delivery::MaildirReader>("Maildir", settings_.maildir);
  if (!settings_.mbox.empty()) look_at<delivery::MboxReader>("mbox", settings_.mbox);
}

template <class Reader>
void DeliveryWatch::look_at(std::string name, const std::string& path) {
  const auto reader = std::make_shared<Reader>(path, collector_->living());
  Road& road = roads_.emplace_back();
  road.name = std::move(name);
  road.lookout = std::make_unique<delivery::Lookout>(
      executor_, [reader] { return reader->look(); },
      [this, &road](delivery::Look look) { take(road, std::move(look)); });
}

asio::awaitable<void> DeliveryWatch::ready() {
  const delivery::Lookout::Clock::time_point ever(std::chrono::nanoseconds(1));
  for (Road& road : roads_) {
    if (co_await road.lookout->seen(ever, first_look) || !road.lost.empty()) continue;
    seen = false;
    note_once(fmt::format("the {} could not be looked at within {} s: deliveries cannot be seen in this run", road.name,
                          first_look.count() / 1000));
  }
}

void DeliveryWatch::take(Road& road, delivery::Look look) {
  for (const std::string& words : look.notes) note_once(fmt::format("the {}: {}", road.name, words));
  if (!look.lost.empty() && road.lost.empty())
    note_once(
        fmt::format("the {} cannot be seen: {}; what is delivered meanwhile decides nothing", road.name, look.lost));
  road.lost = look.lost;
  if (look.unknown || !look.lost.empty()) collector_->miss_all();
  again_ = again_ || look.again;
  for (delivery::Incoming& message : look.messages) collector_->add(std::move(message));
}

asio::awaitable<bool> DeliveryWatch::look() {
  const auto now = delivery::Lookout::Clock::now();
  bool seen_all = true;
  for (Road& road : roads_) seen_all = co_await road.lookout->seen(now, settings_.wait) && seen_all;
  co_return seen_all;
}

bool DeliveryWatch::lost() const {
  return !sink_problem().empty() ||
         std::any_of(roads_.begin(), roads_.end(), [](const Road& road) { return !road.lost.empty(); });
}

void DeliveryWatch::note_once(const std::string& line) {
  if (noted_.insert(line).second && note_) note_(line);
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
  for (const record::Delivery& one : deliveries) {
    traced_ = traced_ || !record::received_by(one.message).empty();
    ways_.insert(way_of(one, true));
  }
}

bool DeliveryWatch::is_foreign(const record::Delivery& delivery) {
  const std::string way = way_of(delivery, traced_);
  if (ways_.empty() || ways_.contains(way)) return false;
  if (foreign_.empty())
    foreign_ = fmt::format("mail with a token of this run came {}, where the target's own comes {}", smtp::escape(way),
                           smtp::escape(*ways_.begin()));
  return true;
}

asio::awaitable<std::chrono::nanoseconds> DeliveryWatch::settled(std::string token, std::size_t awaited) {
  const auto begun = delivery::Lookout::Clock::now();
  std::chrono::nanoseconds took{0};
  if (const std::string problem = sink_problem(); !problem.empty()) note_once("an error of the sink's own: " + problem);
  if (lost()) collector_->miss(token);
  for (int looks = 0; looks < most_looks && !collector_->missed(token); ++looks) {
    const auto called = delivery::Lookout::Clock::now();
    const auto later = co_await collector_->settled(
        token, awaited, looks == 0 ? settings_.wait : std::chrono::milliseconds(0), settle());
    if (later.count() > 0) took = called - begun + later;
    const std::size_t messages = collector_->count(token);
    if (!co_await look()) collector_->miss(token);
    if (collector_->count(token) == messages) break;
  }
  co_return took;
}

asio::awaitable<std::chrono::nanoseconds> DeliveryWatch::gather(record::Transcript& transcript, std::size_t awaited) {
  const auto took = co_await settled(transcript.token, awaited);
  transcript.deliveries = collector_->of(transcript.token);
  const auto foreign = [this](const record::Delivery& one) { return is_foreign(one); };
  const bool all_known = std::none_of(transcript.deliveries.begin(), transcript.deliveries.end(), foreign);
  transcript.deliveries_observed = all_known && !collector_->missed(transcript.token);
  const auto cut = [](const record::Delivery& one) { return one.omitted > 0; };
  if (std::any_of(transcript.deliveries.begin(), transcript.deliveries.end(), cut))
    note_once("more was delivered than is kept: of large messages only the begin is judged");
  co_return took;
}

}  // namespace smtpspec::engine
