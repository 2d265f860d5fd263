#include "fuzz/session/session_input.hpp"

#include <catch2/catch_test_macros.hpp>

#include "harness/scenario/loader.hpp"
#include "harness/scenario/writer.hpp"

namespace smtpspec::fuzz {
namespace {

using scenario::Send;

const Send& send_of(const scenario::Scenario& one, std::size_t step) {
  return std::get<Send>(one.steps.at(step).action);
}

TEST_CASE("Each kind of line") {
  const auto one = decode(
      "= rcpt\n> DATA\\r\\n\n+ NOOP\\r\\n\n. QUIT\\r\\n\nM {header}text\\r\\n\nC 99 text\nL text\nP "
      "70\nT\nN\nH\nR\nX\nU NOOP\\r\\n\n"
      "A PLAIN\n@\n> NOOP\\r\\n\n@\nVRFY x");
  CHECK(one.from == scenario::Ladder::rcpt);
  REQUIRE(one.steps.size() == 17);
  CHECK(one.steps[0].owed);
  CHECK(!one.steps[1].owed);
  CHECK(send_of(one, 2).cut.each_octet);
  CHECK(send_of(one, 3).framing == Send::Framing::data);
  CHECK(send_of(one, 4).chunk_size == 99U);
  CHECK(send_of(one, 5).last_chunk);
  CHECK(std::get<scenario::Pause>(one.steps[6].action).duration == std::chrono::milliseconds(50));
  CHECK(std::holds_alternative<scenario::Handshake>(one.steps[7].action));
  CHECK(std::holds_alternative<scenario::CloseNotify>(one.steps[8].action));
  CHECK(std::holds_alternative<scenario::HalfClose>(one.steps[9].action));
  CHECK(std::holds_alternative<scenario::Reset>(one.steps[10].action));
  CHECK(std::holds_alternative<scenario::Close>(one.steps[11].action));
  CHECK(send_of(one, 12).beneath_tls);
  CHECK(std::get<scenario::Login>(one.steps[13].action).mechanism == "PLAIN");
  CHECK(std::holds_alternative<scenario::Open>(one.steps[14].action));
  CHECK(one.steps[15].session == one.steps[14].session);
  CHECK(send_of(one, 16).framing == Send::Framing::line);
  CHECK(one.steps[16].session.empty());
}

TEST_CASE("What is no text stands for its octets, and no run is without end") {
  CHECK(send_of(decode("> {no such hole}"), 0).octets == scenario::literal("{no such hole}"));
  CHECK(send_of(decode("> {unknown}"), 0).octets == scenario::literal("{unknown}"));
  CHECK(send_of(decode("> {a*99999999}"), 0).octets == scenario::literal("{a*99999999}"));
  CHECK(send_of(decode("> {a*512}"), 0).octets.pieces.front().count == 512);
  CHECK(decode("").steps.size() == 1);  // the greeting is awaited
  CHECK(decode(std::string(1000, '\n')).steps.size() == most_actions);
}

TEST_CASE("What the first session is owed is awaited in it, whatever the other one does last") {
  const auto one = decode("> NOOP\\r\\n\n+ RSET\\r\\n\n@\n> NOOP\\r\\n\n");
  CHECK(one.steps.back().session.empty());
  CHECK(one.steps.back().owed);
  CHECK(std::holds_alternative<scenario::Await>(one.steps.back().action));
}

TEST_CASE("A session is the same again when it is written and read") {
  const std::string input =
      "= mail\n> RCPT TO:<{accepted}>\\r\\n\n> DATA\\r\\n\nm {header}text\\r\\n\n+ NOOP\\r\\n\nC 9 text\nL \nT\n@\nA "
      "PLAIN\n@\n> \\x00\\r\\n\n";
  const auto one = decode(input);
  const auto again = encode(one);
  REQUIRE(again);
  CHECK(decode(*again).steps == one.steps);
  CHECK(encode(decode(*again)) == again);
}

TEST_CASE("What is cut at some offsets is an input that is cut at each octet") {
  auto one = decode("> NOOP\\r\\n\nM text\n");
  std::get<Send>(one.steps[0].action).cut.at = {2, -1};
  std::get<Send>(one.steps[1].action).cut.pause = std::chrono::milliseconds(50);
  CHECK(encode(one).value_or("") == "= greeted\n. NOOP\\r\\n\nm text\n");
}

TEST_CASE("Whatever is played can be written as a scenario file") {
  for (const char* const input :
       {"= data\n> text\\n.\\n", "A PLAIN\nH\n", "@\n> NOOP\\r\\n\n", "C 5 abc\nP 5\nN\nU x"}) {
    const auto one = decode(input);
    scenario::Scenario with_id = one;
    with_id.id = with_id.family = "session";
    with_id.title = "T";
    with_id.requirements = {"rfc5321/4.2/one-reply-to-each-command"};
    const std::string file = scenario::to_toml(with_id);
    INFO(file);
    CHECK(file.find(input[0] == 'C' || input[0] == '@' || input[0] == '=' || input[0] == 'A' ? "owed" : "") !=
          std::string::npos);
  }
}

}  // namespace
}  // namespace smtpspec::fuzz
