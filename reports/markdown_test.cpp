#include <catch2/catch_test_macros.hpp>

#include "harness/smtp/visible.hpp"
#include "reports/report.hpp"
#include "reports/sample_run_test.hpp"

using namespace smtpspec;

namespace {

std::size_t count_of(const std::string& text, const std::string& word) {
  std::size_t count = 0;
  for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + word.size())) ++count;
  return count;
}

/// Without its blocks of code: each ends at the first line that begins with its fence.
std::string without_blocks(std::string page) {
  for (auto at = page.find("\n```text\n"); at != std::string::npos; at = page.find("\n```text\n"))
    page.erase(at, page.find("\n```\n", at + 1) + 4 - at);
  return page;
}

/// Without what stands in a summary, an element of HTML where Markdown is no markup: no tag is to be in it.
std::string without_summaries(std::string page) {
  const std::string open = "<summary>";
  for (auto at = page.find(open); at != std::string::npos; at = page.find(open, at + open.size())) {
    const std::size_t end = page.find('<', at + open.size());
    REQUIRE(page.substr(end, 11) == "</summary>\n");
    page.erase(at + open.size(), end - at - open.size());
  }
  return page;
}

/// What is left of a page where everything in back-ticks is taken out, as a reader of CommonMark does: a span ends at
/// the next run of as many of them.
std::string without_code(const std::string& page) {
  std::string rest;
  for (std::size_t at = 0; at < page.size();) {
    if (page[at] == '\\' && at + 1 < page.size()) {
      rest += page.substr(at, 2);
      at += 2;
      continue;
    }
    if (page[at] != '`') {
      rest += page[at++];
      continue;
    }
    const std::size_t end = std::min(page.find_first_not_of('`', at), page.size());
    const std::string fence = page.substr(at, end - at);
    std::size_t close = page.find(fence, end);
    while (close != std::string::npos &&
           (page[close - 1] == '`' || (close + fence.size() < page.size() && page[close + fence.size()] == '`')))
      close = page.find(fence, page.find_first_not_of('`', close));
    REQUIRE(close != std::string::npos);
    at = close + fence.size();
  }
  return rest;
}

}  // namespace

TEST_CASE("a summary tells the findings, most serious first") {
  const std::string page = reports::to_markdown(reports::sample_run());
  CHECK(page.rfind("## SMTP: `postfix-3.7`\n", 0) == 0);
  CHECK(page.find("<summary>1. security crash: A command line") != std::string::npos);
  const auto first = page.find("<summary>2. security fail: Only CRLF.CRLF ends the message</summary>");
  REQUIRE(first != std::string::npos);
  CHECK(page.find("<summary>4. should warn") > first);
  CHECK(page.find("### Known failures\n\n- `vrfy-disabled:reply`") != std::string::npos);
  CHECK(page.find("    > C: first\\n.\\r\\nMAIL FROM:<smuggled-7f3a@client.example>\\r\\n\n") != std::string::npos);
}

TEST_CASE("what a target says is code, and what a suite says is no markup") {
  for (const std::string text : {"<script>alert(1)</script>",
                                 "</details></summary>",
                                 "`` ` ```",
                                 "`",
                                 "``` \n```\n# x",
                                 "![x](https://e.example)",
                                 "[x]: https://e.example",
                                 "a|b|c",
                                 "@somebody #1",
                                 "::error::x",
                                 "\n::error::x",
                                 "\x1b[1m\u202e\xff",
                                 "\\`",
                                 "\\",
                                 "**x** __y__ ~~z~~ :smile:",
                                 " ",
                                 "    x",
                                 "- x",
                                 "1. x",
                                 "> x",
                                 "<!-- ",
                                 "&lt;",
                                 "www.e.example"}) {
    INFO(smtp::visible(text));
    const std::string page = reports::to_markdown(reports::hostile_run(text));
    const std::string markup = without_code(without_summaries(without_blocks(page)));
    CHECK(count_of(markup, "<details") == count_of(markup, "</details>"));
    CHECK(count_of(markup, "<summary>") == count_of(markup, "</summary>"));
    CHECK(count_of(markup, "<") - count_of(markup, "\\<") == 4 * count_of(markup, "<details"));
    CHECK(count_of(markup, "](") == count_of(markup, "](https://www.rfc-editor.org/") + count_of(markup, "\\]("));
    CHECK(count_of(markup, "www.") == 0);
    for (const char* line : {"\n::", "\n ::"}) CHECK(page.find(line) == std::string::npos);
    CHECK(page.find_first_of("\r\t\x1b\xff") == std::string::npos);
    CHECK(page.find("\u202e") == std::string::npos);
  }
}

TEST_CASE("a summary stays within a mebibyte, and says what it leaves out") {
  const std::string page = reports::to_markdown(reports::endless_run());
  CHECK(page.size() < (std::size_t{1} << 20));
  CHECK(page.find("more finding") != std::string::npos);
  CHECK(count_of(page, "<details") == 50);
  engine::RunResult none;
  CHECK(reports::to_markdown(none).find("nothing was played") != std::string::npos);
}
