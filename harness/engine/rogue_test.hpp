// A server that does what no honest server does, on loopback.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <utility>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/read_until.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>

namespace smtpspec::engine {

using asio::ip::tcp;

struct Answer {
  std::string octets;
  bool forever = false;  ///< again and again
  bool close = false;    ///< and then close
};
/// What to say to the `number`th line of a session; line 0 is the connection itself.
using Answers = std::function<Answer(int session, int number, const std::string& line)>;

class Rogue {
 public:
  explicit Rogue(Answers answers)
      : answers_(std::move(answers)), acceptor_(context_, {asio::ip::make_address("127.0.0.1"), 0}) {
    asio::co_spawn(context_, accept(), asio::detached);
    thread_ = std::thread([this] { context_.run(); });
  }
  Rogue(const Rogue&) = delete;
  Rogue& operator=(const Rogue&) = delete;
  ~Rogue() {
    context_.stop();
    thread_.join();
  }
  [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

 private:
  asio::awaitable<void> accept() {
    for (int session = 0;; ++session) {
      tcp::socket socket = co_await acceptor_.async_accept(asio::use_awaitable);
      asio::co_spawn(context_, serve(std::move(socket), session), asio::detached);
    }
  }

  asio::awaitable<void> serve(tcp::socket socket, int session) {
    std::string input;
    std::string line;
    for (int number = 0;; ++number) {
      const Answer answer = answers_(session, number, line);
      asio::error_code error;
      do {
        const auto octets = asio::buffer(answer.octets);
        co_await asio::async_write(socket, octets, asio::redirect_error(asio::use_awaitable, error));
      } while (answer.forever && !error);
      if (error || answer.close) co_return;
      auto buffer = asio::dynamic_buffer(input);
      const std::size_t size =
          co_await asio::async_read_until(socket, buffer, '\n', asio::redirect_error(asio::use_awaitable, error));
      if (error) co_return;
      line = input.substr(0, size);
      input.erase(0, size);
    }
  }

  Answers answers_;
  asio::io_context context_{1};
  tcp::acceptor acceptor_;
  std::thread thread_;
};

/// Honest to all but HELP.
inline Answers to_help(const Answer& answer) {
  return [answer](int, int number, const std::string& line) -> Answer {
    if (number == 0) return {"220 rogue\r\n"};
    if (line == "HELP\r\n") return answer;
    if (line == "QUIT\r\n") return {"221 Bye\r\n", false, true};
    return {"250 Ok\r\n"};
  };
}

}  // namespace smtpspec::engine
