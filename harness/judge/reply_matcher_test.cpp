#include "harness/judge/reply_matcher.hpp"

#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "harness/judge/match.hpp"
#include "harness/judge/transcript_test.hpp"

namespace smtpspec::judge {
namespace {

using Kind = record::Event::Kind;
using Party = record::Party;
using What = Observed::What;

class Feed {
 public:
  Feed& says(const std::string& octets) {
    record::Event event;
    event.kind = Kind::octets;
    event.by = Party::server;
    event.octets = octets;
    matcher.take(event);
    return *this;
  }
  Feed& is(Kind kind, Party by = Party::server) {
    record::Event event;
    event.kind = kind;
    event.by = by;
    matcher.take(event);
    return *this;
  }
  /// `words`: what stands after `expect = `.
  std::optional<Observed> observe(const std::string& words = "\"250\"") {
    return matcher.observe(scenario_of("steps = [ { send = \"x\", expect = " + words + " } ]").steps[0].replies[0]);
  }
  /// Once the wait is over.
  std::optional<Observed> at_last(const std::string& words = "\"250\"") {
    matcher.time_is_over();
    return observe(words);
  }
  ReplyMatcher matcher;
};

TEST_CASE("replies are given in order, however they are cut") {
  const std::string stream = "250-a\r\n250 b\r\n550 c\r\n";
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    INFO(cut);
    Feed feed;
    feed.says(stream.substr(0, cut)).says(stream.substr(cut));
    const auto first = feed.observe();
    const auto second = feed.observe();
    REQUIRE((first && second));
    CHECK(first->reply.bytes() == "250-a\r\n250 b\r\n");
    CHECK(second->reply.code == 550);
    CHECK_FALSE(feed.observe());
  }
}

TEST_CASE("what we say is no reply") {
  record::Event ours;
  ours.kind = Kind::octets;
  ours.octets = "250 a\r\n";
  Feed feed;
  feed.matcher.take(ours);
  CHECK_FALSE(feed.observe());
}

TEST_CASE("whether the server closes after a reply is asked only where it matters") {
  Feed feed;
  feed.says("421 x\r\n");
  CHECK_FALSE(feed.observe("\"421 close\""));
  CHECK(feed.matcher.awaits_close());
  feed.is(Kind::closed);
  const auto closed = feed.observe("\"421 close\"");
  REQUIRE(closed);
  CHECK(closed->what == What::reply);
  CHECK(closed->closed);

  Feed open;
  open.says("421 x\r\n");
  CHECK_FALSE(open.observe("\"421 close\""));
  const auto waited = open.at_last("\"421 close\"");
  REQUIRE(waited);
  CHECK(waited->what == What::reply);
  CHECK_FALSE(waited->closed);
  CHECK_FALSE(open.observe());  // the wait is used up

  Feed other;
  other.says("250 x\r\n");
  CHECK(other.observe("[\"250\", \"421 close\"]"));

  Feed more;  // a further reply: so it did not close after the first
  more.says("421 x\r\n250 y\r\n").is(Kind::closed);
  const auto first = more.observe("\"421 close\"");
  REQUIRE(first);
  CHECK_FALSE(first->closed);

  Feed part;  // nor after it, with a part of another
  part.says("421 x\r\n25").is(Kind::closed);
  const auto before_part = part.observe("\"421 close\"");
  REQUIRE(before_part);
  CHECK_FALSE(before_part->closed);

  Feed ours;  // we left: whether it would have closed is not known
  ours.says("421 x\r\n").is(Kind::closed, Party::client);
  const auto left = ours.observe("\"421 close\"");
  REQUIRE(left);
  CHECK(left->what == What::unknown);
}

TEST_CASE("how a wait without a reply ends") {
  struct Ending {
    Kind kind;
    Party by = Party::server;
  };
  struct Case {
    std::vector<Ending> endings;  ///< none: the time is over
    const char* octets;
    What what;
    bool incomplete;
  };
  const std::vector<Case> cases = {
      {{}, "", What::nothing, false},
      {{}, "25", What::nothing, true},
      {{}, "250-a\r\n", What::nothing, true},
      {{{Kind::closed}}, "", What::closed, false},
      {{{Kind::closed}}, "250 O", What::closed, true},
      {{{Kind::reset}}, "", What::closed, false},
      {{{Kind::refused}}, "", What::closed, false},
      {{{Kind::tls_failed}}, "", What::closed, false},
      {{{Kind::closed, Party::client}}, "", What::unknown, false},
      {{{Kind::reset, Party::client}}, "25", What::unknown, false},
      {{{Kind::closed}, {Kind::closed, Party::client}}, "", What::closed, false},
  };
  for (const Case& one : cases) {
    INFO((one.endings.empty() ? "time" : record::name(one.endings[0].kind)) << " after '" << one.octets << "'");
    Feed feed;
    feed.says(one.octets);
    CHECK_FALSE(feed.observe());
    for (const Ending& ending : one.endings) feed.is(ending.kind, ending.by);
    const auto observed = one.endings.empty() ? feed.at_last() : feed.observe();
    REQUIRE(observed);
    CHECK(observed->what == one.what);
    CHECK(observed->incomplete == one.incomplete);
    if (one.incomplete) CHECK(observed->octets == one.octets);
    CHECK_FALSE(describe(*observed).empty());
    CHECK(feed.matcher.closed() == !one.endings.empty());
  }
}

TEST_CASE("events that say nothing about replies end no wait") {
  Feed feed;
  for (const Kind kind : {Kind::waited, Kind::unsent, Kind::tls_alert, Kind::half_closed}) {
    feed.is(kind);
    CHECK_FALSE(feed.observe());
  }
  // We ended TLS, and the server answers.
  feed.is(Kind::close_notify, Party::client).is(Kind::close_notify);
  CHECK_FALSE(feed.observe());
}

TEST_CASE("a reply that came goes before the end of the connection") {
  Feed feed;
  feed.says("250 a\r\n").is(Kind::closed);
  CHECK(feed.observe()->what == What::reply);
  CHECK(feed.observe()->what == What::closed);
  CHECK(feed.observe()->what == What::closed);
  CHECK(feed.matcher.closed());
}

TEST_CASE("what is given back is observed again") {
  Feed feed;
  feed.says("334 a\r\n235 b\r\n");
  auto challenge = feed.observe();
  REQUIRE(challenge);
  feed.matcher.give_back(std::move(challenge->reply));
  CHECK(feed.observe()->reply.code == 334);
  CHECK(feed.observe()->reply.code == 235);
}

TEST_CASE("discard throws away replies, and keeps a reply under way") {
  Feed feed;
  feed.says("250 a\r\n250 b\r\n250 c");
  feed.matcher.discard();
  CHECK_FALSE(feed.matcher.next_unclaimed());
  feed.says("\r\n");
  const auto reply = feed.matcher.next_unclaimed();
  REQUIRE(reply);
  CHECK(reply->bytes() == "250 c\r\n");
  CHECK_FALSE(feed.matcher.next_unclaimed());
}

TEST_CASE("a reply whose close is waited for is unclaimed, too") {
  Feed feed;
  feed.says("421 a\r\n");
  CHECK_FALSE(feed.observe("\"421 close\""));
  CHECK(feed.matcher.next_unclaimed()->code == 421);
  CHECK_FALSE(feed.matcher.next_unclaimed());
}

TEST_CASE("a server that floods us is not kept") {
  Feed feed;
  feed.says(std::string(ReplyMatcher::max_unclaimed, '\n'));
  CHECK_FALSE(feed.matcher.lost_replies());
  feed.says(std::string(5000, '\n'));
  CHECK(feed.matcher.lost_replies());
  std::size_t count = 0;
  while (feed.matcher.next_unclaimed()) ++count;
  CHECK(count == ReplyMatcher::max_unclaimed);
}

}  // namespace
}  // namespace smtpspec::judge
