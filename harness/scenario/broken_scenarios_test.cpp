#include "harness/scenario/broken_test.hpp"

using namespace smtpspec::scenario;

TEST_CASE("A broken scenario file is explained") {
  const std::vector<Broken> cases = {
      {"an unknown key with a near one", scenario(R"~(steps = [ { send = "DATA", expct = "503" } ]
)~"),
       R"~(a.toml:4:28: error: unknown key 'expct' in a step
  4 | steps = [ { send = "DATA", expct = "503" } ]
    |                            ^^^^^ did you mean 'expect'?
)~"},
      {"an unknown key with no near one",
       scenario(R"~(steps = [{ send = "DATA", expect = { reply = "503", colour = "red" } }]
delivered = { zebra = 1 }
)~"),
       R"~(a.toml:4:53: error: unknown key 'colour' in an expectation
  4 | steps = [{ send = "DATA", expect = { reply = "503", colour = "red" } }]
    |                                                     ^^^^^^ an expectation may have reply, event, line-count, keywords, without, contains, capture, as, because, decides or then
a.toml:5:15: error: unknown key 'zebra' in 'delivered'
  5 | delivered = { zebra = 1 }
    |               ^^^^^ 'delivered' may have count, at-most, reverse-path, forward-path, no-reverse-path, no-forward-path, body, content, contains, matches, lacks, parameters, no-parameters or decides
)~"},
      {"an unknown table",
       R"~([[scenarios]]
id = "a"
)~",
       R"~(a.toml:1:3: error: unknown key 'scenarios' in a scenario file
  1 | [[scenarios]]
    |   ^^^^^^^^^ did you mean 'scenario'?
)~"},
      {"one table where a list of them belongs",
       R"~([scenario]
id = "a"
)~",
       R"~(a.toml:1:2: error: expected a list of tables, got a table
  1 | [scenario]
    |  ^^^^^^^^ did you mean [[scenario]]?
)~"},
      {"what is missing",
       R"~([[scenario]]
title = "A"
)~",
       R"~(a.toml:1:1: error: a scenario needs 'id'
  1 | [[scenario]]
    | ^^^^^^^^^^^^
a.toml:1:1: error: a scenario needs 'steps'
  1 | [[scenario]]
    | ^^^^^^^^^^^^
)~"},
      {"a value that one row lacks", scenario(R"~(each = [{ row = 'one', end = 'x' }, { row = 'two' }]
steps = [{ send = '{end}', expect = '250' }]
)~"),
       R"~(a.toml:5:20: error: unknown value 'end'
  5 | steps = [{ send = '{end}', expect = '250' }]
    |                    ^^^^^ row 'two' does not give it
)~"},
      {"conditions that are none", scenario(R"~(needs = ['pipelining', 'fact deliverys', 'delivery']
steps = [{ expect = '250' }]
)~"),
       R"~(a.toml:4:10: error: 'pipelining' is neither an EHLO keyword nor a fact
  4 | needs = ['pipelining', 'fact deliverys', 'delivery']
    |          ^^^^^^^^^^^^ as in 'PIPELINING', 'AUTH PLAIN', 'fact delivery'
a.toml:4:24: error: unknown fact 'deliverys'
  4 | needs = ['pipelining', 'fact deliverys', 'delivery']
    |                        ^^^^^^^^^^^^^^^^ did you mean 'delivery'?
a.toml:4:42: error: 'delivery' is neither an EHLO keyword nor a fact
  4 | needs = ['pipelining', 'fact deliverys', 'delivery']
    |                                          ^^^^^^^^^^ did you mean 'fact delivery'?
)~"},
      {"an unknown profile", scenario(R"~(profiles = ['mx', 'msa']
steps = [{ expect = '250' }]
)~"),
       R"~(a.toml:4:19: error: unknown profile 'msa'
  4 | profiles = ['mx', 'msa']
    |                   ^^^^^ one of mx, submission or lmtp
)~"},
      {"an id that is not made of words",
       R"~([[scenario]]
id = "Data_Before"
title = "A"
steps = [{ expect = "250" }]
)~",
       R"~(a.toml:2:6: error: the id 'Data_Before' is not made of words
  2 | id = "Data_Before"
    |      ^^^^^^^^^^^^^ lower-case words and numbers with hyphens: 'data-before-recipient'
)~"},
      {"rows of one name", scenario(R"~(each = [{ row = 'one', n = '1' }, { row = 'one', n = '2' }]
steps = [{ send = '{n}', expect = '250' }]
)~"),
       R"~(a.toml:4:43: error: a second row is named 'one'
  4 | each = [{ row = 'one', n = '1' }, { row = 'one', n = '2' }]
    |                                           ^^^^^ a name may use the row's columns: 'cut-{n}'
)~"},
      {"a row without a name", scenario(R"~(each = [{ n = 1 }]
steps = [{ expect = '250' }]
)~"),
       R"~(a.toml:4:9: error: a row needs a name
  4 | each = [{ n = 1 }]
    |         ^^^^^^^^^ row = "words-with-hyphens"
)~"},
      {"a range that is too long", scenario(R"~(each = [{ row = 'n-{n}', n = { range = [1, 1000000000] } }]
steps = [{ send = '{n}', expect = '250' }]
)~"),
       R"~(a.toml:4:30: error: a range of 1000000000 rows; a file has at most 10000
  4 | each = [{ row = 'n-{n}', n = { range = [1, 1000000000] } }]
    |                              ^^^^^^^^^^^^^^^^^^^^^^^^^^^
)~"},
      {"a column of the wrong type", scenario(R"~(each = [{ row = 'one', n = ['250'] }]
steps = [{ send = 'NOOP {n}', cut = '{n}', expect = '250' }]
)~"),
       R"~(a.toml:4:29: error: expected an integer, got a string
  4 | each = [{ row = 'one', n = ['250'] }]
    |                             ^^^^^
a.toml:5:19: error: column 'n' is a list and cannot stand within a string
  5 | steps = [{ send = 'NOOP {n}', cut = '{n}', expect = '250' }]
    |                   ^^^^^^^^^^
)~"},
      {"a column that is never used", scenario(R"~(each = [{ row = 'one', n = 1 }]
steps = [{ expect = '250' }]
)~"),
       R"~(a.toml:4:24: warning: column 'n' is never used
  4 | each = [{ row = 'one', n = 1 }]
    |                        ^
)~"},
      {"a column that leads to itself", scenario(R"~(each = [{ row = 'one', n = 'x{m}', m = '{n}' }]
steps = [{ send = '{n}', expect = '{m}' }]
)~"),
       R"~(a.toml:4:40: error: columns that lead to each other without end
  4 | each = [{ row = 'one', n = 'x{m}', m = '{n}' }]
    |                                        ^^^^^
)~"},
      {"a count that is none", scenario(R"~(each = [{ row = 'one', n = 'many' }]
steps = [{ send = '{x*{n}}', expect = '250' }]
)~"),
       R"~(a.toml:5:19: error: 'n' is to be a count, and is 'many'
  5 | steps = [{ send = '{x*{n}}', expect = '250' }]
    |                   ^^^^^^^^^
)~"},
      {"a profile that is near another word", scenario(R"~(profiles = ["smtp"]
steps = [{ expect = '250' }]
)~"),
       R"~(a.toml:4:13: error: unknown profile 'smtp'
  4 | profiles = ["smtp"]
    |             ^^^^^^ one of mx, submission or lmtp
)~"},
      {"names that nothing has",
       scenario(R"~(each = ["false-end", "ends/lf-dot-fl", { like = "ends/lf-dot-lf", row = "x" }]
steps = [{ send = '{end}', expect = 'safe-refusl' }]
[rows]
ends = [{ row = "lf-dot-lf", end = '\n.\n' }]
[ending]
safe-refusal = ["5yz close"]
250 = "250"
)~"),
       R"~(a.toml:4:9: error: no [rows] are named 'false-end'
  4 | each = ["false-end", "ends/lf-dot-fl", { like = "ends/lf-dot-lf", row = "x" }]
    |         ^^^^^^^^^^^
a.toml:4:22: error: the table has no row 'lf-dot-fl'
  4 | each = ["false-end", "ends/lf-dot-fl", { like = "ends/lf-dot-lf", row = "x" }]
    |                      ^^^^^^^^^^^^^^^^ did you mean 'lf-dot-lf'?
a.toml:5:37: error: 'safe-refusl' is no reply code, and no [ending] has the name
  5 | steps = [{ send = '{end}', expect = 'safe-refusl' }]
    |                                     ^^^^^^^^^^^^^ did you mean 'safe-refusal'?
a.toml:10:1: error: '250' is no name to give
  10 | 250 = "250"
     | ^^^ lower-case words with hyphens
)~"},
      {"an ending that is wrong is wrong where it stands", scenario(R"~(steps = [{ expect = ['250', 'gone'] }]
[ending]
gone = { reply = '421', as = 'fial' }
)~"),
       R"~(a.toml:6:30: error: unknown outcome of an ending 'fial'
  6 | gone = { reply = '421', as = 'fial' }
    |                              ^^^^^^ did you mean 'fail'?
)~"},
      {"endings that lead to each other", scenario(R"~(steps = [{ expect = 'one' }]
[ending]
one = ['two']
two = ['one']
)~"),
       R"~(a.toml:6:7: error: endings that lead to each other without end
  6 | one = ['two']
    |       ^^^^^^^
)~"},
      {"a requirement that the scenario does not have",
       scenario(R"~(requirements = ['rfc5321/3.3/one', 'rfc5321/3.3/two']
steps = [{ send = 'NOOP', expect = '250', decides = 'rfc5321/3.3/tow' }]
)~"),
       R"~(a.toml:5:43: error: 'rfc5321/3.3/tow' is no requirement of this scenario
  5 | steps = [{ send = 'NOOP', expect = '250', decides = 'rfc5321/3.3/tow' }]
    |                                           ^^^^^^^ did you mean 'rfc5321/3.3/two'?
)~"},
      {"a ledger id that is none",
       R"~([[requirement]]
id = "lf-is-no-line-end"
lines = "from 3 on"
says = "x"
)~",
       R"~(a.toml:2:6: error: 'lf-is-no-line-end' is no ledger id
  2 | id = "lf-is-no-line-end"
    |      ^^^^^^^^^^^^^^^^^^^ RFC, section and words: 'rfc5321/4.1.1.4/lf-is-no-line-end'
a.toml:3:9: error: line numbers are written '2013-2019'
  3 | lines = "from 3 on"
    |         ^^^^^^^^^^^
)~"},
      {"brackets without end",
       R"~(a = [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[
)~",
       R"~(a.toml:1:37: error: brackets within brackets, deeper than 32
  1 | a = [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[
    |                                     ^
)~"},
  };
  check(cases);
}

TEST_CASE("What is no TOML, and why, where it can be told") {
  check({
      {"a quote that is missing", scenario(R"~(steps = [{ send = "DATA, expect = "503" }]
)~"),
       R"~(a.toml:4:19: error: this string has no closing quote
  4 | steps = [{ send = "DATA, expect = "503" }]
    |                   ^
)~"},
      {"a quote that is missing at the end of the line", scenario(R"~(rationale = 'it is so
)~"),
       R"~(a.toml:4:13: error: this string has no closing quote
  4 | rationale = 'it is so
    |             ^
)~"},
      {"a line break in an inline table", scenario(R"~(steps = [ { send = 'DATA',
  expect = '503' } ]
)~"),
       R"~(a.toml:4:27: error: a line break within { }
  4 | steps = [ { send = 'DATA',
    |                           ^ one line; use [[scenario.steps]] for a long step
)~"},
  });
}

TEST_CASE("What is no TOML is told with its line") {
  // The words and columns are the TOML library's.
  for (const std::string& toml : std::vector<std::string>{"[[scenario]]\nid = \n", "a = 1\nb = \"\xff\"\n",
                                                          "a = 1\na = 2\n", "\n[~a]\n", "\n[[~]]\n"}) {
    const auto loaded = load_scenarios(toml, "a.toml");
    INFO(toml);
    REQUIRE(loaded.diagnostics.size() == 1);
    CHECK_FALSE(loaded.ok());
    CHECK(loaded.diagnostics[0].message.rfind("not TOML: ", 0) == 0);
    CHECK(loaded.diagnostics[0].place.line == 2);
    CHECK(loaded.value.scenarios.empty());
  }
}
