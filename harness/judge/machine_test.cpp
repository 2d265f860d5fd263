// The machine driven by hand: what it asks for, and that it comes to an end whatever it is told.
#include "harness/judge/machine.hpp"

#include <algorithm>
#include <functional>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "harness/judge/transcript_test.hpp"
#include "harness/smtp/base64.hpp"

namespace smtpspec::judge {
namespace {

using record::Event;
using record::Party;
using std::chrono::milliseconds;
using Kind = Action::Kind;

/// A server that is a function, and a clock that goes on while the machine waits.
class Hand {
 public:
  /// What the server says to what one write has sent; "" is said to a new connection.
  using Says = std::function<std::string(const std::string& sent)>;

  Hand(const scenario::Scenario& scenario, Says says, const record::Terms& terms = {})
      : machine(scenario, terms, values(), "mx.example.test"), says_(std::move(says)) {}

  /// Until it is done, or has asked for too much.
  Hand& run(std::size_t most = 100000) {
    while (asked.size() < most) {
      const Action& action = machine.next();
      asked.push_back(action.kind);
      if (action.kind == Kind::done) break;
      carry_out(action);
    }
    REQUIRE(asked.back() == Kind::done);
    CHECK(machine.next().kind == Kind::done);  // and stays so
    return *this;
  }

  Machine machine;
  std::vector<Kind> asked;
  std::string sent;
  milliseconds drips{0};  ///< the time between two octets of the server's, where it does not say all at once
  bool no_tls = false;
  record::Time now{0};

 private:
  static Values values() {
    scenario::Target target;
    target.mail.accepts = {"alice@example.test"};
    target.auth = scenario::Target::Auth{"alice", "open-sesame"};
    return {target, "t0123456789abcdef", ""};
  }

  void carry_out(const Action& action) {
    switch (action.kind) {
      case Kind::open:
        take(action, Event::Kind::connected, Party::client);
        pending_ = says_("");
        break;
      case Kind::step: take(action, Event::Kind::step, Party::client); break;
      case Kind::write:
        sent += action.octets;
        pending_ += says_(std::string(action.octets));
        take(action, Event::Kind::octets, Party::client, std::string(action.octets));
        break;
      case Kind::wait: wait(action); break;
      case Kind::handshake:
        take(action, no_tls ? Event::Kind::tls_failed : Event::Kind::tls_started, Party::client);
        break;
      case Kind::close_notify: take(action, Event::Kind::close_notify, Party::client); break;
      case Kind::half_close: take(action, Event::Kind::half_closed, Party::client); break;
      case Kind::reset: take(action, Event::Kind::reset, Party::client); break;
      case Kind::close: take(action, Event::Kind::closed, Party::client); break;
      case Kind::ask_deliveries: machine.take({}, true); break;
      case Kind::done: break;
    }
  }

  void wait(const Action& action) {
    REQUIRE(action.until > now);
    if (!pending_.empty() && now + drips < action.until) {
      now += drips;
      const std::size_t size = drips.count() > 0 ? 1 : pending_.size();
      take(action, Event::Kind::octets, Party::server, pending_.substr(0, size));
      pending_.erase(0, size);
    } else {
      now = action.until;
      take(action, Event::Kind::waited, Party::server);
    }
  }

  void take(const Action& action, Event::Kind kind, Party by, std::string octets = "") {
    Event event;
    event.kind = kind;
    event.by = by;
    event.at = now;
    event.session = action.session;
    event.step = action.step;
    event.octets = std::move(octets);
    machine.take(event);
  }

  Says says_;
  std::string pending_;  ///< of the session that is talked to
};

std::string honest(const std::string& sent) {
  if (sent.empty()) return "220 mx\r\n";
  if (sent == "QUIT\r\n") return "221 Bye\r\n";
  if (sent == "DATA\r\n") return "354 Go\r\n";
  if (sent.starts_with("HELP")) return "214 Help\r\n";
  return "250 Ok\r\n";
}

TEST_CASE("what is asked for, in order") {
  const auto scenario = scenario_of(R"(steps = [ { send = "HELP", expect = "214" } ])");
  Hand hand(scenario, honest);
  hand.run();
  CHECK(hand.asked == std::vector<Kind>{Kind::open, Kind::step, Kind::wait, Kind::write, Kind::wait,  // greeted
                                        Kind::step, Kind::write, Kind::wait,                          // HELP
                                        Kind::step, Kind::write, Kind::wait, Kind::step, Kind::write, Kind::wait,
                                        Kind::wait,  // whether more comes after QUIT
                                        Kind::close, Kind::done});
  CHECK(hand.sent == "EHLO client.example\r\nHELP\r\nNOOP\r\nQUIT\r\n");
  CHECK(hand.machine.judged().verdict.outcome == Outcome::pass);
  CHECK(hand.machine.judged().fence_replies == 2);
  CHECK(hand.machine.to_the_end());
}

TEST_CASE("under implicit TLS the handshake comes first, and where it fails nothing was asked") {
  const auto scenario = scenario_of(R"(fence = false
steps = [ { send = "HELP", expect = "214" } ])");
  record::Terms terms;
  terms.implicit_tls = true;
  terms.starttls = true;
  Hand hand(scenario, honest, terms);
  hand.run();
  CHECK(hand.asked[2] == Kind::handshake);
  CHECK(std::count(hand.asked.begin(), hand.asked.end(), Kind::handshake) == 1);
  CHECK(hand.machine.judged().verdict.outcome == Outcome::pass);
  Hand fails(scenario, honest, terms);
  fails.no_tls = true;
  CHECK(fails.run().machine.judged().verdict.outcome == Outcome::blocked);
  CHECK(fails.machine.judged().verdict.cause == Cause::ladder);
  CHECK(fails.sent == "");
}

TEST_CASE("octets are cut as the scenario says, and what comes in the gaps is read") {
  const auto scenario = scenario_of(R"(fence = false
steps = [ { bytes = 'HELP\r\n', cut = [2], gap = "20ms", expect = "214" } ])");
  Hand hand(scenario, [](const std::string& sent) { return sent == "HE" ? "214 Early\r\n" : honest(sent); });
  hand.run();
  CHECK(hand.machine.judged().verdict.outcome == Outcome::pass);
  CHECK(std::count(hand.asked.begin(), hand.asked.end(), Kind::write) == 3);
  CHECK(hand.now >= milliseconds(20));
}

TEST_CASE("a silence lasts as long as it must, and a reply ends a wait") {
  const auto scenario = scenario_of(R"(steps = [ { bytes = 'HEL', expect = "silence", wait = "3s" } ])");
  Hand silent(scenario, [](const std::string& sent) { return sent == "HEL" ? "" : honest(sent); });
  CHECK(silent.run().machine.judged().verdict.outcome == Outcome::pass);
  CHECK(silent.now >= milliseconds(3000));
  CHECK(silent.now < milliseconds(5000));
  Hand talks(scenario, [](const std::string& sent) { return sent == "HEL" ? "500 What\r\n" : honest(sent); });
  CHECK(talks.run().machine.judged().verdict.cause == Cause::early_reply);
  CHECK(talks.now < milliseconds(1000));
}

TEST_CASE("a session that is silent is asked whether it still answers, and its fence is played") {
  const auto scenario = scenario_of(R"(steps = [ { send = "HELP", expect = "214" } ])");
  Hand alive(scenario, [](const std::string& sent) { return sent == "HELP\r\n" ? "" : honest(sent); });
  CHECK(alive.run().machine.judged().verdict.cause == Cause::silence);
  CHECK_FALSE(alive.machine.judged().verdict.missing);
  CHECK(alive.sent.ends_with("HELP\r\nNOOP\r\nQUIT\r\n"));
  Hand dead(scenario, [](const std::string& sent) { return sent.empty() || sent[0] == 'E' ? honest(sent) : ""; });
  CHECK(dead.run().machine.judged().verdict.cause == Cause::hang);
  CHECK(dead.machine.judged().verdict.missing);
  CHECK(dead.sent.ends_with("HELP\r\nNOOP\r\n"));
}

TEST_CASE("a long wait is as much longer than the usual one as it would be with the usual patience") {
  const auto scenario = scenario_of(R"(fence = false
steps = [ { send = "HELP", wait = "20s", expect = "214" } ])");
  const Hand::Says silent = [](const std::string& sent) { return sent[0] == 'E' || sent.empty() ? honest(sent) : ""; };
  record::Terms terms;
  terms.patience.reply = milliseconds(500);
  Hand hand(scenario, silent, terms);
  hand.run();
  CHECK(hand.now >= milliseconds(1000));  // for HELP
  CHECK(hand.now <= milliseconds(1600));  // and for NOOP
}

TEST_CASE("a short wait for a reply is as long as the patience where that is more than usual") {
  const auto scenario = scenario_of(R"(fence = false
steps = [ { send = "HELP", wait = "1s", expect = "214" } ])");
  const Hand::Says silent = [](const std::string& sent) { return sent[0] == 'E' || sent.empty() ? honest(sent) : ""; };
  record::Terms terms;
  for (const auto& [patience, least] : {std::pair{10000, 1000}, std::pair{24000, 24000}}) {
    terms.patience.reply = milliseconds(patience);
    Hand hand(scenario, silent, terms);
    hand.run();
    CHECK(hand.now >= milliseconds(least));
    CHECK(hand.now <= milliseconds(least + 5100));  // and for NOOP
  }
}

TEST_CASE("after a refusal the close is looked for, and only there") {
  const auto scenario = scenario_of(R"(steps = [ { send = "HELP", expect = "xyz" } ])");
  for (const bool refuses : {false, true}) {
    Machine machine(scenario, {}, Values(Script().transcript().values), "");
    std::vector<milliseconds> listens;
    const char* const replies[] = {"220 mx\r\n", "250 mx\r\n", refuses ? "502 No\r\n" : "214 Help\r\n", "250 Ok\r\n"};
    Event event;
    for (std::size_t reply = 0; reply < 4;) {
      const Action action = machine.next();
      REQUIRE(action.kind != Kind::done);
      event.kind =
          only_event(action.kind).value_or(action.kind == Kind::open ? Event::Kind::connected : Event::Kind::octets);
      event.by = action.kind == Kind::wait ? Party::server : Party::client;
      event.octets = action.kind == Kind::wait ? replies[reply++] : std::string(action.octets);
      event.step = action.step;
      event.at += milliseconds(30);
      if (action.kind == Kind::write) listens.push_back(action.listen);
      machine.take(event);
    }
    const milliseconds looked(refuses ? 30 : 0);  // as long as the refusal took
    CHECK(listens == std::vector<milliseconds>{milliseconds(0), milliseconds(0), looked});
  }
}

TEST_CASE("what is owed is awaited, whatever it is, and no more than that") {
  const auto scenario = scenario_of(R"(steps = [
    { send = "HELP", replies = "owed" },
    { bytes = 'NOOP\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.example>\r\n', replies = "owed" },
    { send = "DATA", replies = "owed" },
    { send = "text", replies = "owed" },
    { send = ".", replies = "owed" },
  ])");
  const auto says = [](const std::string& sent) -> std::string {
    if (sent.starts_with("NOOP\r\nMAIL")) return "250 a\r\n250 b\r\n250 c\r\n";
    return sent == "text\r\n" ? "" : honest(sent);
  };
  Hand hand(scenario, says);
  CHECK(hand.run().machine.judged().verdict.outcome == Outcome::pass);
  CHECK(hand.machine.to_the_end());
  CHECK(hand.machine.judged().fence_replies == 1);  // NOOP alone
  CHECK(hand.now == record::Time(0));               // for nothing was waited that did not come

  Hand silent(scenario, [&](const std::string& sent) { return sent == ".\r\n" ? "" : says(sent); });
  CHECK(silent.run().machine.judged().verdict.cause == Cause::silence);
  Hand one_less(scenario, [&](const std::string& sent) {
    return sent.starts_with("NOOP\r\nMAIL") ? std::string("250 a\r\n250 b\r\n") : says(sent);
  });
  CHECK(one_less.run().machine.judged().verdict.cause == Cause::silence);
}

TEST_CASE("where it is not known what is owed, what comes is taken, and no fence is played") {
  const auto scenario = scenario_of(R"(steps = [ { bytes = 'NOOP\nNOOP\n', replies = "owed" } ])");
  for (const char* const reply : {"", "250 a\r\n250 b\r\n", "500 No\r\n"}) {
    Hand hand(scenario, [&](const std::string& sent) { return sent.starts_with("NOOP\n") ? reply : honest(sent); });
    CHECK(hand.run().machine.judged().verdict.outcome == Outcome::pass);
    CHECK(hand.sent == "EHLO client.example\r\nNOOP\nNOOP\n");
  }
}

TEST_CASE("a scenario that would never end is ended by its time") {
  const std::string endless[] = {
      R"(timeout = "5s"
steps = [ { pause = "60m" } ])",
      R"(timeout = "5s"
steps = [ { expect = "silence", wait = "60m" } ])",
      R"(timeout = "5s"
steps = [ { bytes = '{x*100000}', cut = "each", gap = "1s", expect = "250" } ])",
      R"(timeout = "5s"
steps = [ { send = "HELP", expect = "214 close", wait = "60m" } ])",
  };
  for (const std::string& words : endless) {
    INFO(words);
    const auto scenario = scenario_of(words);
    Hand hand(scenario, honest);
    CHECK(hand.run().machine.judged().verdict.outcome == Outcome::inconclusive);
    CHECK(hand.machine.judged().verdict.cause == Cause::time_out);
    CHECK(hand.machine.judged().verdict.missing);
    CHECK(hand.now <= milliseconds(6000));
  }
}

TEST_CASE("a server that drips keeps nobody longer than the scenario's time") {
  const auto scenario = scenario_of(R"(steps = [ { send = "HELP", expect = "214" } ])");
  record::Terms terms;
  terms.patience.reply = milliseconds(100000);
  Hand hand(
      scenario,
      [](const std::string& sent) { return sent == "HELP\r\n" ? "214 " + std::string(10000, 'x') : honest(sent); },
      terms);
  hand.drips = milliseconds(50);
  CHECK(hand.run().machine.judged().verdict.outcome == Outcome::inconclusive);
  CHECK(hand.machine.judged().verdict.cause == Cause::time_out);
  CHECK(hand.now <= terms.patience.scenario + milliseconds(1000));
}

TEST_CASE("a server that sends without end is left") {
  const auto scenario = scenario_of(R"(steps = [ { send = "HELP", expect = "214" } ])");
  for (const char octet : {'x', '\n'}) {
    Hand hand(scenario, [&](const std::string& sent) {
      return sent == "HELP\r\n" ? "214-" + std::string(record::max_octets_received, octet) : honest(sent);
    });
    hand.run(1000);
    CHECK(hand.machine.judged().verdict.outcome != Outcome::pass);
    CHECK(std::count(hand.asked.begin(), hand.asked.end(), Kind::close) == 1);
  }
}

TEST_CASE("a server that asks for more iterations than we are ready for is not accused") {
  const auto scenario = scenario_of(R"(steps = [ { login = "SCRAM-SHA-256", expect = "235" } ])");
  Hand hand(scenario, [](const std::string& sent) {
    const std::string auth = "AUTH SCRAM-SHA-256 ";
    if (!sent.starts_with(auth)) return sent == "*\r\n" ? std::string("501 Cancelled\r\n") : honest(sent);
    const std::string first = *smtp::base64_decode(sent.substr(auth.size(), sent.size() - auth.size() - 2));
    return "334 " + smtp::base64_encode(first.substr(first.find("r=")) + "more,s=c2FsdA==,i=1000001") + "\r\n";
  });
  hand.run();
  CHECK(hand.sent.find("*\r\n") != std::string::npos);
  CHECK(hand.machine.judged().verdict.outcome == Outcome::blocked);
  CHECK(hand.machine.judged().verdict.reason == "the server asks for too many iterations");
}

TEST_CASE("what must not be written down is known") {
  const auto scenario = scenario_of(R"(steps = [ { login = "PLAIN", expect = "235" },
      { send = 'AUTH PLAIN {base64:\0{user}\0{password}}', expect = "503" } ])");
  Hand hand(scenario, [](const std::string& sent) {
    if (sent.starts_with("AUTH")) return std::string(sent.size() > 40 ? "235 In\r\n" : "503 Again\r\n");
    return honest(sent);
  });
  hand.run();
  const auto& secrets = hand.machine.secrets();
  CHECK(std::find(secrets.begin(), secrets.end(), "open-sesame") != secrets.end());
  std::size_t masked = 0;
  for (const std::string& secret : secrets) masked += hand.sent.find(secret) != std::string::npos ? 1 : 0;
  CHECK(masked > 0);
  for (const auto& [name, value] : hand.machine.values().kept()) CHECK(value.find("open-sesame") == std::string::npos);
}

TEST_CASE("cut off at any place it ends at once, without a pass") {
  const auto scenario = scenario_of(R"(steps = [ { login = "LOGIN", expect = "235" }, { open = "b" },
      { bytes = 'NOOP\r\n', cut = "each", gap = "10ms", expect = "250" }, { pause = "1s" },
      { send = "HELP", expect = "silence" } ]
delivered = { count = 0 })");
  const Hand::Says says = [](const std::string& sent) {
    return sent.starts_with("AUTH")           ? "235 In\r\n"
           : sent == "HELP\r\n"               ? ""
           : sent.size() == 1 && sent != "\n" ? ""
                                              : honest(sent);
  };
  Hand whole(scenario, says);
  whole.run();
  CHECK(whole.machine.judged().verdict.outcome == Outcome::pass);
  for (std::size_t actions = 0; actions < whole.asked.size() - 2; ++actions) {
    Machine machine(scenario, {}, Values({}), "");
    INFO(actions);
    std::size_t number = 0;
    for (; number < actions && machine.next().kind != Kind::done; ++number) {
      Event event;  // of no use to anybody
      event.kind = Event::Kind::waited;
      event.at = milliseconds(number);
      machine.take(event);
    }
    machine.cut_off();
    if (machine.next().kind == Kind::ask_deliveries) machine.take({}, true);
    CHECK(machine.next().kind == Kind::done);
    CHECK(machine.judged().verdict.outcome != Outcome::pass);
  }
}

}  // namespace
}  // namespace smtpspec::judge
