// What the scenario machine asks of its driver.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>

#include "harness/record/transcript.hpp"

namespace smtpspec::judge {

/// What is to be done next. Sessions are numbered in the order in which they are opened.
struct Action {
  enum class Kind {
    open,   ///< a further session: connect it, at most until `until`
    step,   ///< note that `step` begins; nothing happens on the wire
    write,  ///< `octets` as one segment; no part of it may take longer than `until` allows for the first, nor all six
            ///< times that
    wait,   ///< for anything from the server, at most until `until`; on a session that has ended time passes
    handshake,     ///< TLS as the client, at most until `until`
    close_notify,  ///< end TLS, keep the connection
    half_close,    ///< send FIN
    reset,
    close,
    ask_deliveries,  ///< tell what was delivered, when `awaited` messages are there or no more is to be expected
    done,
  };
  Kind kind = Kind::done;
  std::size_t session = 0;
  int step = 0;              ///< as in record::Event
  std::string_view name;     ///< of open: the session's
  std::string_view octets;   ///< of write; valid until the next call of next()
  bool beneath_tls = false;  ///< of write: on the TCP connection, not through its TLS
  /// Of write: take what has come, listen so long for more, and write nothing where the session ends in that time.
  std::chrono::milliseconds listen{0};
  record::Time until{0};    ///< since the transcript's start
  std::size_t awaited = 0;  ///< of ask_deliveries
};

/// The event that an action comes to which can come to nothing else: step, close_notify, half_close, reset and close.
[[nodiscard]] constexpr std::optional<record::Event::Kind> only_event(Action::Kind kind) {
  switch (kind) {
    case Action::Kind::step: return record::Event::Kind::step;
    case Action::Kind::close_notify: return record::Event::Kind::close_notify;
    case Action::Kind::half_close: return record::Event::Kind::half_closed;
    case Action::Kind::reset: return record::Event::Kind::reset;
    case Action::Kind::close: return record::Event::Kind::closed;
    default: return std::nullopt;
  }
}

}  // namespace smtpspec::judge
