#include "harness/scenario/broken_test.hpp"

using namespace smtpspec::scenario;

TEST_CASE("Broken steps and expectations are explained") {
  const std::vector<Broken> cases = {
      {"a wrong type", scenario(R"~(steps = [{ send = 1, expect = "250" }, { send = "NOOP", expect = 250 }]
alone = "yes"
)~"),
       R"~(a.toml:4:19: error: expected a string, got an integer
  4 | steps = [{ send = 1, expect = "250" }, { send = "NOOP", expect = 250 }]
    |                   ^
a.toml:4:66: error: expected a reply such as "250", or a table, got an integer
  4 | steps = [{ send = 1, expect = "250" }, { send = "NOOP", expect = 250 }]
    |                                                                  ^^^
a.toml:5:9: error: expected true or false, got a string
  5 | alone = "yes"
    |         ^^^^^
)~"},
      {"an impossible escape in a literal string", scenario(R"~(steps = [{ bytes = 'NOOP\q\r\n', expect = "250" }]
)~"),
       R"~(a.toml:4:25: error: unknown escape \q; known: \r \n \t \0 \\ \xNN
  4 | steps = [{ bytes = 'NOOP\q\r\n', expect = "250" }]
    |                         ^
)~"},
      {"an incomplete escape in a basic string", scenario(R"~(steps = [{ bytes = "ab\\x4g", expect = "250" }]
)~"),
       R"~(a.toml:4:23: error: \x takes exactly two hexadecimal digits
  4 | steps = [{ bytes = "ab\\x4g", expect = "250" }]
    |                       ^
)~"},
      {"an impossible escape in a multi-line string", scenario(R"~(steps = [{ bytes = '''
first
se\cond''', expect = "250" }]
)~"),
       R"~(a.toml:6:3: error: unknown escape \c; known: \r \n \t \0 \\ \xNN
  6 | se\cond''', expect = "250" }]
    |   ^
)~"},
      {"a hole that is never closed", scenario(R"~(steps = [{ send = 'RCPT TO:<{accepted>', expect = "250" }]
)~"),
       R"~(a.toml:4:29: error: '{' is never closed; a brace is written '\{'
  4 | steps = [{ send = 'RCPT TO:<{accepted>', expect = "250" }]
    |                             ^
)~"},
      {"an unknown value", scenario(R"~(steps = [{ send = 'RCPT TO:<{acceptd}>', expect = "250" }]
)~"),
       R"~(a.toml:4:29: error: unknown value 'acceptd'
  4 | steps = [{ send = 'RCPT TO:<{acceptd}>', expect = "250" }]
    |                             ^^^^^^^^^ did you mean 'accepted'?
)~"},
      {"a value that is captured too late", scenario(R"~(steps = [
  { send = '{challenge}', expect = '250' },
  { send = 'X', expect = { reply = '334', capture = { challenge = '^(.*)$' } } },
]
)~"),
       R"~(a.toml:5:13: error: unknown value 'challenge'
  5 |   { send = '{challenge}', expect = '250' },
    |             ^^^^^^^^^^^ neither known to the engine, nor of the row, nor captured before
)~"},
      {"no reply code",
       scenario(R"~(steps = [{ send = "NOOP", expect = ["25", "silense", "25y", "250 ok", "550 4.1.1"] }]
)~"),
       R"~(a.toml:4:37: error: '25' is no reply code
  4 | steps = [{ send = "NOOP", expect = ["25", "silense", "25y", "250 ok", "550 4.1.1"] }]
    |                                     ^^^^ three digits such as 250, a class such as 25z or 5yz, xyz, 'close' or 'silence'
a.toml:4:43: error: 'silense' is no reply code, and no [ending] has the name
  4 | steps = [{ send = "NOOP", expect = ["25", "silense", "25y", "250 ok", "550 4.1.1"] }]
    |                                           ^^^^^^^^^ did you mean 'silence'?
a.toml:4:54: error: '25y' is no reply code
  4 | steps = [{ send = "NOOP", expect = ["25", "silense", "25y", "250 ok", "550 4.1.1"] }]
    |                                                      ^^^^^ three digits such as 250, a class such as 25z or 5yz, xyz, 'close' or 'silence'
a.toml:4:61: error: 'ok' does not belong into a reply
  4 | steps = [{ send = "NOOP", expect = ["25", "silense", "25y", "250 ok", "550 4.1.1"] }]
    |                                                             ^^^^^^^^ a reply is a code, an enhanced code and 'close': '421 4.3.0 close'
a.toml:4:71: error: enhanced code 4.1.1 never goes with reply code 550
  4 | steps = [{ send = "NOOP", expect = ["25", "silense", "25y", "250 ok", "550 4.1.1"] }]
    |                                                                       ^^^^^^^^^^^
)~"},
      {"no enhanced code", scenario(R"~(steps = [{ send = "NOOP", expect = { reply = "550 5.1" } }]
)~"),
       R"~(a.toml:4:46: error: '5.1' does not belong into a reply
  4 | steps = [{ send = "NOOP", expect = { reply = "550 5.1" } }]
    |                                              ^^^^^^^^^ a reply is a code, an enhanced code and 'close': '421 4.3.0 close'
)~"},
      {"a pattern that is none",
       scenario(R"~(steps = [{ send = 'X', expect = { reply = '334', capture = { c = '(' } } }]
)~"),
       R"~(a.toml:4:66: error: '(' is no regular expression
  4 | steps = [{ send = 'X', expect = { reply = '334', capture = { c = '(' } } }]
    |                                                                  ^^^ missing ): (; as in '^(\S+)'
)~"},
      {"an outcome that no ending has", scenario(R"~(steps = [{ send = 'X', expect = { reply = '334', as = 'fial' } }]
)~"),
       R"~(a.toml:4:55: error: unknown outcome of an ending 'fial'
  4 | steps = [{ send = 'X', expect = { reply = '334', as = 'fial' } }]
    |                                                       ^^^^^^ did you mean 'fail'?
)~"},
      {"reply parts where there is no reply",
       scenario(R"~(steps = [{ send = 'X', expect = { event = 'close', line-count = 1 } }]
)~"),
       R"~(a.toml:4:52: error: 'line-count' is of a reply; here there is none
  4 | steps = [{ send = 'X', expect = { event = 'close', line-count = 1 } }]
    |                                                    ^^^^^^^^^^
)~"},
      {"two actions", scenario(R"~(steps = [{ send = 'X', pause = '1s', expect = '250' }]
)~"),
       R"~(a.toml:4:24: error: a step has one action: 'send' or 'pause'
  4 | steps = [{ send = 'X', pause = '1s', expect = '250' }]
    |                        ^^^^^ make two steps of it
)~"},
      {"a modifier of another action",
       scenario(R"~(steps = [{ send = 'X', last = true, expect = '250' }, { pause = '1s', expect = 'silence' }]
)~"),
       R"~(a.toml:4:24: error: 'last' belongs to 'chunk'
  4 | steps = [{ send = 'X', last = true, expect = '250' }, { pause = '1s', expect = 'silence' }]
    |                        ^^^^
a.toml:4:71: error: a pause awaits nothing
  4 | steps = [{ send = 'X', last = true, expect = '250' }, { pause = '1s', expect = 'silence' }]
    |                                                                       ^^^^^^ { expect = "silence", wait = "2s" } does
)~"},
      {"expect and replies", scenario(R"~(steps = [{ send = 'X', expect = '250', replies = ['250'] }]
)~"),
       R"~(a.toml:4:40: error: a step has 'expect' or 'replies', not both
  4 | steps = [{ send = 'X', expect = '250', replies = ['250'] }]
    |                                        ^^^^^^^
)~"},
      {"a duration that is none", scenario(R"~(steps = [{ pause = '5 minutes' }, { pause = '90m' }, { expect = '250' }]
)~"),
       R"~(a.toml:4:20: error: '5 minutes' is no duration
  4 | steps = [{ pause = '5 minutes' }, { pause = '90m' }, { expect = '250' }]
    |                    ^^^^^^^^^^^ a number and its unit: '200ms', '2s' or '5m'
a.toml:4:45: error: '90m' is longer than an hour
  4 | steps = [{ pause = '5 minutes' }, { pause = '90m' }, { expect = '250' }]
    |                                             ^^^^^
)~"},
      {"a group that is played once", scenario(R"~(steps = [{ steps = [{ send = 'X', expect = '250' }] }]
)~"),
       R"~(a.toml:4:12: error: a group of steps needs a 'repeat'
  4 | steps = [{ steps = [{ send = 'X', expect = '250' }] }]
    |            ^^^^^
)~"},
      {"more repetitions than there may be",
       scenario(R"~(steps = [{ repeat = 200, steps = [{ repeat = 200, send = 'X' }] }]
)~"),
       R"~(a.toml:4:35: error: a scenario has 10000 steps at most
  4 | steps = [{ repeat = 200, steps = [{ repeat = 200, send = 'X' }] }]
    |                                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
)~"},
      {"a session that was never opened",
       scenario(R"~(steps = [{ open = 'second' }, { on = 'secnd', send = 'X', expect = '250' }]
)~"),
       R"~(a.toml:4:38: error: no session 'secnd' was opened before
  4 | steps = [{ open = 'second' }, { on = 'secnd', send = 'X', expect = '250' }]
    |                                      ^^^^^^^ did you mean 'second'?
)~"},
      {"a session opened twice", scenario(R"~(steps = [{ open = 'b' }, { open = 'b' }, { expect = '250' }]
)~"),
       R"~(a.toml:4:35: error: a session 'b' was opened before
  4 | steps = [{ open = 'b' }, { open = 'b' }, { expect = '250' }]
    |                                   ^^^
)~"},
      {"a line with an end of its own", scenario(R"~(steps = [{ send = 'NOOP\r\n', expect = '250' }]
)~"),
       R"~(a.toml:4:19: warning: 'send' adds CRLF; this line has one already
  4 | steps = [{ send = 'NOOP\r\n', expect = '250' }]
    |                   ^^^^^^^^^^ 'bytes' adds nothing
)~"},
  };
  check(cases);
}
