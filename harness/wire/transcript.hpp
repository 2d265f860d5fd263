// What happened on the wire, written down as it happened. No opinion, no Asio: judge and reports read it too.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace smtpspec::wire {

struct Event {
  enum class Kind {
    step,          ///< the engine begins step `step`; the ladder's own steps count as `Event::ladder`
    connected,     ///< TCP is open; `text` is "local -> remote"
    refused,       ///< the connection could not be made; `text` says why
    sent,          ///< `octets` were written as one segment
    send_failed,   ///< a write failed; `text` says why
    received,      ///< `octets` were read in one piece
    tls_started,   ///< handshake done; `text` is protocol and cipher
    tls_failed,    ///< handshake failed or a broken record came; `text` says why
    tls_closed,    ///< the server sent close_notify
    closed,        ///< the server ended the connection (FIN)
    reset,         ///< the server reset the connection
    deadline,      ///< a wait ended without what was waited for
    quiet,         ///< a wait for silence ended in silence
    close_notify,  ///< we ended TLS and kept the connection
    half_closed,   ///< we sent FIN
    hung_up,       ///< we closed, or reset, the connection; `text` says which
    stopped,       ///< the engine left the scenario early; `text` says why
  };
  Kind kind = Kind::step;
  std::chrono::nanoseconds at{0};  ///< since the transcript's start
  std::size_t session = 0;         ///< index into `Transcript::sessions`
  int step = 0;                    ///< index of the scenario's step; negative for the ladder and the fence
  bool beneath_tls = false;        ///< sent, received: plain octets on the TCP connection of a TLS session
  std::string octets;
  std::string text;

  static constexpr int ladder = -1;
  static constexpr int fence = -2;
};
[[nodiscard]] std::string_view name(Event::Kind kind);
[[nodiscard]] std::optional<Event::Kind> event_kind_named(std::string_view name);

/// One message as it reached the end of its road.
struct Delivery {
  std::string reverse_path;                ///< without brackets; as the road tells it
  std::vector<std::string> forward_paths;  ///< without brackets; empty where the road does not tell
  std::string message;                     ///< octets as delivered, the trace header of the target included
  std::chrono::nanoseconds at{0};
  std::string road;   ///< "sink", "maildir", "mbox"
  bool exact = true;  ///< false: the road keeps local line ends (LF), so CRLF and LF look alike
};

struct Transcript {
  std::string scenario;               ///< id
  std::string token;                  ///< marks this scenario's messages
  std::vector<std::string> sessions;  ///< names; the first is ""
  std::vector<Event> events;
  bool deliveries_observed = false;  ///< a delivery road was there and was watched until it was quiet
  std::vector<Delivery> deliveries;
  std::vector<std::pair<std::string, std::string>> values;  ///< what the scenario's holes were filled with (no secrets)
};

/// Most octets sent that a transcript keeps of one session.
inline constexpr std::size_t max_octets_kept = std::size_t{8} << 20;
/// Most octets received; a server that sends more is cut off. Replies are short: a thousand are well below it.
inline constexpr std::size_t max_octets_received = std::size_t{128} << 10;

/// Pieces of octets in a transcript beyond which pieces that follow one another are kept as one.
inline constexpr std::size_t max_pieces_kept = 20'000;

/// Writes down events with their time. Octets beyond these bounds are not added. Not thread-safe: one recorder
/// belongs to one scenario's coroutine.
class Recorder {
 public:
  explicit Recorder(std::string scenario);
  /// Adds a session and returns its number.
  std::size_t add_session(std::string name);
  void begin_step(std::size_t session, int step);
  void add(Event::Kind kind, std::size_t session, std::string octets = {}, std::string text = {},
           bool beneath_tls = false);
  [[nodiscard]] Transcript& transcript() { return transcript_; }
  [[nodiscard]] std::chrono::nanoseconds elapsed() const;

 private:
  Transcript transcript_;
  struct Session {
    int step = Event::ladder;
    std::size_t sent = 0;      ///< octets kept
    std::size_t received = 0;  ///< octets kept
  };
  std::vector<Session> sessions_;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace smtpspec::wire
