#include "fuzz/campaign/mail_taker.hpp"

#include "harness/scenario/address_url.hpp"

namespace smtpspec::fuzz {

MailTaker::MailTaker(const scenario::Target& target, SharedMail& shared) : shared_(shared) {
  if (!target.delivery || target.delivery->sink.empty()) return;
  const auto place = scenario::parse_host_and_port(target.delivery->sink).value_or(scenario::HostAndPort{});
  sink_ = std::make_unique<delivery::Sink>(context_.get_executor(), place.host, place.port, target.delivery->sink_lmtp,
                                           [this](const reference::Accepted& mail) { return take(mail); });
}

MailTaker::~MailTaker() {
  context_.stop();
  if (thread_.joinable()) thread_.join();
}

void MailTaker::begin() {
  thread_ = std::thread([this] { context_.run(); });
}

asio::awaitable<std::vector<bool>> MailTaker::take(const reference::Accepted& mail) {
  const std::string token = token_in(mail.reverse_path);
  if (!token.empty()) {
    shared_.add(token, mail.message);
    arrived_.add(mail.reverse_path, {mail.message, mail.recipients.size()});
  }
  co_return std::vector<bool>(mail.recipients.size(), true);
}

}  // namespace smtpspec::fuzz
