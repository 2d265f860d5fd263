// What happened on the wire, written down as it happened, and what was delivered. No opinion: what stands here does not
// depend on what anybody expected. Judge, referee and reports read it.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/smtp/parameters.hpp"

namespace smtpspec::record {

using Time = std::chrono::nanoseconds;  ///< since the transcript's start

enum class Party { client, server };

struct Event {
  enum class Kind {
    step,          ///< step `step` of the scenario begins; the ladder's own count as `ladder`, the fence's as `fence`
    connected,     ///< TCP is open; `text` is "local -> remote"
    refused,       ///< the connection could not be made; `text` says why
    octets,        ///< `by` the client: written as one segment; by the server: read in one piece
    unsent,        ///< a write failed; `text` says why
    tls_started,   ///< handshake done; `text` is protocol and cipher
    tls_failed,    ///< handshake failed or a broken record came; `text` says why
    tls_alert,     ///< a TLS alert came in plain text, or a part of one: `octets`
    close_notify,  ///< `by` ended TLS, and kept the connection
    half_closed,   ///< `by` sent FIN and reads on
    closed,        ///< `by` closed the connection
    reset,         ///< `by` reset the connection; `text` may say how it showed
    waited,        ///< nothing came for `waited`
  };
  Kind kind = Kind::step;
  Party by = Party::client;
  Time at{0};
  std::size_t session = 0;   ///< index into `Transcript::sessions`
  int step = 0;              ///< index of the scenario's step; negative for the ladder and the fence
  bool beneath_tls = false;  ///< octets: plain, on the TCP connection of a TLS session
  std::string octets;
  std::string text;
  std::chrono::milliseconds waited{0};
  std::size_t omitted = 0;  ///< octets that went over the wire after `octets` and are not kept

  static constexpr int ladder = -1;
  static constexpr int fence = -2;
};
[[nodiscard]] std::string_view name(Event::Kind kind);
[[nodiscard]] std::optional<Event::Kind> event_kind_named(std::string_view name);

/// One message as it reached the end of its road. What the road cannot know is nullopt, which is not the same as empty.
struct Delivery {
  struct Recipient {
    std::string forward_path;                                ///< without brackets
    std::optional<std::vector<smtp::Parameter>> parameters;  ///< of RCPT
  };
  std::optional<std::string> reverse_path;                      ///< without brackets; "" is the null reverse-path
  std::optional<std::vector<smtp::Parameter>> mail_parameters;  ///< of MAIL
  std::optional<std::vector<Recipient>> recipients;
  std::string message;      ///< octets as delivered, the trace header of the target included
  std::size_t omitted = 0;  ///< octets of the message that came after `message` and are not kept
  Time at{0};
  std::string road;    ///< "sink", "maildir", "mbox"
  std::string client;  ///< the address that handed it over; empty where the road cannot know it
  bool exact = true;   ///< false: the road keeps local line ends (LF), so CRLF and LF look alike
};

/// How long to wait for what.
struct Patience {
  std::chrono::milliseconds reply{10000};     ///< for a reply that is due, and for a connection
  std::chrono::milliseconds silence{500};     ///< how long silence lasts where a scenario does not say
  std::chrono::milliseconds scenario{60000};  ///< for a whole scenario
  bool last = false;  ///< what does not come in this time is held not to come; until then it may be but late
  /// Before more is said to a server that has refused something, and may close for it. In no file: who judges a play
  /// need not know it.
  std::chrono::milliseconds close{5};
  /// The time of a scenario that names its own, or none: more where more patience is asked for than is usual.
  [[nodiscard]] std::chrono::milliseconds time_of(std::optional<std::chrono::milliseconds> own) const {
    constexpr std::chrono::milliseconds usual{10000};
    return own ? std::max(*own, *own * reply.count() / usual.count()) : scenario;
  }
  bool operator==(const Patience&) const = default;
};

/// A fact that does not hold for the target, as the survey found: what depends on it cannot be decided.
struct Deviation {
  std::string fact;       ///< "noop"; or a limit: "errors", "commands", "recipients", "messages", "octets"
  std::string because;    ///< "survey/noop: 502 ..."
  std::size_t after = 0;  ///< of a limit: after so many a session ends, or refuses what is more
  bool operator==(const Deviation&) const = default;
};

/// What a play was told of its target and of time: whoever judges the transcript must know it too.
struct Terms {
  bool lmtp = false;
  bool implicit_tls = false;
  bool starttls = false;   ///< offered: the ladder takes it before it logs in
  bool login = false;      ///< the ladder logs in before MAIL
  bool tls_first = false;  ///< the ladder takes STARTTLS before MAIL
  Patience patience;
  std::vector<Deviation> deviations;
  /// The deviation from such a fact; null where it holds, or nothing is known of it.
  [[nodiscard]] const Deviation* lacks(std::string_view fact) const;
  bool operator==(const Terms&) const = default;
};

struct Transcript {
  std::string scenario;  ///< id
  std::string token;     ///< marks this scenario's messages
  Terms terms;
  std::vector<std::string> sessions;  ///< names; the first is ""
  std::vector<Event> events;
  bool deliveries_observed = false;  ///< a delivery road was there and was watched until it was quiet
  std::vector<Delivery> deliveries;
  std::vector<std::pair<std::string, std::string>> values;  ///< what the scenario's holes were filled with
  std::vector<std::string> secrets;                         ///< in memory alone: what no file and no report may hold
  bool shortened = false;                                   ///< its file had no room for all of its octets
};
/// Octets of memory that it takes, about.
[[nodiscard]] std::size_t octets_held(const Transcript& transcript);
[[nodiscard]] std::size_t octets_held(const Delivery& delivery);

/// Most octets sent that a transcript keeps of one session.
inline constexpr std::size_t max_octets_kept = std::size_t{8} << 20;
/// Most octets received; a server that sends more is cut off. Replies are short: a thousand are well below it.
inline constexpr std::size_t max_octets_received = std::size_t{128} << 10;
/// Pieces of octets in a transcript beyond which pieces that follow one another are kept as one.
inline constexpr std::size_t max_pieces_kept = 20'000;

/// Writes events down. Octets beyond the bounds above are counted and not kept. One recorder belongs to one play.
class Recorder {
 public:
  /// Shown each event whole, before it is cut to what is kept.
  using Watch = std::function<void(const Event&)>;

  Recorder(std::string scenario, std::string token, Terms terms, Watch watch);
  /// Adds a session and returns its number.
  std::size_t add_session(std::string name);
  /// `event.at` and `event.session` are the caller's to fill; `event.step` is that of the session's last step.
  void add(Event event);
  [[nodiscard]] Transcript& transcript() { return transcript_; }

 private:
  struct Session {
    int step = Event::ladder;
    std::size_t kept[2] = {0, 0};  ///< octets, by party
    bool tls = false;
    bool said_starttls = false;  ///< so a TLS alert may come in plain text
    std::string last_sent;       ///< the client's last octets: no segment border hides the word
    std::size_t alert_left = 0;  ///< octets of such an alert that are still to come
  };
  static void look_for_starttls(Session& of, std::string_view sent);
  void add_octets(Event event);
  void note(Event event);
  void keep(Event event);

  Watch watch_;
  Transcript transcript_;
  std::vector<Session> sessions_;
};

}  // namespace smtpspec::record
