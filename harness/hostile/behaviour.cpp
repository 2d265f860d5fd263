#include "harness/hostile/behaviour.hpp"

#include <utility>

#include <fmt/format.h>

namespace smtpspec::hostile {
namespace {

/// A reply to EHLO of so many keyword lines.
std::string many_keywords(std::size_t lines) {
  std::string reply = "250-hostile.example\r\n";
  for (std::size_t i = 0; i < lines; ++i) reply += fmt::format("250-XKEYWORD{} parameter={}\r\n", i, i);
  return reply + "250 PIPELINING\r\n";
}

struct EndOfSession {
  Act act;
  std::string_view name;
  std::string_view what;
};
constexpr EndOfSession ends_of_session[] = {
    {Act::close, "close", "closes"},
    {Act::reset, "reset", "resets the connection"},
    {Act::silence, "silence", "says nothing any more"},
};

struct Moment {
  Point point;
  Before before;
  std::string_view name;
  std::string_view what;
};
constexpr Moment moments[] = {
    {Point::greeting, Before::nothing, "greeting", "in place of the greeting"},
    {Point::greeting, Before::half, "half-greeting", "in the greeting"},
    {Point::greeting, Before::all, "after-greeting", "after the greeting"},
    {Point::ehlo, Before::nothing, "ehlo", "in place of the reply to EHLO"},
    {Point::ehlo, Before::half, "half-ehlo", "in the reply to EHLO"},
    {Point::ehlo, Before::all, "after-ehlo", "after the reply to EHLO"},
    {Point::mail, Before::nothing, "mail", "in place of the reply to MAIL"},
    {Point::rcpt, Before::nothing, "rcpt", "in place of the reply to RCPT"},
    {Point::rcpt, Before::half, "half-rcpt", "in the reply to RCPT"},
    {Point::data, Before::nothing, "data", "in place of the reply to DATA"},
    {Point::data, Before::all, "after-354", "after 354"},
    {Point::message, Before::nothing, "message", "at the first octets of the message"},
    {Point::end, Before::nothing, "end", "at the end of data"},
    {Point::end, Before::half, "half-end", "in the reply to the end of data"},
    {Point::end, Before::all, "after-end", "after the reply to the end of data"},
    {Point::bdat, Before::nothing, "bdat", "in place of the reply to BDAT"},
    {Point::rset, Before::nothing, "rset", "in place of the reply to RSET"},
    {Point::noop, Before::nothing, "noop", "in place of the reply to NOOP"},
    {Point::vrfy, Before::nothing, "vrfy", "in place of the reply to VRFY"},
    {Point::quit, Before::nothing, "quit", "in place of the reply to QUIT"},
    {Point::auth, Before::nothing, "auth", "in place of a reply to AUTH"},
    {Point::starttls, Before::nothing, "starttls", "in place of the reply to STARTTLS"},
    {Point::handshake, Before::nothing, "handshake", "in place of the ServerHello"},
    {Point::handshake, Before::half, "half-handshake", "in the middle of the handshake"},
    {Point::under_tls, Before::nothing, "under-tls", "when the handshake is done"},
};

bool ends_session(Act act) { return act == Act::close || act == Act::reset || act == Act::silence; }

using Behaviours = std::vector<Behaviour>;

/// Every way to end a session at every moment of it.
Behaviours ends() {
  Behaviours all;
  for (const EndOfSession& end : ends_of_session)
    for (const Moment& moment : moments)
      all.push_back({fmt::format("{}-{}", end.name, moment.name), fmt::format("{} {}", end.what, moment.what),
                     moment.point, end.act, "", "", moment.before});
  return all;
}

Behaviours floods() {
  using enum Point;
  using enum Act;
  const std::string a = repeated("A", 65536);
  const std::string ok = "250 2.0.0 Ok\r\n";
  // RFC 8446 section 5.1: a handshake record of the greatest size, again and again.
  const std::string record =
      std::string("\x16\x03\x03\x40\x00", 5) + std::string("\x02\x00\xff\xff", 4) + std::string(16380, '\0');
  return {
      {"flood-greeting", "1 GiB without a line end as the greeting", greeting, flood, a, "220 "},
      {"flood-reply", "1 GiB without a line end as the reply to EHLO", ehlo, flood, a, "250-"},
      {"flood-end", "1 GiB without a line end as the reply to the end of data", end, flood, a, "250 "},
      {"flood-line-ends", "line ends without end as the greeting", greeting, flood, repeated("\r\n", 32768)},
      {"flood-keywords", "an EHLO reply that never ends", ehlo, flood,
       repeated("250-XKEYWORD with=parameters\r\n", 2048), "250-hostile.example\r\n"},
      {"flood-multiline", "a reply to RCPT that never ends", rcpt, flood, repeated("250-and more\r\n", 4096)},
      {"flood-replies", "replies without end, and reads nothing", greeting, flood, repeated(ok, 4096), "", Before::all},
      {"flood-in-data", "replies without end when the message begins", message, flood, repeated("354 Go on\r\n", 4096)},
      {"flood-challenges", "AUTH challenges without end", auth, flood, repeated("334 \r\n", 8192)},
      {"flood-garbage", "garbage without end as the greeting", greeting, flood, garbage(65536)},
      {"flood-garbage-reply", "garbage without end as the reply to MAIL", mail, flood, garbage(65536), "250 "},
      {"flood-handshake", "garbage without end in place of the ServerHello", handshake, flood, garbage(65536)},
      {"flood-records", "handshake records without end in place of the ServerHello", handshake, flood, record},
      {"flood-under-tls", "replies without end under TLS", under_tls, flood, repeated(ok, 1024)},
      {"trickle-flood", "replies without end, an octet a segment", greeting, trickle, ok, "", Before::all},
      {"trickle-line", "a line without end, an octet a segment", ehlo, trickle, "A", "250-"},
  };
}

Behaviours deaf() {
  using enum Point;
  return {
      {"deaf", "takes the connection, says nothing and reads nothing", greeting, Act::deaf},
      {"deaf-after-greeting", "reads nothing after its greeting", greeting, Act::deaf, "", "", Before::all},
      {"deaf-in-data", "reads nothing after 354", data, Act::deaf, "", "", Before::all},
      {"deaf-under-tls", "reads nothing when the handshake is done", under_tls, Act::deaf},
  };
}

struct Code {
  std::string_view name;
  std::string_view code;
};
constexpr Code other_codes[] = {{"000", "000"}, {"199", "199"}, {"220", "220"},   {"250", "250"}, {"354", "354"},
                                {"421", "421"}, {"555", "555"}, {"999", "999"},   {"2", "2"},     {"25", "25"},
                                {"abc", "abc"}, {"-25", "-25"}, {"25x", "25\xb2"}};

Behaviours recoded() {
  Behaviours all;
  for (const Code& other : other_codes)
    all.push_back({fmt::format("code-{}", other.name), "every reply has another code", Point::every, Act::recode,
                   std::string(other.code)});
  all.push_back({"200-for-data", "2yz where 354 is due", Point::data, Act::recode, "250"});
  return all;
}

Behaviours odd_replies() {
  using enum Point;
  using enum Act;
  const std::string controls("\0\1\2\3\4\5\6\7\b\t\v\f\x0e\x1b\x7f", 15);
  return {
      {"early-replies", "ten replies at once with the greeting", greeting, write, repeated("250 2.0.0 Ok\r\n", 10), "",
       Before::all},
      {"extra-replies", "a second reply after every reply", every, write, "250 2.0.0 Ok\r\n", "", Before::all},
      {"control-octets", "every control octet in each reply", every, write, "250 " + controls + " Ok\r\n"},
      {"eight-bit", "octets above 127 in each reply", every, write, "250 \xff\xfe\x80\xc0\xc1 Ok\r\n"},
      {"nul-reply", "a NUL in place of each reply", every, write, std::string(1, '\0')},
      {"empty-lines", "an empty line in place of each reply", every, write, "\r\n"},
      {"bare-line-feeds", "LF for CRLF in every reply", every, line_feeds},
      {"bare-returns", "CR alone after each reply", every, write, "250 Ok\r"},
      {"garbage-replies", "garbage of 1000 octets for each reply", every, write, garbage(1000)},
      {"many-keywords", "2000 EHLO keywords", ehlo, write, many_keywords(2000)},
      {"long-keyword", "an EHLO keyword of 100000 octets", ehlo, write,
       "250-hostile.example\r\n250 " + std::string(100000, 'X') + "\r\n"},
      {"octetwise", "every reply in segments of one octet: slow, and right", every, octetwise},
      {"slowly", "every reply slower than anybody waits", every, slowly},
  };
}

Behaviours broken_tls() {
  using enum Point;
  using enum Act;
  const std::string alert("\x15\x03\x03\x00\x02\x02\x28", 7);
  const std::string half_record("\x16\x03\x03\x40\x00\x02", 6);
  const std::string broken_record = std::string("\x17\x03\x03\x00\x20", 5) + garbage(32);
  return {
      {"bad-handshake", "a fatal alert in place of the ServerHello", handshake, write_close, alert},
      {"plain-handshake", "an SMTP reply in place of the ServerHello", handshake, write_close, "220 Ready\r\n"},
      {"half-hello", "the head of a record in place of the ServerHello, and silence", handshake, beneath_tls,
       half_record},
      {"close-notify", "close_notify as soon as the handshake is done", under_tls, close_notify},
      {"plain-under-tls", "plain text when the handshake is done", under_tls, beneath_tls, "250 2.0.0 Ok\r\n"},
      {"garbage-under-tls", "a broken record when the handshake is done", under_tls, beneath_tls, broken_record},
  };
}

Behaviours made() {
  Behaviours all;
  for (const auto& some : {ends(), floods(), deaf(), recoded(), odd_replies(), broken_tls()})
    all.insert(all.end(), some.begin(), some.end());
  return all;
}

}  // namespace

std::string_view name(Point point) {
  constexpr std::string_view names[] = {"greeting", "ehlo",     "mail",      "rcpt",      "data", "bdat",
                                        "message",  "end",      "rset",      "noop",      "vrfy", "quit",
                                        "auth",     "starttls", "handshake", "under-tls", "every"};
  return names[static_cast<std::size_t>(point)];
}

std::string_view name(Before before) {
  constexpr std::string_view names[] = {"nothing", "half", "all"};
  return names[static_cast<std::size_t>(before)];
}

std::string_view kind(const Behaviour& behaviour) {
  if (ends_session(behaviour.act)) return "end";
  return behaviour.act == Act::flood || behaviour.act == Act::trickle ? "flood" : "other";
}

std::string repeated(std::string_view octets, std::size_t times) {
  std::string all;
  all.reserve(octets.size() * times);
  for (std::size_t i = 0; i < times; ++i) all += octets;
  return all;
}

std::string garbage(std::size_t size) {
  std::string octets(size, '\0');
  unsigned state = 2463534242;  // xorshift
  for (char& octet : octets) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    octet = static_cast<char>(state & 0xff);
  }
  return octets;
}

const std::vector<Behaviour>& behaviours() {
  static const std::vector<Behaviour> all = made();
  return all;
}

std::vector<Behaviour> behaviours_named(std::string_view name) {
  std::vector<Behaviour> named;
  const bool any = name.ends_with("-any");
  const std::string_view way = name.substr(0, name.find('-') + 1);
  for (const Behaviour& one : behaviours())
    if (any ? ends_session(one.act) && one.name.starts_with(way) : one.name == name) named.push_back(one);
  return named;
}

std::vector<std::pair<std::string, std::string>> ends_in_turn() {
  std::vector<std::pair<std::string, std::string>> all;
  for (const EndOfSession& end : ends_of_session)
    all.emplace_back(fmt::format("{}-any", end.name), fmt::format("{} at another moment in each session", end.what));
  return all;
}

}  // namespace smtpspec::hostile
