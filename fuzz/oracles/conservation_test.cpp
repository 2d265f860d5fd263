#include "fuzz/oracles/conservation.hpp"

#include <catch2/catch_test_macros.hpp>

#include "harness/judge/transcript_test.hpp"

namespace smtpspec::fuzz {
namespace {

using judge::Script;
using Arrived = ArrivedMail::Message;

const std::string token = "t0123456789abcdef";
const std::string mail = "MAIL FROM:<sender+t0123456789abcdef@client.example>\r\n";
const std::string rcpt = "RCPT TO:<alice@example.test>\r\n";

Script transaction() { return Script().greeted().sends(mail).says("250 OK\r\n").sends(rcpt).says("250 OK\r\n"); }
Script message(const std::string& content) {
  return transaction().sends("DATA\r\n").says("354 Go\r\n").sends(content + ".\r\n").says("250 OK\r\n");
}
AcceptedMail accepted(const Script& script) { return accepted_in(script.transcript(), {"alice@example.test"}); }

std::vector<std::string> wrong(const AcceptedMail& accepted, const std::vector<Arrived>& arrived) {
  std::vector<std::string> causes;
  for (const Breach& one : breaches_of_mail(accepted, arrived, true, {true})) causes.push_back(one.cause);
  return causes;
}
using Causes = std::vector<std::string>;

TEST_CASE("What a session had accepted, dot-stuffing undone, chunks joined") {
  const auto one = accepted(message("A: b\r\n\r\n..text\r\n"));
  REQUIRE(one.messages.size() == 1);
  CHECK(one.known);
  CHECK(one.messages[0].content == "A: b\r\n\r\n.text\r\n");
  CHECK(one.messages[0].recipients == 1);
  CHECK(one.messages[0].plain);

  const auto chunks = accepted(Script()
                                   .on("")
                                   .says("220 x\r\n")
                                   .sends("EHLO c\r\n")
                                   .says("250-x\r\n250 CHUNKING\r\n")
                                   .sends(mail + rcpt + "BDAT 6\r\nA: b\r\nBDAT 2 LAST\r\n\r\n")
                                   .says("250 a\r\n250 b\r\n250 c\r\n250 d\r\n"));
  REQUIRE(chunks.messages.size() == 1);
  CHECK(chunks.messages[0].content == "A: b\r\n\r\n");
}

TEST_CASE("What cannot be known is no matter of conservation") {
  CHECK(!accepted(message("A: b\r\n\r\n>From here\r\n")).messages[0].plain);  // an mbox quotes it, or not
  const auto passed_by = [](int hosts) {
    std::string header;
    for (int i = 0; i < hosts; ++i) header += "RECEIVED: by a\r\n";
    return accepted(message(header + "A: b\r\n\r\ntext\r\n"));
  };
  CHECK(passed_by(19).known);
  CHECK(!passed_by(20).known);                     // it may go in circles
  CHECK(!accepted(message("a\n.\nb\r\n")).known);  // perhaps the data ended there, for this server
  CHECK(!accepted(Script()
                      .greeted()
                      .sends("MAIL FROM:<>\r\n")
                      .says("250 OK\r\n")
                      .sends(rcpt)
                      .says("250 OK\r\n")
                      .sends("DATA\r\n")
                      .says("354 Go\r\n")
                      .sends("x\r\n.\r\n")
                      .says("250 OK\r\n"))
             .known);
  CHECK(!accepted(transaction()
                      .sends("RCPT TO:<Postmaster>\r\n")
                      .says("250 OK\r\n")
                      .sends("DATA\r\n")
                      .says("354 Go\r\n")
                      .sends("x\r\n.\r\n")
                      .says("250 OK\r\n"))
             .known);
  CHECK(wrong(accepted(message("a\n.\nb\r\n")), {}).empty());
  // Of what comes after a wait that was in vain nobody knows for certain what it answers.
  const auto recipient_after = [](std::chrono::milliseconds wait) {
    Script script = Script().greeted().sends(mail).says("250 OK\r\n").sends(rcpt);
    if (wait.count() > 0) script.waits(wait);
    return accepted(script.says("250 OK\r\n")
                        .sends("DATA\r\n")
                        .says("354 Go\r\n")
                        .sends("A: b\r\n\r\ntext\r\n.\r\n")
                        .says("250 OK\r\n"));
  };
  CHECK(recipient_after(std::chrono::milliseconds(0)).known);
  CHECK(!recipient_after(std::chrono::milliseconds(20)).known);
  // A message may be kept or sent back as its sender has asked.
  for (const char* const parameter : {"REQUIRETLS", "by=120;R", "HOLDFOR=3600"}) {
    const std::string asks = mail.substr(0, mail.size() - 2) + " " + parameter + "\r\n";
    Script script = Script().greeted().sends(asks).says("250 OK\r\n").sends(rcpt).says("250 OK\r\n").sends("DATA\r\n");
    CHECK(!accepted(script.says("354 Go\r\n").sends("A: b\r\n\r\ntext\r\n.\r\n").says("250 OK\r\n")).known);
  }
  for (const char* const mended : {"a\nb\r\n", "A: b\r\nno field\r\n\r\nx\r\n", "A: b\r\n..\r\n\r\nx\r\n", "A: b\r\n"})
    CHECK(wrong(accepted(message(mended)), {{"something else\r\n", 1}}).empty());
  CHECK(wrong(accepted(message("A: b\r\n c\r\nD:\r\n\r\nx\r\n")), {{"A: b\r\n\r\ny\r\n", 1}}) ==
        Causes{"mail/changed"});
}

TEST_CASE("Whose a path is that two readers take for two is not known") {
  for (const char* const two : {"RCPT TO:<Postmaster> <alice@example.test>\r\n", "RCPT TO:<x> <alice@example.test>\r\n",
                                "RCPT TO:<@a.example:alice@example.test>\r\n", "RCPT TO:x<alice@example.test>\r\n"}) {
    CAPTURE(two);
    const Script script = Script().greeted().sends(mail).says("250 OK\r\n").sends(two).says("250 OK\r\n");
    CHECK(!accepted(
               Script(script).sends("DATA\r\n").says("354 Go\r\n").sends("A: b\r\n\r\nx\r\n.\r\n").says("250 OK\r\n"))
               .known);
  }
  for (const char* const one :
       {"rcpt to: <alice@example.test> NOTIFY=NEVER\r\n", "RCPT TO:<alice@example.test> \r\n"}) {
    CAPTURE(one);
    const Script script = Script().greeted().sends(mail).says("250 OK\r\n").sends(one).says("250 OK\r\n");
    CHECK(
        accepted(Script(script).sends("DATA\r\n").says("354 Go\r\n").sends("A: b\r\n\r\nx\r\n.\r\n").says("250 OK\r\n"))
            .messages.size() == 1);
  }
}

TEST_CASE("A message for nobody is owed to nobody") {
  const auto one = accepted(Script()
                                .greeted()
                                .sends(mail + "RCPT TO:<nobody@example.test>\r\nDATA\r\n")
                                .says("250 a\r\n550 No\r\n354 Go\r\n")
                                .sends("A: b\r\n\r\ntext\r\n.\r\n")
                                .says("250 Ok\r\n"));
  CHECK(one.known);
  CHECK(one.any_sent);
  CHECK(one.messages.empty());
  const Script again = transaction().sends(mail + "DATA\r\n").says("250 a\r\n354 Go\r\n");
  CHECK(!accepted(Script(again).sends("A: b\r\n\r\ntext\r\n.\r\n").says("250 Ok\r\n")).known);
}

TEST_CASE("Who leaves when all was answered has left nothing unknown") {
  CHECK(accepted(message("A: b\r\n\r\ntext\r\n").client_closed()).known);
  CHECK(!accepted(transaction().sends("DATA\r\n").says("354 Go\r\n").sends("A: b\r\n").client_closed()).known);
  CHECK(!accepted(transaction().sends("NOOP\r\n").client_closed()).known);
}

TEST_CASE("A stuffed line of one period is text, wherever it stands") {
  const auto one = accepted(message("A: b\r\n\r\n..\r\n..\r\nx\r\n..\r\n"));
  REQUIRE(one.messages.size() == 1);
  CHECK(one.known);
  CHECK(one.messages[0].plain);
  CHECK(one.messages[0].content == "A: b\r\n\r\n.\r\n.\r\nx\r\n.\r\n");
  CHECK(wrong(one, {{"A: b\r\n\r\nx\r\n", 1}}) == Causes{"mail/changed"});
}

TEST_CASE("In LMTP each recipient has a reply of its own") {
  const auto lmtp = [](const std::string& replies) {
    const std::string more = "RCPT TO:<alice@example.test>\r\n";
    return accepted(Script()
                        .lmtp()
                        .on("")
                        .says("220 x\r\n")
                        .sends("LHLO c\r\n")
                        .says("250 x\r\n")
                        .sends(mail + rcpt + more)
                        .says("250 a\r\n250 b\r\n250 c\r\n")
                        .sends("DATA\r\n")
                        .says("354 Go\r\n")
                        .sends("A: b\r\n\r\ntext\r\n.\r\n")
                        .says(replies));
  };
  const auto both = lmtp("250 a\r\n250 b\r\n");
  REQUIRE(both.messages.size() == 1);
  CHECK(both.known);
  CHECK(both.messages[0].recipients == 2);
  CHECK(wrong(both, {}) == Causes{"mail/lost"});
  CHECK(wrong(both, {{"A: b\r\n\r\ntext\r\n", 1}, {"A: b\r\n\r\ntext\r\n", 1}}).empty());
  const auto none = lmtp("550 a\r\n550 b\r\n");
  CHECK(none.known);
  CHECK(wrong(none, {{"A: b\r\n\r\ntext\r\n", 1}}) == Causes{"mail/without-250"});
  CHECK(!lmtp("250 a\r\n450 b\r\n").known);
}

TEST_CASE("Lost, doubled, changed, without 250") {
  const auto one = accepted(message("A: b\r\n\r\ntext\r\n"));
  CHECK(wrong(one, {{"Received: x\r\nA: b\r\n\r\ntext\r\n", 1}}).empty());
  CHECK(wrong(one, {}) == Causes{"mail/lost"});
  CHECK(wrong(one, {{"A: b\r\n\r\ntext\r\n", 1}, {"A: b\r\n\r\ntext\r\n", 1}}) == Causes{"mail/doubled"});
  CHECK(wrong(one, {{"A: b\r\n\r\ntaxt\r\n", 1}}) == Causes{"mail/changed"});
  const auto none = accepted(transaction().sends("DATA\r\n").says("354 Go\r\n").sends("x\r\n.\r\n").says("554 No\r\n"));
  CHECK(none.any_sent);
  CHECK(wrong(none, {{"x\r\n", 1}}) == Causes{"mail/without-250"});
  CHECK(wrong(accepted(message("A: b\r\n\r\n\x80\r\n")), {{"A: b\r\n\r\n?\r\n", 1}}).empty());
}

TEST_CASE("For each recipient that was accepted, and for nobody else, where names are known") {
  const std::string sent = "A: b\r\n\r\ntext\r\n";
  const auto both = accepted_in(transaction()
                                    .sends("RCPT TO:<bob@example.test>\r\n")
                                    .says("250 OK\r\n")
                                    .sends("DATA\r\n")
                                    .says("354 Go\r\n")
                                    .sends(sent + ".\r\n")
                                    .says("250 OK\r\n")
                                    .transcript(),
                                {"alice@example.test", "bob@example.test", "carol@example.test"});
  const auto is_wrong = [&](const std::vector<std::vector<std::string>>& copies, bool all_came = true,
                            const std::set<std::string>& known = {"mailbox 1", "mailbox 2"}) {
    std::vector<Arrived> arrived;
    for (const auto& mailboxes : copies) arrived.push_back({sent, mailboxes.size(), {}, mailboxes});
    const auto breaches = breaches_of_mail(both, arrived, all_came, {true, known});
    return !breaches.empty() && breaches.front().cause == mail_to_others;
  };
  CHECK(!is_wrong({{"mailbox 1", "mailbox 2"}}));
  CHECK(!is_wrong({{"mailbox 2"}, {"mailbox 1"}}));
  CHECK(is_wrong({{"mailbox 2"}}));
  CHECK(!is_wrong({{"mailbox 2"}}, false));  // the other may be under way
  CHECK(is_wrong({{"mailbox 1", "mailbox 2", "mailbox 3"}}, false));
  CHECK(is_wrong({{"mailbox 1"}, {"<somebody@elsewhere.example>"}}));
  CHECK(!is_wrong({{"mailbox 1"}, {"mailbox 3"}}, true, {"mailbox 1"}));  // perhaps an alias
  CHECK(!is_wrong({{}, {}}));                                             // the road does not tell
}

TEST_CASE("Mail is found by the token of its reverse-path, and the oldest makes room") {
  ArrivedMail arrived;
  arrived.add("bounces-" + token + "=x@client.example", {"text", 1});
  arrived.add("", {"a notification about " + token, 1});
  CHECK(arrived.with(token).size() == 1);
  for (std::size_t i = 0; i <= ArrivedMail::most_tokens; ++i) {
    std::string other = std::to_string(i);
    other = "t" + std::string(16 - other.size(), '0') + other;
    arrived.add(other + "@client.example", {"text", 1});
  }
  CHECK(arrived.with(token).empty());
}

}  // namespace
}  // namespace smtpspec::fuzz
