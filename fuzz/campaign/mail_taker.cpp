#include "fuzz/campaign/mail_taker.hpp"

#include <filesystem>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "harness/delivery/living_tokens.hpp"
#include "harness/delivery/maildir_reader.hpp"
#include "harness/delivery/mbox_reader.hpp"
#include "harness/scenario/address_url.hpp"

namespace smtpspec::fuzz {

namespace {

/// A bare LF of a road with local line ends was a CRLF, of what is compared: plain messages have no other.
std::string with_line_ends_of_the_wire(std::string_view local) {
  std::string out;
  for (const char octet : local) {
    if (octet == '\n' && !out.ends_with('\r')) out += '\r';
    out += octet;
  }
  return out;
}

template <class Reader>
std::function<delivery::Look()> looking_at(const std::filesystem::path& path) {
  const auto every = std::make_shared<const delivery::LivingTokens>(delivery::LivingTokens::Alive::all);
  const auto reader = std::make_shared<Reader>(path, every);
  (void)reader->look();
  return [reader] { return reader->look(); };
}

}  // namespace

MailTaker::MailTaker(const Opponent& opponent, SharedMail& shared) : opponent_(opponent), shared_(shared) {
  if (!opponent.target.delivery) return;
  const scenario::DeliverySettings& road = *opponent.target.delivery;
  if (!road.maildir.empty()) look_ = looking_at<delivery::MaildirReader>(road.maildir);
  if (!road.mbox.empty()) look_ = looking_at<delivery::MboxReader>(road.mbox);
  if (road.sink.empty()) return;
  const auto place = scenario::parse_host_and_port(road.sink).value_or(scenario::HostAndPort{});
  sink_ = std::make_unique<delivery::Sink>(context_.get_executor(), place.host, place.port, road.sink_lmtp,
                                           [this](const reference::Accepted& mail) { return take(mail); });
}

MailTaker::~MailTaker() {
  context_.stop();
  if (thread_.joinable()) thread_.join();
  lookout_.reset();
}

void MailTaker::begin() {
  if (look_)
    lookout_ = std::make_unique<delivery::Lookout>(context_.get_executor(), look_,
                                                   [this](delivery::Look look) { take(std::move(look)); });
  thread_ = std::thread([this] { context_.run(); });
}

/// A mailbox of the target by its place in the target file, as it may have another name on another server.
std::string MailTaker::name_of(const std::string& forward_path) const {
  std::vector<std::string> mailboxes = opponent_.target.mail.accepts;
  for (std::string& one : mailboxes)
    if (const auto shown = opponent_.facts.shows_as.find(one); shown != opponent_.facts.shows_as.end())
      one = shown->second;
  return mailbox_name_of(forward_path, mailboxes);
}

asio::awaitable<std::vector<bool>> MailTaker::take(const reference::Accepted& mail) {
  const std::string token = token_in(mail.reverse_path);
  if (!token.empty()) {
    ArrivedMail::Message copy{mail.message, mail.recipients.size(), mail.reverse_path};
    for (const auto& one : mail.recipients) copy.mailboxes.push_back(name_of(one.forward_path));
    shared_.add(token, copy);
    arrived_.add(mail.reverse_path, std::move(copy));
  }
  co_return std::vector<bool>(mail.recipients.size(), true);
}

void MailTaker::take(delivery::Look look) {
  // From here on nobody knows what has come and what has not.
  if (look.unknown || look.again || !look.lost.empty()) shared_.lose_sight();
  for (const delivery::Incoming& one : look.messages) {
    // Where the store tells no reverse-path, a message of one token is that token's.
    const auto& path = one.delivery.reverse_path;
    const std::string marked = path ? *path : one.tokens.size() == 1 ? *one.tokens.begin() : std::string();
    const std::string token = token_in(marked);
    if (token.empty()) continue;
    ArrivedMail::Message copy{
        one.delivery.exact ? one.delivery.message : with_line_ends_of_the_wire(one.delivery.message), 1};
    shared_.add(token, copy);
    arrived_.add(marked, std::move(copy));
  }
}

}  // namespace smtpspec::fuzz
