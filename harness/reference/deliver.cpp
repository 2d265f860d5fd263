// What becomes of accepted mail: a small SMTP client (RFC 5321 section 3.3) that passes the message on octet by octet
// to a next hop, and a Maildir, where the message is written in `tmp` and moved to `new` when it is whole.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "harness/reference/server.hpp"
#include "harness/smtp/char_class.hpp"
#include "harness/smtp/data.hpp"
#include "harness/smtp/keywords.hpp"
#include "harness/smtp/reply.hpp"
#include "harness/wire/deadline.hpp"
#include "harness/wire/stream.hpp"

namespace smtpspec::reference {
namespace {

/// For each step of the conversation: far below the minutes of RFC 5321 section 4.5.3.2, and enough for a busy machine.
constexpr wire::Time step_deadline{60'000};

/// The extension that a parameter of MAIL or RCPT belongs to; empty where it goes no further. AUTH is for next hops
/// that one has authenticated to (RFC 4954 section 5), and this client does so with none.
std::string_view extension_of(const smtp::Parameter& parameter) {
  struct Row {
    std::string_view parameter;
    std::string_view extension;
  };
  static constexpr Row rows[] = {{"SIZE", "SIZE"}, {"SMTPUTF8", "SMTPUTF8"}, {"RET", "DSN"},
                                 {"ENVID", "DSN"}, {"NOTIFY", "DSN"},        {"ORCPT", "DSN"}};
  if (parameter.keyword == "BODY") {
    return smtp::same_word(parameter.value.value_or(""), "BINARYMIME") ? "BINARYMIME" : "8BITMIME";
  }
  const auto* row =
      std::find_if(std::begin(rows), std::end(rows), [&](const Row& r) { return r.parameter == parameter.keyword; });
  return row == std::end(rows) ? "" : row->extension;
}

/// One connection to the next hop.
struct NextHop {
  /// Sends, and waits for the reply: one of code -1 where none comes.
  asio::awaitable<smtp::Reply> ask(std::string octets) {
    const wire::Written written = co_await stream.write(octets, step_deadline);
    const wire::Deadline end(step_deadline);
    while (written.end == wire::End::octets) {
      if (auto reply = parser.next()) co_return std::move(*reply);
      const wire::Read read = co_await stream.read(end.left());
      if (read.end != wire::End::octets) break;
      parser.feed(read.octets);
    }
    co_return smtp::Reply{};
  }

  [[nodiscard]] bool offers(std::string_view extension) const { return ehlo.find(extension) != nullptr; }

  [[nodiscard]] std::string parameters(const std::vector<smtp::Parameter>& given) const {
    std::string text;
    for (const smtp::Parameter& parameter : given) {
      if (!offers(extension_of(parameter))) continue;
      text += " " + parameter.keyword + (parameter.value ? "=" + *parameter.value : "");
    }
    return text;
  }

  wire::Stream stream;
  smtp::ReplyParser parser = {};
  smtp::Ehlo ehlo = {};
};

asio::awaitable<bool> greet(NextHop& next) {
  const smtp::Reply greeting = co_await next.ask("");
  if (greeting.code != 220) co_return false;
  const smtp::Reply ehlo = co_await next.ask("EHLO reference.example\r\n");
  if (ehlo.code == 250) {
    next.ehlo = smtp::parse_ehlo(ehlo);
    co_return true;
  }
  const smtp::Reply helo = co_await next.ask("HELO reference.example\r\n");
  co_return helo.code == 250;
}

/// By BDAT where that is offered: DATA cannot carry a message that does not end in CRLF, and some next hops mend bare
/// CR and LF in it.
asio::awaitable<bool> send(NextHop& next, const std::string& message) {
  const bool chunking = next.offers("CHUNKING");
  if (!chunking) {
    const smtp::Reply go = co_await next.ask("DATA\r\n");
    if (go.code != 354) co_return false;
  }
  std::string octets = chunking ? smtp::encode_bdat(message, true) : smtp::encode_data(message);
  const smtp::Reply answer = co_await next.ask(std::move(octets));
  co_return answer.code == 250;
}

asio::awaitable<std::vector<bool>> relay(std::string host, std::uint16_t port, const Accepted& mail,
                                         wire::Allowed allowed) {
  std::vector<bool> results(mail.recipients.size(), false);
  wire::Connected connected = co_await wire::connect_tcp(host, port, "", step_deadline, allowed);
  if (!connected.transport) co_return results;
  NextHop next{wire::Stream(std::move(connected.transport))};
  const bool greeted = co_await greet(next);
  if (!greeted) co_return results;
  std::vector<smtp::Parameter> given = mail.mail_parameters;
  for (smtp::Parameter& parameter : given) {  // the trace header has made the message longer than was declared
    if (parameter.keyword == "SIZE") parameter.value = std::to_string(mail.message.size());
  }
  const smtp::Reply sender =
      co_await next.ask(fmt::format("MAIL FROM:<{}>{}\r\n", mail.reverse_path, next.parameters(given)));
  bool anyone = false;
  for (std::size_t i = 0; sender.code == 250 && i < results.size(); ++i) {
    const auto& [path, parameters] = mail.recipients[i];
    const smtp::Reply answer = co_await next.ask(fmt::format("RCPT TO:<{}>{}\r\n", path, next.parameters(parameters)));
    results[i] = answer.code == 250 || answer.code == 251;
    anyone = anyone || results[i];
  }
  const bool taken = anyone && co_await send(next, mail.message);
  if (!taken) results.assign(results.size(), false);
  co_await next.ask("QUIT\r\n");
  co_return results;
}

/// Unique among all processes and moments: time, process and a count.
std::string unique_name() {
  static std::atomic<unsigned> count{0};
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
  return fmt::format("{}.M{:06}P{}Q{}.localhost", microseconds / 1'000'000, microseconds % 1'000'000, ::getpid(),
                     ++count);
}

bool store(const std::filesystem::path& maildir, const std::string& octets) {
  std::error_code error;
  for (const char* const folder : {"tmp", "new", "cur"}) std::filesystem::create_directories(maildir / folder, error);
  const std::string name = unique_name();
  std::ofstream file(maildir / "tmp" / name, std::ios::binary);
  file.write(octets.data(), static_cast<std::streamsize>(octets.size()));
  file.close();
  if (!file) return false;
  std::filesystem::rename(maildir / "tmp" / name, maildir / "new" / name, error);
  return !error;
}

/// One file a message, whatever the number of recipients: Delivered-To names each of them, in front of everything.
asio::awaitable<std::vector<bool>> deliver(std::filesystem::path maildir, const Accepted& mail) {
  std::string octets;
  for (const Accepted::Recipient& recipient : mail.recipients) {
    octets += fmt::format("Delivered-To: {}\r\n", recipient.forward_path);
  }
  octets += mail.message;
  co_return std::vector<bool>(mail.recipients.size(), store(maildir, octets));
}

}  // namespace

Deliver relay_to(const std::string& host, std::uint16_t port, wire::Allowed allowed) {
  return [host, port, allowed](const Accepted& mail) { return relay(host, port, mail, allowed); };
}

Deliver maildir_at(const std::string& path) {
  return [maildir = std::filesystem::path(path)](const Accepted& mail) { return deliver(maildir, mail); };
}

Deliver nowhere() {
  return [](const Accepted& mail) -> asio::awaitable<std::vector<bool>> {
    co_return std::vector<bool>(mail.recipients.size(), true);
  };
}

}  // namespace smtpspec::reference
