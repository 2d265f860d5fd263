// One session being played: a stream, what is read off it, and the recorder that writes both down.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <asio/awaitable.hpp>

#include "harness/engine/match.hpp"
#include "harness/scenario/model.hpp"
#include "harness/scenario/target.hpp"
#include "harness/wire/stream.hpp"
#include "harness/wire/transcript.hpp"

namespace smtpspec::engine {

/// How long to wait for what.
struct Patience {
  std::chrono::milliseconds reply{10000};     ///< for a reply that is due, and for a connection
  std::chrono::milliseconds silence{500};     ///< how long silence lasts where a scenario does not say
  std::chrono::milliseconds scenario{60000};  ///< for a whole scenario
};

class Conversation {
 public:
  /// `until`: no wait goes beyond this time.
  Conversation(wire::Recorder& recorder, std::size_t session, Patience patience,
               std::chrono::steady_clock::time_point until);

  /// TCP, and TLS where the scheme is smtps. False, with the reason in the transcript, when it could not be had.
  asio::awaitable<bool> connect(const scenario::Target& target, const std::string& source, wire::TlsContext& tls);
  /// Writes the segments; in the gaps between them what comes is read and recorded.
  asio::awaitable<bool> send(std::string_view octets, const scenario::Cut& cut, bool beneath_tls,
                             const std::vector<std::string>& secrets);
  /// A line in one segment; CRLF is added.
  asio::awaitable<bool> send_line(const std::string& line, const std::vector<std::string>& secrets);
  /// Waits for one of the endings that the expectation allows, or for its time to be over.
  asio::awaitable<Observed> observe(const scenario::Expectation& expectation,
                                    std::optional<std::chrono::milliseconds> within);
  asio::awaitable<bool> handshake(const scenario::Target& target, wire::TlsContext& tls);
  asio::awaitable<void> close_notify();
  /// Reads and records whatever comes in this time, or until the server ends the connection.
  asio::awaitable<void> listen(std::chrono::milliseconds time);
  void half_close();
  void reset();
  void close();

  [[nodiscard]] bool open() const { return stream_.has_value() && !gone_; }
  /// The scenario's time is over: a wait or a pause was cut short, and what it would have shown is not known.
  [[nodiscard]] bool out_of_time() const { return out_of_time_; }
  [[nodiscard]] bool under_tls() const { return stream_ && stream_->under_tls(); }
  [[nodiscard]] Observer& observer() { return observer_; }
  [[nodiscard]] std::size_t session() const { return session_; }

 private:
  void record(wire::Event::Kind kind, std::string octets = {}, std::string text = {}, bool beneath_tls = false);
  void take(wire::Read read);
  asio::awaitable<wire::Written> write(std::string_view octets, bool beneath_tls);
  [[nodiscard]] std::chrono::milliseconds wait_for_reply(std::optional<std::chrono::milliseconds> within) const;
  void take_octets(std::string_view octets);
  [[nodiscard]] std::chrono::milliseconds left(std::chrono::milliseconds wanted) const;
  void run_out_of_time();

  wire::Recorder& recorder_;
  std::size_t session_;
  Patience patience_;
  std::chrono::steady_clock::time_point until_;
  std::optional<wire::Stream> stream_;
  Observer observer_;
  std::vector<std::string> secrets_;  ///< said on this session so far; the server may echo them
  std::size_t octets_read_ = 0;
  bool said_starttls_ = false;  ///< so a TLS alert may come in plain text
  std::size_t alert_left_ = 0;  ///< octets of such an alert that are still to come
  bool takes_no_more_ = false;  ///< a write failed
  bool gone_ = false;           ///< the connection has ended
  bool out_of_time_ = false;    ///< `until_` cut something short
};

}  // namespace smtpspec::engine
