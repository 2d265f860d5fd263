#include "fuzz/campaign/reply_pace.hpp"

#include <catch2/catch_test_macros.hpp>

#include "fuzz/session/session_input.hpp"

namespace smtpspec::fuzz {
namespace {

using std::chrono::milliseconds;

/// A conversation in which each command is answered so many milliseconds later.
record::Transcript conversation(const std::vector<std::pair<std::string, int>>& commands) {
  record::Transcript transcript;
  record::Time now{0};
  for (const auto& [command, takes] : commands) {
    record::Event event;
    event.kind = record::Event::Kind::octets;
    event.by = record::Party::client;
    event.at = now;
    event.octets = command;
    transcript.events.push_back(event);
    now += milliseconds(takes);
    event.by = record::Party::server;
    event.at = now;
    event.octets = "250 OK\r\n";
    transcript.events.push_back(event);
  }
  return transcript;
}

TEST_CASE("Each command is waited for by its own history") {
  ReplyPace pace;
  pace.learn(conversation({{"NOOP\r\n", 1}, {"MAIL FROM:<>\r\n", 40}, {"text\r\n.\r\n", 300}}));
  auto session = decode("> NOOP\\r\\n\n> NOOP\\r\\nMAIL FROM:<a@b>\\r\\n\nM text\n> VRFY a\\r\\n\n");
  pace.set(session);
  CHECK(session.steps[0].within == milliseconds(250));  // no less
  CHECK(session.steps[1].within == milliseconds(400));  // the last of a group
  CHECK(session.steps[2].within == milliseconds(3000));
  CHECK(!session.steps[3].within);  // nothing is known
  CHECK(pace.waits().reply == milliseconds(3000));
}

TEST_CASE("What was slow once is forgotten") {
  ReplyPace pace;
  pace.learn(conversation({{"RSET\r\n", 900}}));
  for (int i = 0; i < 1000; ++i) pace.learn(conversation({{"RSET\r\n", 2}}));
  auto session = decode("> RSET\\r\\n\n");
  pace.set(session);
  CHECK(session.steps[0].within < milliseconds(500));
}

TEST_CASE("Where 221 is held back, who says QUIT closes his side at once") {
  const auto closes = [](const ReplyPace& pace, const std::string& input) {
    auto session = decode(input);
    const bool told = pace.leave_at_once(session);
    CHECK(told == (encode(session) != encode(decode(input))));
    return encode(session) != encode(decode(input)) && encode(session)->ends_with("+ QUIT\\r\\n\nH\n");
  };
  ReplyPace quick;
  quick.learn(conversation({{"QUIT\r\n", 2}}));
  ReplyPace slow;
  slow.learn(conversation({{"QUIT\r\n", 200}}));
  CHECK(closes(slow, "> NOOP\\r\\n\n> QUIT\\r\\n\n"));
  CHECK(!closes(quick, "> NOOP\\r\\n\n> QUIT\\r\\n\n"));
  CHECK(closes(slow, "> QUIT\\r\\n\n> NOOP\\r\\n\n"));  // what would follow was never to be heard
  CHECK(!closes(slow, "> NOOP\\r\\n\n"));
  CHECK(!closes(slow, "@\n> QUIT\\r\\n\n"));
  CHECK(slow.holds_221_back() == milliseconds(200));
  CHECK(quick.holds_221_back().count() == 0);
  // A quick 221 after that is no sign that it comes quickly to who waits for it.
  auto left = conversation({{"QUIT\r\n", 1}});
  record::Event close;
  close.kind = record::Event::Kind::half_closed;
  left.events.insert(left.events.begin() + 1, close);
  for (int i = 0; i < 1000; ++i) slow.learn(left);
  CHECK(slow.holds_221_back() == milliseconds(200));
}

}  // namespace
}  // namespace smtpspec::fuzz
