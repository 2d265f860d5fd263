// The road to a next hop: a small SMTP client (RFC 5321 section 3.3) that passes the message on octet by octet.
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "harness/reference/server.hpp"
#include "harness/smtp/bdat.hpp"
#include "harness/smtp/data.hpp"
#include "harness/smtp/keywords.hpp"
#include "harness/smtp/octets.hpp"
#include "harness/smtp/reply.hpp"
#include "harness/wire/deadline.hpp"
#include "harness/wire/stream.hpp"

namespace smtpspec::reference {
namespace {

/// For each step of the conversation: far below the minutes of RFC 5321 section 4.5.3.2, and enough for a busy machine.
constexpr wire::Time step_deadline{60'000};

/// The extension that a parameter of MAIL or RCPT belongs to: it is passed on where the next hop offers that.
struct ParameterRule {
  std::string_view parameter;
  std::string_view extension;
};
constexpr ParameterRule passed_on[] = {
    {"SMTPUTF8", "SMTPUTF8"}, {"RET", "DSN"}, {"ENVID", "DSN"}, {"NOTIFY", "DSN"}, {"ORCPT", "DSN"},
};

/// One connection to the next hop.
class NextHop {
 public:
  explicit NextHop(std::unique_ptr<wire::Transport> transport) : stream_(std::move(transport)) {}

  asio::awaitable<bool> greet();
  asio::awaitable<bool> mail(const Accepted& mail);
  asio::awaitable<bool> rcpt(const Accepted::Recipient& recipient);
  asio::awaitable<bool> message(const std::string& octets);
  asio::awaitable<void> quit();

 private:
  asio::awaitable<int> ask(std::string octets);
  asio::awaitable<std::optional<smtp::Reply>> reply();
  [[nodiscard]] bool offers(std::string_view extension) const { return ehlo_.find(extension) != nullptr; }
  [[nodiscard]] std::string parameters(const std::vector<smtp::Parameter>& given) const;

  wire::Stream stream_;
  smtp::ReplyParser parser_;
  smtp::Ehlo ehlo_;
};

asio::awaitable<std::optional<smtp::Reply>> NextHop::reply() {
  const wire::Deadline end(step_deadline);
  for (;;) {
    if (auto reply = parser_.next()) co_return reply;
    const wire::Read read = co_await stream_.read(end.left());
    if (read.end != wire::End::octets) co_return std::nullopt;
    parser_.feed(read.octets);
  }
}

/// Sends and waits for the reply: its code, or -1 where there is none.
asio::awaitable<int> NextHop::ask(std::string octets) {
  const wire::Written written = co_await stream_.write(octets, step_deadline);
  if (written.end != wire::End::octets) co_return -1;
  const auto answer = co_await reply();
  co_return answer ? answer->code : -1;
}

asio::awaitable<bool> NextHop::greet() {
  const auto greeting = co_await reply();
  if (!greeting || greeting->code != 220) co_return false;
  const std::string ehlo = "EHLO reference.example\r\n";
  const wire::Written written = co_await stream_.write(ehlo, step_deadline);
  if (written.end != wire::End::octets) co_return false;
  const auto answer = co_await reply();
  if (!answer) co_return false;
  if (answer->code == 250) {
    ehlo_ = smtp::parse_ehlo(*answer);
    co_return true;
  }
  const int helo = co_await ask("HELO reference.example\r\n");
  co_return helo == 250;
}

std::string NextHop::parameters(const std::vector<smtp::Parameter>& given) const {
  std::string text;
  for (const smtp::Parameter& parameter : given) {
    for (const ParameterRule& rule : passed_on) {
      if (rule.parameter != parameter.keyword || !offers(rule.extension)) continue;
      text += " " + parameter.keyword + (parameter.value ? "=" + *parameter.value : "");
    }
    if (parameter.keyword != "BODY" || !parameter.value) continue;
    const bool binary = smtp::same_word(*parameter.value, "BINARYMIME");
    if (offers(binary ? "BINARYMIME" : "8BITMIME")) text += " BODY=" + *parameter.value;
  }
  return text;
}

asio::awaitable<bool> NextHop::mail(const Accepted& mail) {
  const int code =
      co_await ask(fmt::format("MAIL FROM:<{}>{}\r\n", mail.reverse_path, parameters(mail.mail_parameters)));
  co_return code == 250;
}

asio::awaitable<bool> NextHop::rcpt(const Accepted::Recipient& recipient) {
  const int code =
      co_await ask(fmt::format("RCPT TO:<{}>{}\r\n", recipient.forward_path, parameters(recipient.parameters)));
  co_return code == 250 || code == 251;
}

/// By BDAT where that is offered: DATA cannot carry a message that does not end in CRLF, and some next hops mend bare
/// CR and LF in it.
asio::awaitable<bool> NextHop::message(const std::string& octets) {
  if (offers("CHUNKING")) {
    const int code = co_await ask(smtp::encode_bdat(octets, true));
    co_return code == 250;
  }
  const int go = co_await ask("DATA\r\n");
  if (go != 354) co_return false;
  const int code = co_await ask(smtp::encode_data(octets));
  co_return code == 250;
}

asio::awaitable<void> NextHop::quit() {
  co_await ask("QUIT\r\n");
  stream_.transport().close();
}

asio::awaitable<std::vector<bool>> relay(std::string host, std::uint16_t port, const Accepted& mail) {
  std::vector<bool> results(mail.recipients.size(), false);
  wire::Connected connected = co_await wire::connect_tcp(host, port, "", step_deadline);
  if (!connected.transport) co_return results;
  NextHop next(std::move(connected.transport));
  const bool greeted = co_await next.greet();
  if (!greeted) co_return results;
  const bool sender = co_await next.mail(mail);
  bool anyone = false;
  for (std::size_t i = 0; sender && i < results.size(); ++i) {
    const bool accepted = co_await next.rcpt(mail.recipients[i]);
    results[i] = accepted;
    anyone = anyone || accepted;
  }
  const bool taken = anyone && co_await next.message(mail.message);
  if (!taken) results.assign(results.size(), false);
  co_await next.quit();
  co_return results;
}

}  // namespace

Road relay_to(const std::string& host, std::uint16_t port) {
  return [host, port](const Accepted& mail) { return relay(host, port, mail); };
}

}  // namespace smtpspec::reference
