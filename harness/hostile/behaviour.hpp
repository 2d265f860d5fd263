// What a hostile server does: the one table of behaviours. Each is a misbehaviour at a point of a session that a
// correct server would go through.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace smtpspec::hostile {

/// Where in a session: the reply to something, or a moment of TLS.
enum class Point {
  greeting,
  ehlo,
  mail,
  rcpt,
  data,     ///< the reply to DATA, 354
  bdat,     ///< the reply to BDAT, when the chunk is there
  message,  ///< the first octets after 354: no reply is due
  end,      ///< the reply to the end of data
  rset,
  noop,
  vrfy,
  quit,
  auth,  ///< any reply in the AUTH exchange
  starttls,
  handshake,  ///< in place of the handshake, or of half of it
  under_tls,  ///< when the handshake is done
  every,      ///< each reply
};
/// One word.
[[nodiscard]] std::string_view name(Point point);

/// How much of the correct reply goes out before the misbehaviour. Of a handshake `half` is half of the server's first
/// flight.
enum class Before { nothing, half, all };
[[nodiscard]] std::string_view name(Before before);

enum class Act {
  close,         ///< FIN, and gone
  reset,         ///< RST
  silence,       ///< reads everything and says nothing any more
  deaf,          ///< neither reads nor writes any more, and keeps the connection
  flood,         ///< `first`, then `octets` again and again up to 1 GiB, without reading; then deaf
  trickle,       ///< as flood, in segments of one octet
  write,         ///< `first` and `octets`, and goes on as if nothing was
  write_close,   ///< as write, then FIN
  octetwise,     ///< the correct reply in segments of one octet
  slowly,        ///< the same with a pause after each
  recode,        ///< the correct reply with `octets` in place of its code
  line_feeds,    ///< the correct reply with LF for CRLF
  close_notify,  ///< ends TLS and goes on reading
  beneath_tls,   ///< writes `octets` on the TCP connection of the TLS session, then silence
};

struct Behaviour {
  std::string name;
  std::string what;  ///< for people, one line
  Point point = Point::greeting;
  Act act = Act::close;
  std::string octets = {};
  std::string first = {};
  Before before = Before::nothing;
};

[[nodiscard]] const std::vector<Behaviour>& behaviours();
/// One word: "end" for those that end a session at one of its moments, "flood" for those that write without end,
/// "other".
[[nodiscard]] std::string_view kind(const Behaviour& behaviour);
/// One behaviour; or all that end sessions in one way, for "close-any", "reset-any" and "silence-any"; or none.
[[nodiscard]] std::vector<Behaviour> behaviours_named(std::string_view name);
/// "close-any" and its like, with what they do.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> ends_in_turn();

[[nodiscard]] std::string repeated(std::string_view octets, std::size_t times);
/// Octets of every value in no order; the same at each call.
[[nodiscard]] std::string garbage(std::size_t size);

}  // namespace smtpspec::hostile
