// A client over real sockets, and a delivery that remembers. For tests alone.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "harness/reference/dialogue_test.hpp"
#include "harness/reference/server.hpp"
#include "harness/wire/run_test.hpp"

namespace smtpspec::reference {

using namespace std::string_literals;
using wire::patient;

/// Remembers what reached it.
struct Remembered {
  std::vector<Accepted> messages;
  bool succeeds = true;

  [[nodiscard]] Deliver deliver() {
    return [this](const Accepted& mail) { return take(mail); };
  }
  asio::awaitable<std::vector<bool>> take(const Accepted& mail) {
    messages.push_back(mail);
    co_return std::vector<bool>(mail.recipients.size(), succeeds);
  }
};

inline Server::Options options() {
  Server::Options options;
  options.settings.trace_header = false;
  options.settings.users["alice"] = "secret";
  return options;
}

/// A client that says one thing after the other.
class Client {
 public:
  asio::awaitable<void> connect(std::uint16_t port) {
    wire::Connected connected = co_await wire::connect_tcp("127.0.0.1", port, "", patient);
    REQUIRE(connected.transport);
    stream_.emplace(std::move(connected.transport));
  }
  asio::awaitable<void> start_tls() {
    const auto context = wire::TlsContext::client({});
    const wire::Written done = co_await stream_->handshake(*context, wire::TlsEngine::Role::client, "", patient);
    REQUIRE(done.end == wire::End::octets);
  }
  /// Sends, and reads as many replies; gives their codes.
  asio::awaitable<std::string> say(std::string octets, int replies = 1) {
    if (!octets.empty()) {
      const wire::Written written = co_await stream_->write(octets, patient);
      REQUIRE(written.end == wire::End::octets);
    }
    std::string bytes;
    while (replies > 0) {
      if (const auto reply = parser_.next()) {
        bytes += reply->bytes();
        last_ = reply->lines.back().text();
        --replies;
        continue;
      }
      const wire::Read read = co_await stream_->read(patient);
      if (read.end != wire::End::octets) {
        bytes += "the connection ended\r\n";
        break;
      }
      parser_.feed(read.octets);
    }
    co_return codes_of(bytes);
  }
  [[nodiscard]] const std::string& last() const { return last_; }
  [[nodiscard]] wire::Stream& stream() { return *stream_; }

 private:
  std::optional<wire::Stream> stream_;
  smtp::ReplyParser parser_;
  std::string last_;
};

inline const std::string envelope = "MAIL FROM:<Sender@client.example>\r\nRCPT TO:<alice@example.test>\r\n";
/// Everything that a delivery may spoil: NUL, bare CR, bare LF, periods, 8-bit octets, a long line, no line end at the
/// end.
inline const std::string octets =
    "Subject: x\r\n\r\n.\r\n..\r\n\0\r.\r\n\n.\n\r\r\n\xff\xfe"s + std::string(70'000, 'l') + "\r\n.\r\nend";

}  // namespace smtpspec::reference
