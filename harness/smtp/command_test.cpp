#include "harness/smtp/command.hpp"

#include <algorithm>

#include <catch2/catch_test_macros.hpp>

#include "harness/smtp/command_text_test.hpp"
#include "harness/smtp/escape.hpp"

using namespace smtpspec::smtp;
using namespace std::string_literals;
using Kind = CommandError::Kind;
using Ends = LineReader::Ends;

namespace {

const CommandRules plain{};
const CommandRules with_utf8{.utf8 = true, .parameters = true};
const CommandRules after_helo{.utf8 = false, .parameters = false};

Command parsed(std::string_view line, const CommandRules& rules = plain) {
  CAPTURE(escape(line));
  const auto result = parse_command(line, rules);
  const auto* error = std::get_if<CommandError>(&result);
  if (error != nullptr) FAIL("at " << error->error.at << ": " << error->error.message);
  return std::get<Command>(result);
}

CommandError refused(std::string_view line, const CommandRules& rules = plain) {
  CAPTURE(escape(line));
  const auto result = parse_command(line, rules);
  const auto* error = std::get_if<CommandError>(&result);
  if (error == nullptr) FAIL("it was read as a command");
  return *error;
}

std::string mixed_case(std::string text) {
  for (std::size_t i = 0; i < text.size(); i += 2) text[i] = static_cast<char>(text[i] | 0x20);
  return text;
}

constexpr Verb all_verbs[] = {Verb::ehlo, Verb::helo, Verb::lhlo, Verb::mail,     Verb::rcpt,
                              Verb::data, Verb::bdat, Verb::rset, Verb::vrfy,     Verb::expn,
                              Verb::help, Verb::noop, Verb::quit, Verb::starttls, Verb::auth};

}  // namespace

TEST_CASE("verbs are known in any case") {
  for (const Verb verb : all_verbs) {
    const std::string word(name(verb));
    CAPTURE(word);
    CHECK(verb_of(word) == verb);
    CHECK(verb_of(mixed_case(word)) == verb);
    CHECK(verb_of(word + "X") == Verb::unknown);
    CHECK(verb_of(word.substr(1)) == Verb::unknown);
    CHECK(verb_of(" " + word) == Verb::unknown);
  }
  CHECK(verb_of("") == Verb::unknown);
  CHECK(name(Verb::unknown) == "unknown");
}

TEST_CASE("commands of the grammar, in their one form") {
  struct Case {
    std::string line;
    Verb verb;
    std::string canonical;
  };
  const Case cases[] = {
      {"EHLO client.example", Verb::ehlo, "EHLO client.example"},
      {"ehlo [127.0.0.1]", Verb::ehlo, "EHLO [127.0.0.1]"},
      {"EHLO [IPv6:::1]", Verb::ehlo, "EHLO [IPv6:::1]"},
      {"Helo Client.example", Verb::helo, "HELO Client.example"},
      {"HELO [127.0.0.1]", Verb::helo, "HELO [127.0.0.1]"},
      {"LHLO client.example", Verb::lhlo, "LHLO client.example"},
      {"MAIL FROM:<>", Verb::mail, "MAIL FROM:<>"},
      {"mail from:<a@b>", Verb::mail, "MAIL FROM:<a@b>"},
      {"MAIL From:<\"a\"@b> size=1 Body=8BITMIME", Verb::mail, "MAIL FROM:<a@b> SIZE=1 BODY=8BITMIME"},
      {"MAIL FROM:<\"a> b\"@c> RET=HDRS ENVID=x", Verb::mail, "MAIL FROM:<\"a> b\"@c> RET=HDRS ENVID=x"},
      {"MAIL FROM:<@r,@s:a@b> AUTH=<>", Verb::mail, "MAIL FROM:<@r,@s:a@b> AUTH=<>"},
      {"RCPT TO:<a@b>", Verb::rcpt, "RCPT TO:<a@b>"},
      {"rcpt to:<postMASTER>", Verb::rcpt, "RCPT TO:<postMASTER>"},
      {"RCPT TO:<a@b> NOTIFY=NEVER ORCPT=rfc822;a@b", Verb::rcpt, "RCPT TO:<a@b> NOTIFY=NEVER ORCPT=rfc822;a@b"},
      {"data", Verb::data, "DATA"},
      {"BDAT 0", Verb::bdat, "BDAT 0"},
      {"bdat 0010 last", Verb::bdat, "BDAT 10 LAST"},
      {"BDAT 18446744073709551615 LAST", Verb::bdat, "BDAT 18446744073709551615 LAST"},
      {"Rset", Verb::rset, "RSET"},
      {"VRFY alice", Verb::vrfy, "VRFY alice"},
      {"VRFY <alice@example.test>", Verb::vrfy, "VRFY <alice@example.test>"},
      {"EXPN \"a list\"", Verb::expn, "EXPN \"a list\""},
      {"HELP", Verb::help, "HELP"},
      {"help mail", Verb::help, "HELP mail"},
      {"NOOP", Verb::noop, "NOOP"},
      {"noop anything at all", Verb::noop, "NOOP anything at all"},
      {"QUIT", Verb::quit, "QUIT"},
      {"StartTLS", Verb::starttls, "STARTTLS"},
      {"AUTH PLAIN", Verb::auth, "AUTH PLAIN"},
      {"auth scram-sha-256 biwsbj1h", Verb::auth, "AUTH SCRAM-SHA-256 biwsbj1h"},
      {"AUTH EXTERNAL =", Verb::auth, "AUTH EXTERNAL ="},
      {"AUTH PLAIN AGEAYg==", Verb::auth, "AUTH PLAIN AGEAYg=="},
      {"AUTH PLAIN AGEAYmI=", Verb::auth, "AUTH PLAIN AGEAYmI="},
  };
  for (const Case& c : cases) {
    CAPTURE(c.line);
    const Command command = parsed(c.line);
    CHECK(command.verb == c.verb);
    CHECK(verb_of(command.word) == c.verb);
    CHECK(to_string(command) == c.canonical);
    CHECK(to_string(parsed(c.canonical)) == c.canonical);
    CHECK(command.word + (command.argument.empty() ? "" : " " + command.argument) == c.line);
    for (const std::string& trailing : {" "s, "   "s, "\t"s, " \t "s})
      CHECK(to_string(parsed(c.line + trailing)) == c.canonical);
    for (const std::string& trailing : {"\r"s, "\0"s, "\x7f"s, "\xff"s, " \n"s, "\r\n"s}) refused(c.line + trailing);
    refused(" " + c.line);
  }
}

TEST_CASE("the parts of a command are filled") {
  const Command mail = parsed("Mail FROM:<@r:a@b> SIZE=7 SMTPUTF8 ", with_utf8);
  CHECK(mail.word == "Mail");
  CHECK(mail.argument == "FROM:<@r:a@b> SIZE=7 SMTPUTF8");
  CHECK(mail.path.source_route == std::vector<std::string>{"r"});
  CHECK(mail.path.mailbox == Mailbox{"a", "b", false});
  CHECK(mail.parameters == std::vector<Parameter>{{"SIZE", "7"}, {"SMTPUTF8", std::nullopt}});
  CHECK(parsed("MAIL FROM:<>").path.null);
  CHECK(parsed("EHLO [127.0.0.1]").domain == "[127.0.0.1]");
  const Command bdat = parsed("BDAT 86 LAST");
  CHECK(bdat.chunk_size == 86);
  CHECK(bdat.last_chunk);
  CHECK_FALSE(parsed("BDAT 86").last_chunk);
  const Command auth = parsed("AUTH plain =");
  CHECK(auth.mechanism == "PLAIN");
  CHECK(auth.initial_response == "=");
  CHECK_FALSE(parsed("AUTH PLAIN").initial_response);
}

TEST_CASE("lines that are no command, the reason and the place") {
  struct Case {
    std::string line;
    Kind kind;
    std::size_t at;
  };
  const Case cases[] = {
      {"", Kind::unknown_verb, 0},
      {" ", Kind::unknown_verb, 0},
      {"XYZZY", Kind::unknown_verb, 0},
      {"MAILFROM:<a@b>", Kind::unknown_verb, 0},
      {"MAIL\tFROM:<a@b>", Kind::unknown_verb, 0},
      {"DATA\0"s, Kind::unknown_verb, 0},
      {"EHLO", Kind::syntax, 4},
      {"EHLO ", Kind::syntax, 4},
      {"EHLO  a", Kind::syntax, 5},
      {"EHLO a b", Kind::syntax, 6},
      {"EHLO a_b", Kind::syntax, 6},
      {"EHLO -a", Kind::syntax, 5},
      {"EHLO [1.2.3]", Kind::syntax, 5},
      {"EHLO [127.0.0.1] text", Kind::syntax, 16},
      {"EHLO \xc3\xa9", Kind::syntax, 5},
      {"HELO", Kind::syntax, 4},
      {"HELO a.", Kind::syntax, 7},
      {"LHLO", Kind::syntax, 4},
      {"MAIL", Kind::syntax, 4},
      {"MAIL FROM", Kind::syntax, 5},
      {"MAIL FROM:", Kind::syntax, 10},
      {"MAIL  FROM:<a@b>", Kind::syntax, 5},
      {"MAIL FROM: <a@b>", Kind::syntax, 10},
      {"MAIL FROM :<a@b>", Kind::syntax, 5},
      {"MAIL TO:<a@b>", Kind::syntax, 5},
      {"MAIL FROM:a@b", Kind::syntax, 10},
      {"MAIL FROM:<a@b", Kind::syntax, 14},
      {"MAIL FROM:<a@b>SIZE=1", Kind::syntax, 15},
      {"MAIL FROM:<a@b>  SIZE=1", Kind::syntax, 16},
      {"MAIL FROM:<a@b> SIZE=1  BODY=7BIT", Kind::syntax, 23},
      {"MAIL FROM:<a@b> SIZE=", Kind::syntax, 21},
      {"MAIL FROM:<a@b> =1", Kind::syntax, 16},
      {"MAIL FROM:<Postmaster>", Kind::syntax, 21},
      {"MAIL FROM:<a..b@c> SIZE=x", Kind::syntax, 13},
      {"MAIL FROM:<a@b_c> =", Kind::syntax, 14},
      {"MAIL FROM:<a@b> SIZE=x", Kind::bad_parameter, 16},
      {"MAIL FROM:<a@b> SIZE", Kind::bad_parameter, 16},
      {"MAIL FROM:<a@b> SIZE=1 SIZE=1", Kind::bad_parameter, 23},
      {"MAIL FROM:<a@b> size=1 BODY=7BIT Size=2", Kind::bad_parameter, 33},
      {"MAIL FROM:<a@b> BODY=9BIT", Kind::bad_parameter, 16},
      {"MAIL FROM:<a@b> FOO", Kind::unknown_parameter, 16},
      {"MAIL FROM:<a@b> SIZE=1 FOO=bar", Kind::unknown_parameter, 23},
      {"MAIL FROM:<a@b> NOTIFY=NEVER", Kind::unknown_parameter, 16},
      {"MAIL FROM:<a@b> SMTPUTF8", Kind::unknown_parameter, 16},
      {"RCPT TO:", Kind::syntax, 8},
      {"RCPT TO:<>", Kind::syntax, 8},
      {"RCPT TO: <a@b>", Kind::syntax, 8},
      {"RCPT FROM:<a@b>", Kind::syntax, 5},
      {"RCPT TO:<a>", Kind::syntax, 10},
      {"RCPT TO:<a@b> <c@d>", Kind::syntax, 14},
      {"RCPT TO:<a@b>,<c@d>", Kind::syntax, 13},
      {"RCPT TO:<a@b> SIZE=1", Kind::unknown_parameter, 14},
      {"RCPT TO:<a@b> NOTIFY=NEVER,DELAY", Kind::bad_parameter, 14},
      {"RCPT TO:<a@b> NOTIFY=DELAY NOTIFY=DELAY", Kind::bad_parameter, 27},
      {"DATA x", Kind::syntax, 5},
      {"RSET x", Kind::syntax, 5},
      {"QUIT now", Kind::syntax, 5},
      {"STARTTLS now", Kind::syntax, 9},
      {"VRFY", Kind::syntax, 4},
      {"EXPN ", Kind::syntax, 4},
      {"VRFY \xc3\xa9", Kind::syntax, 5},
      {"NOOP a\tb", Kind::syntax, 6},
      {"HELP a\0b"s, Kind::syntax, 6},
      {"BDAT", Kind::syntax, 4},
      {"BDAT LAST", Kind::syntax, 5},
      {"BDAT -1", Kind::syntax, 5},
      {"BDAT +1", Kind::syntax, 5},
      {"BDAT 0x10", Kind::syntax, 6},
      {"BDAT 1  LAST", Kind::syntax, 6},
      {"BDAT 1 LAST LAST", Kind::syntax, 6},
      {"BDAT 1 FIRST", Kind::syntax, 6},
      {"BDAT 1LAST", Kind::syntax, 6},
      {"BDAT 18446744073709551616", Kind::syntax, 5},
      {"BDAT 99999999999999999999999999 LAST", Kind::syntax, 5},
      {"AUTH", Kind::syntax, 4},
      {"AUTH  PLAIN", Kind::syntax, 5},
      {"AUTH PLA.IN", Kind::syntax, 5},
      {"AUTH ABCDEFGHIJKLMNOPQRSTU", Kind::syntax, 5},
      {"AUTH PLAIN *", Kind::syntax, 11},
      {"AUTH PLAIN ==", Kind::syntax, 11},
      {"AUTH PLAIN ====", Kind::syntax, 11},
      {"AUTH PLAIN AGEAYg", Kind::syntax, 11},
      {"AUTH PLAIN AG=AYg==", Kind::syntax, 11},
      {"AUTH PLAIN AGE_Yg==", Kind::syntax, 11},
      {"AUTH PLAIN  AGEAYg==", Kind::syntax, 11},
      {"AUTH PLAIN AGEA Yg==", Kind::syntax, 11},
  };
  for (const Case& c : cases) {
    CAPTURE(escape(c.line));
    const CommandError error = refused(c.line);
    CHECK(error.kind == c.kind);
    CHECK(error.error.at == c.at);
    CHECK_FALSE(error.error.message.empty());
    CHECK((error.command.verb == Verb::unknown) == (c.kind == Kind::unknown_verb));
  }
}

TEST_CASE("a space after the colon is named as the mistake") {
  CHECK(refused("MAIL FROM: <a@b>").error.message == "no space is allowed after FROM:");
  CHECK(refused("RCPT TO: <a@b>").error.message == "no space is allowed after TO:");
}

TEST_CASE("after HELO no parameter is taken, RFC 5321 section 4.1.1.11") {
  CHECK(refused("MAIL FROM:<a@b> SIZE=1", after_helo).kind == Kind::unknown_parameter);
  CHECK(refused("RCPT TO:<a@b> NOTIFY=NEVER", after_helo).kind == Kind::unknown_parameter);
  CHECK(parsed("MAIL FROM:<a@b>", after_helo).parameters.empty());
}

TEST_CASE("UTF-8 in commands needs SMTPUTF8") {
  const std::string mail = "MAIL FROM:<\xc3\xa9@b\xc3\xbc.example>";
  CHECK(parsed(mail + " SMTPUTF8", with_utf8).path.mailbox.local_part == "\xc3\xa9");
  CHECK(parsed(mail + " SIZE=1 smtputf8", with_utf8).path.mailbox.domain == "b\xc3\xbc.example");
  CHECK(refused(mail, with_utf8).kind == Kind::syntax);
  CHECK(refused(mail + " SMTPUTF8").kind == Kind::syntax);
  CHECK(refused(mail).error.at == 11);
  CHECK(refused(mail + " SMTPUTF8=1", with_utf8).kind == Kind::bad_parameter);
  CHECK(refused("MAIL FROM:<\xc3@b> SMTPUTF8", with_utf8).kind == Kind::syntax);
  CHECK(refused("MAIL FROM:<\xed\xa0\x80@b> SMTPUTF8", with_utf8).kind == Kind::syntax);
  CHECK(refused("MAIL FROM:<a@b> ENVID=\xc3\xa9", with_utf8).kind == Kind::syntax);
  CHECK(refused("MAIL FROM:<a@b> ENVID=\xc3\xa9 SMTPUTF8", with_utf8).kind == Kind::bad_parameter);
  CHECK(parsed("RCPT TO:<\xc3\xa9@b> ORCPT=utf-8;\xc3\xa9@b", with_utf8).parameters.size() == 1);
  CHECK(refused("RCPT TO:<\xc3\xa9@b>").kind == Kind::syntax);
  CHECK(parsed("VRFY \xc3\xa9 SMTPUTF8", with_utf8).argument == "\xc3\xa9 SMTPUTF8");
  CHECK(refused("VRFY \xc3", with_utf8).kind == Kind::syntax);
  CHECK(refused("EHLO \xc3\xa9", with_utf8).kind == Kind::syntax);
}

TEST_CASE("no command holds a control character or broken UTF-8") {
  CHECK_FALSE(has_forbidden_octets(""));
  CHECK_FALSE(has_forbidden_octets("MAIL FROM:<a@b> \t"));
  CHECK_FALSE(has_forbidden_octets("MAIL FROM:<\xc3\xa9@b>"));
  for (const std::string& line : {"a\0b"s, "\0"s, "a\rb"s, "a\r"s, "a\nb"s, "a\tb"s, "a\x1b"s, "a\x7f"s, "a\x80"s,
                                  "\xc3"s, "\xc0\xaf"s, "\xed\xa0\x80"s}) {
    CAPTURE(escape(line));
    CHECK(has_forbidden_octets(line));
  }
}

TEST_CASE("very long lines are read or refused, not more") {
  const std::string huge(1000000, 'A');
  CHECK(refused(huge).kind == Kind::unknown_verb);
  CHECK(refused("EHLO " + huge).kind == Kind::syntax);
  CHECK(refused("MAIL FROM:<" + huge + "@b>").kind == Kind::syntax);
  CHECK(refused("BDAT " + std::string(100000, '9')).kind == Kind::syntax);
  CHECK(parsed("BDAT " + std::string(100000, '0') + "7").chunk_size == 7);
  CHECK(parsed("AUTH PLAIN " + huge).initial_response == huge);
  CHECK(parsed("NOOP " + huge).argument == huge);
}

namespace {

std::vector<std::string> lines_of(std::string_view octets, std::size_t piece, Ends ends, bool& idle) {
  LineReader reader(ends);
  std::vector<std::string> lines;
  std::string taken;
  for (std::size_t at = 0; at < octets.size(); at += piece) {
    std::string_view rest = octets.substr(at, piece);
    while (true) {
      const auto line = reader.take(rest);
      if (!line) break;
      const std::string_view end = line->end == LineEnd::crlf ? "\r\n" : "\n";
      CHECK(line->octets == line->bytes.size() + end.size());
      lines.push_back(escape(line->bytes) + (line->end == LineEnd::crlf ? "" : " lf"));
    }
    CHECK(rest.empty());
  }
  idle = reader.idle();
  return lines;
}

}  // namespace

TEST_CASE("the client's octets are cut into lines") {
  struct Case {
    std::string octets;
    std::vector<std::string> lenient;
    std::vector<std::string> strict;
    bool lenient_idle = true;
    bool strict_idle = true;
  };
  const Case cases[] = {
      {"", {}, {}},
      {"NOOP\r\n", {"NOOP"}, {"NOOP"}},
      {"\r\n\r\n", {"", ""}, {"", ""}},
      {"NOOP\r\nQUIT\r\n", {"NOOP", "QUIT"}, {"NOOP", "QUIT"}},
      {"NOOP", {}, {}, false, false},
      {"NOOP\r", {}, {}, false, false},
      {"a\nb\r\n", {"a lf", "b"}, {"a\\nb"}},
      {"\n", {" lf"}, {}, true, false},
      {"\n\r\n", {" lf", ""}, {"\\n"}},
      {"a\rb\r\n", {"a\\rb"}, {"a\\rb"}},
      {"a\r\r\n", {"a\\r"}, {"a\\r"}},
      {"a\r\nb\n", {"a", "b lf"}, {"a"}, true, false},
      {"a\0b\xff\r\n"s, {"a\\0b\\xff"}, {"a\\0b\\xff"}},
      {"a\n\nb\r\nc\r\n", {"a lf", " lf", "b", "c"}, {"a\\n\\nb", "c"}},
  };
  for (const Case& c : cases) {
    for (const std::size_t piece : {c.octets.size() + 1, std::size_t{1}, std::size_t{2}, std::size_t{3}}) {
      CAPTURE(escape(c.octets), piece);
      bool idle = false;
      CHECK(lines_of(c.octets, piece, Ends::crlf_or_lf, idle) == c.lenient);
      CHECK(idle == c.lenient_idle);
      CHECK(lines_of(c.octets, piece, Ends::crlf_only, idle) == c.strict);
      CHECK(idle == c.strict_idle);
    }
  }
}

TEST_CASE("what stands after a line is left to the caller") {
  LineReader reader;
  std::string_view octets = "BDAT 3 LAST\r\n\r\nxNOOP\r\n";
  REQUIRE(reader.take(octets)->bytes == "BDAT 3 LAST");
  CHECK(octets == "\r\nxNOOP\r\n");
  CHECK(reader.idle());
  octets.remove_prefix(3);
  REQUIRE(reader.take(octets)->bytes == "NOOP");
  CHECK(octets.empty());
}

TEST_CASE("a line under way can be thrown away") {
  LineReader reader;
  std::string_view octets = "NOO\r";
  CHECK_FALSE(reader.take(octets));
  CHECK_FALSE(reader.idle());
  reader.clear();
  CHECK(reader.idle());
  octets = "\nQUIT\r\n";
  CHECK(reader.take(octets)->end == LineEnd::lf);
  CHECK(reader.take(octets)->bytes == "QUIT");
}

TEST_CASE("a long line is kept up to the bound and counted beyond it") {
  const std::size_t bound = LineReader::max_line;
  for (const std::size_t content : {bound - 2, bound - 1, bound, bound + 1, 5 * bound}) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{1000}, 10 * bound}) {
      CAPTURE(content, piece);
      const std::string stream = std::string(content, 'x') + "\r\nNOOP\r\n";
      LineReader reader;
      std::vector<CommandLine> lines;
      for (std::size_t at = 0; at < stream.size(); at += piece) {
        std::string_view rest = std::string_view(stream).substr(at, piece);
        while (auto line = reader.take(rest)) lines.push_back(*line);
      }
      REQUIRE(lines.size() == 2);
      CHECK(lines[0].bytes == std::string(std::min(content, bound), 'x'));
      CHECK(lines[0].octets == content + 2);
      CHECK(lines[0].end == LineEnd::crlf);
      CHECK(lines[1].bytes == "NOOP");
    }
  }
}

TEST_CASE("the bound holds where a bare LF ends no line") {
  LineReader reader(Ends::crlf_only);
  const std::string block(100000, '\n');
  std::string_view octets = block;
  CHECK_FALSE(reader.take(octets));
  octets = "\r\n";
  const auto line = reader.take(octets);
  REQUIRE(line);
  CHECK(line->bytes == std::string(LineReader::max_line, '\n'));
  CHECK(line->octets == block.size() + 2);
}
