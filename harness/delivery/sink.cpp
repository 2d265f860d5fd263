#include "harness/delivery/sink.hpp"

#include <limits>
#include <utility>

#include "harness/delivery/accepted.hpp"

namespace smtpspec::delivery {
namespace {

reference::Server::Options options_of(const std::string& host, std::uint16_t port, bool lmtp) {
  reference::Server::Options options;
  options.host = host;
  options.port = port;
  options.settings.hostname = "sink.example";
  options.settings.lmtp = lmtp;
  options.settings.accept_every_recipient = true;
  options.settings.starttls = false;
  options.settings.trace_header = false;
  options.settings.takes_everything = true;  // a lax target's mail is measured too, not lost on its way
  options.settings.max_message = std::numeric_limits<std::uint64_t>::max();
  options.settings.max_hops =
      std::numeric_limits<std::size_t>::max();  // how a message came here is for others to judge
  // Whoever finds the sink's port can connect to it: all that a run holds for it is bounded.
  options.bounds.connections = 200;
  options.bounds.when_full = wire::Listener::WhenFull::end_silent;
  options.bounds.held = 32 * 1024 * 1024;  // strings may take a quarter more
  options.bounds.at_once = 2048;
  return options;
}

asio::awaitable<std::vector<bool>> collect(Collector& collector, const reference::Accepted& mail) {
  collector.add(envelope_of(mail, "sink"), mail.message);
  co_return std::vector<bool>(mail.recipients.size(), true);
}

}  // namespace

Sink::Sink(asio::any_io_executor executor, const std::string& host, std::uint16_t port, bool lmtp, Collector& collector)
    : Sink(std::move(executor), host, port, lmtp,
           [&collector](const reference::Accepted& mail) { return collect(collector, mail); }) {}

Sink::Sink(asio::any_io_executor executor, const std::string& host, std::uint16_t port, bool lmtp,
           reference::Deliver taker)
    : server_(std::move(executor), options_of(host, port, lmtp), std::move(taker)) {}

}  // namespace smtpspec::delivery
