// Tables of dialogues, and how they are checked against the session and the referee. For tests alone.
#pragma once

#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "harness/reference/dialogue_test.hpp"
#include "harness/smtp/referee.hpp"

namespace smtpspec::reference {

/// What the client sends, and the replies to it as `codes_of` gives them.
struct Turn {
  std::string client;
  std::string codes;
};
struct Dialogue {
  std::string title;
  Settings settings;
  std::vector<Turn> turns;
};

inline Settings plain() {
  Settings settings;
  settings.trace_header = false;
  return settings;
}
inline Settings with(void (*change)(Settings&)) {
  Settings settings = plain();
  change(settings);
  return settings;
}

inline const Turn ehlo = {"EHLO client.example\r\n", "250"};
inline const Turn mail = {"MAIL FROM:<sender@client.example>\r\n", "250/2.1.0"};
inline const Turn rcpt = {"RCPT TO:<alice@example.test>\r\n", "250/2.1.5"};
inline const Turn noop = {"NOOP\r\n", "250/2.0.0"};
inline const Turn end = {"x\r\n.\r\n", "250/2.0.0"};

inline Settings with_users() {
  return with([](Settings& settings) { settings.users["alice"] = "secret"; });
}

inline void check(const std::vector<Dialogue>& dialogues) {
  for (const Dialogue& dialogue : dialogues) {
    CAPTURE(dialogue.title);
    Player turn_by_turn(dialogue.settings), octet_by_octet(dialogue.settings), in_threes(dialogue.settings);
    CHECK(codes_of(turn_by_turn.played().replies) == "220");
    smtp::Referee referee(dialogue.settings.lmtp);
    referee.received(turn_by_turn.played().replies);
    for (const Turn& turn : dialogue.turns) {
      CAPTURE(smtp::escape(turn.client.substr(0, 200)));
      const std::size_t before = turn_by_turn.played().replies.size();
      turn_by_turn.send(turn.client, 0);
      const std::string replies = turn_by_turn.played().replies.substr(before);
      CHECK(codes_of(replies) == turn.codes);
      referee.sent(turn.client);
      referee.received(replies);
      if (turn.codes == "220/2.0.0") referee.tls_started();
      octet_by_octet.send(turn.client, 1);
      in_threes.send(turn.client, 3);
    }
    for (const smtp::Violation& violation : referee.violations()) {
      FAIL_CHECK(smtp::name(violation.rule) << ": " << violation.expected << ", not " << violation.actual);
    }
    CHECK(describe(octet_by_octet.played()) == describe(turn_by_turn.played()));
    CHECK(describe(in_threes.played()) == describe(turn_by_turn.played()));
  }
}

/// All turns in one segment: the replies are the same and come together.
inline void check_pipelined(const std::vector<Dialogue>& dialogues) {
  for (const Dialogue& dialogue : dialogues) {
    CAPTURE(dialogue.title);
    std::string all, codes = "220";
    for (const Turn& turn : dialogue.turns) {
      all += turn.client;
      if (!turn.codes.empty()) codes += " " + turn.codes;
    }
    Player player(dialogue.settings);
    player.send(all, 0);
    CHECK(codes_of(player.played().replies) == codes);
  }
}

}  // namespace smtpspec::reference
