#include "harness/hostile/behaviour.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

namespace smtpspec::hostile {
namespace {

constexpr std::array<std::pair<Point, std::string_view>, 17> point_names{{
    {Point::greeting, "greeting"},
    {Point::ehlo, "ehlo"},
    {Point::mail, "mail"},
    {Point::rcpt, "rcpt"},
    {Point::data, "data"},
    {Point::bdat, "bdat"},
    {Point::message, "message"},
    {Point::end, "end"},
    {Point::rset, "rset"},
    {Point::noop, "noop"},
    {Point::vrfy, "vrfy"},
    {Point::quit, "quit"},
    {Point::auth, "auth"},
    {Point::starttls, "starttls"},
    {Point::handshake, "handshake"},
    {Point::under_tls, "under-tls"},
    {Point::every, "every"},
}};

/// Where a run cannot go on at all: probe and canary pass these points on their way.
bool of_canary(Point point, Before before) {
  if (point == Point::end) return before != Before::all;
  return point < Point::end ? point != Point::bdat : point == Point::every;
}

/// A handshake that fails is held against nobody: it may be for want of a version or a cipher that both sides take.
Ends ends_of(Point point, Before before = Before::nothing) {
  if (point == Point::handshake) return {0, 0};
  return {of_canary(point, before) ? 3 : 1, 1};
}

std::string repeated(std::string_view octets, std::size_t times) {
  std::string all;
  all.reserve(octets.size() * times);
  for (std::size_t i = 0; i < times; ++i) all += octets;
  return all;
}

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
    {Point::greeting, Before::all, "after-greeting", "behind the greeting"},
    {Point::ehlo, Before::nothing, "ehlo", "in place of the reply to EHLO"},
    {Point::ehlo, Before::half, "half-ehlo", "in the reply to EHLO"},
    {Point::ehlo, Before::all, "after-ehlo", "behind the reply to EHLO"},
    {Point::mail, Before::nothing, "mail", "in place of the reply to MAIL"},
    {Point::rcpt, Before::nothing, "rcpt", "in place of the reply to RCPT"},
    {Point::rcpt, Before::half, "half-rcpt", "in the reply to RCPT"},
    {Point::data, Before::nothing, "data", "in place of the reply to DATA"},
    {Point::data, Before::all, "after-354", "behind 354"},
    {Point::message, Before::nothing, "message", "at the first octets of the message"},
    {Point::end, Before::nothing, "end", "at the end of data"},
    {Point::end, Before::half, "half-end", "in the reply to the end of data"},
    {Point::end, Before::all, "after-end", "behind the reply to the end of data"},
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

/// Every way to end a session at every moment of it.
void add_ends(std::vector<Behaviour>& all) {
  for (const EndOfSession& end : ends_of_session)
    for (const Moment& moment : moments)
      all.push_back({fmt::format("{}-{}", end.name, moment.name), fmt::format("{} {}", end.what, moment.what),
                     moment.point, moment.before, end.act, "", "", ends_of(moment.point, moment.before), true});
}

void add_floods(std::vector<Behaviour>& all) {
  const std::string a = repeated("A", 65536);
  const Before nothing = Before::nothing;
  const auto add = [&](const char* its_name, const char* what, Point point, Before before, std::string first,
                       std::string octets) {
    all.push_back({its_name, what, point, before, Act::flood, std::move(octets), std::move(first), ends_of(point)});
  };
  add("flood-greeting", "1 GiB without a line end as the greeting", Point::greeting, nothing, "220 ", a);
  add("flood-reply", "1 GiB without a line end as the reply to EHLO", Point::ehlo, nothing, "250-", a);
  add("flood-end", "1 GiB without a line end as the reply to the end of data", Point::end, nothing, "250 ", a);
  add("flood-line-ends", "line ends without end as the greeting", Point::greeting, nothing, "",
      repeated("\r\n", 32768));
  add("flood-keywords", "an EHLO reply that never ends", Point::ehlo, nothing, "250-hostile.example\r\n",
      repeated("250-XKEYWORD with=parameters\r\n", 2048));
  add("flood-multiline", "a reply to RCPT that never ends", Point::rcpt, nothing, "",
      repeated("250-and more\r\n", 4096));
  add("flood-replies", "replies without end, and reads nothing", Point::greeting, Before::all, "",
      repeated("250 2.0.0 Ok\r\n", 4096));
  add("flood-in-data", "replies without end when the message begins", Point::message, nothing, "",
      repeated("354 Go on\r\n", 4096));
  add("flood-challenges", "AUTH challenges without end", Point::auth, nothing, "", repeated("334 \r\n", 8192));
  add("flood-garbage", "garbage without end as the greeting", Point::greeting, nothing, "", garbage(65536));
  add("flood-garbage-reply", "garbage without end as the reply to MAIL", Point::mail, nothing, "250 ", garbage(65536));
  add("flood-handshake", "garbage without end in place of the ServerHello", Point::handshake, nothing, "",
      garbage(65536));
  all.back().ends.later = 1;  // garbage is no TLS
  // RFC 8446 section 5.1: a handshake record of the greatest size, again and again.
  add("flood-records", "handshake records without end in place of the ServerHello", Point::handshake, nothing, "",
      std::string("\x16\x03\x03\x40\x00", 5) + std::string("\x02\x00\xff\xff", 4) + std::string(16380, '\0'));
  add("flood-under-tls", "replies without end under TLS", Point::under_tls, nothing, "",
      repeated("250 2.0.0 Ok\r\n", 1024));
  all.push_back({"trickle-flood", "replies without end, an octet a segment", Point::greeting, Before::all, Act::trickle,
                 "250 2.0.0 Ok\r\n", "", ends_of(Point::greeting)});
  all.push_back({"trickle-line", "a line without end, an octet a segment", Point::ehlo, nothing, Act::trickle, "A",
                 "250-", ends_of(Point::ehlo)});
  all.push_back({"deaf", "takes the connection, says nothing and reads nothing", Point::greeting, nothing, Act::deaf,
                 "", "", ends_of(Point::greeting)});
  all.push_back({"deaf-after-greeting", "reads nothing behind its greeting", Point::greeting, Before::all, Act::deaf,
                 "", "", ends_of(Point::greeting)});
  all.push_back(
      {"deaf-in-data", "reads nothing behind 354", Point::data, Before::all, Act::deaf, "", "", ends_of(Point::data)});
  all.push_back({"deaf-under-tls", "reads nothing when the handshake is done", Point::under_tls, nothing, Act::deaf, "",
                 "", ends_of(Point::under_tls)});
}

void add_words(std::vector<Behaviour>& all) {
  const auto add = [&](const char* its_name, const char* what, Point point, Before before, Act act, std::string octets,
                       Ends ends) {
    all.push_back({its_name, what, point, before, act, std::move(octets), "", ends});
  };
  const Before nothing = Before::nothing;
  for (const char* code : {"000", "199", "220", "250", "354", "421", "555", "999", "2", "25", "abc", "-25", "25\xb2"})
    add("", "every reply has another code", Point::every, nothing, Act::recode, code, {3, 1});
  for (Behaviour& behaviour : all)
    if (behaviour.octets == "421") behaviour.ends.later = 5;  // a server may be closing at any time: nothing is found
  add("200-for-data", "2yz where 354 is due", Point::data, nothing, Act::recode, "250", {3, 1});
  add("early-replies", "ten replies at once with the greeting", Point::greeting, Before::all, Act::say,
      repeated("250 2.0.0 Ok\r\n", 10), {3, 1});
  add("extra-replies", "a second reply behind every reply", Point::every, Before::all, Act::say, "250 2.0.0 Ok\r\n",
      {3, 1});
  add("control-octets", "every control octet in each reply", Point::every, nothing, Act::say,
      "250 " + std::string("\0\1\2\3\4\5\6\7\b\t\v\f\x0e\x1b\x7f", 15) + " Ok\r\n", {3, 1});
  add("eight-bit", "octets above 127 in each reply", Point::every, nothing, Act::say, "250 \xff\xfe\x80\xc0\xc1 Ok\r\n",
      {3, 1});
  add("nul-reply", "a NUL in place of each reply", Point::every, nothing, Act::say, std::string(1, '\0'), {3, 1});
  add("empty-lines", "an empty line in place of each reply", Point::every, nothing, Act::say, "\r\n", {3, 1});
  add("bare-line-feeds", "LF for CRLF in every reply", Point::every, nothing, Act::line_feeds, "", {1, 1});
  add("bare-returns", "CR alone behind each reply", Point::every, Before::nothing, Act::say, "250 Ok\r", {3, 1});
  add("garbage-replies", "garbage of 1000 octets for each reply", Point::every, nothing, Act::say, garbage(1000),
      {3, 1});
  add("many-keywords", "2000 EHLO keywords", Point::ehlo, nothing, Act::say, many_keywords(2000), {1, 1});
  add("long-keyword", "an EHLO keyword of 100000 octets", Point::ehlo, nothing, Act::say,
      "250-hostile.example\r\n250 " + std::string(100000, 'X') + "\r\n", {1, 1});
  add("octetwise", "every reply in segments of one octet: slow, and right", Point::every, nothing, Act::octetwise, "",
      {0, 0});
  add("slowly", "every reply slower than anybody waits", Point::every, nothing, Act::slowly, "", {3, 1});
  add("bad-handshake", "a fatal alert in place of the ServerHello", Point::handshake, nothing, Act::say_close,
      std::string("\x15\x03\x03\x00\x02\x02\x28", 7), {0, 0});
  add("plain-handshake", "an SMTP reply in place of the ServerHello", Point::handshake, nothing, Act::say_close,
      "220 Ready\r\n", {1, 1});
  add("half-hello", "the head of a record in place of the ServerHello, and silence", Point::handshake, nothing,
      Act::beneath_tls, std::string("\x16\x03\x03\x40\x00\x02", 6), {1, 1});
  add("close-notify", "close_notify as soon as the handshake is done", Point::under_tls, nothing, Act::close_notify, "",
      {1, 1});
  add("plain-under-tls", "plain text when the handshake is done", Point::under_tls, nothing, Act::beneath_tls,
      "250 2.0.0 Ok\r\n", {1, 1});
  add("garbage-under-tls", "a broken record when the handshake is done", Point::under_tls, nothing, Act::beneath_tls,
      std::string("\x17\x03\x03\x00\x20", 5) + garbage(32), {1, 1});
  for (Behaviour& behaviour : all)
    if (behaviour.name.empty()) {
      std::string code = behaviour.octets;
      std::replace_if(
          code.begin(), code.end(), [](char c) { return static_cast<unsigned char>(c) > 127; }, 'x');
      behaviour.name = "code-" + code;
    }
}

std::vector<Behaviour> made() {
  std::vector<Behaviour> all;
  add_ends(all);
  add_floods(all);
  add_words(all);
  return all;
}

}  // namespace

std::string_view name(Point point) {
  for (const auto& [known, word] : point_names)
    if (known == point) return word;
  return {};
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

bool concerns_tls(const Behaviour& behaviour) {
  return behaviour.point == Point::handshake || behaviour.point == Point::under_tls;
}

std::vector<Behaviour> behaviours_named(std::string_view name) {
  std::vector<Behaviour> named;
  const bool any = name.ends_with("-any");
  const std::string_view way = name.substr(0, name.find('-') + 1);
  for (const Behaviour& one : behaviours())
    if (any ? one.is_end && one.name.starts_with(way) : one.name == name) named.push_back(one);
  return named;
}

std::vector<std::pair<std::string, std::string>> ends_in_turn() {
  std::vector<std::pair<std::string, std::string>> all;
  for (const EndOfSession& end : ends_of_session)
    all.emplace_back(fmt::format("{}-any", end.name), fmt::format("{} at another moment in each session", end.what));
  return all;
}

}  // namespace smtpspec::hostile
