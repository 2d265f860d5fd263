#include "reports/html.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include "harness/judge/transcript_test.hpp"
#include "reports/golden_test.hpp"
#include "reports/sample_run_test.hpp"

using namespace smtpspec;

namespace {

using Json = nlohmann::ordered_json;

std::optional<record::Transcript> none(const std::string& /*path*/) { return std::nullopt; }

/// The block of JSON in a page.
Json data_of(const std::string& page) {
  const std::string begin = "<script type=\"application/json\" id=\"data\">";
  const auto from = page.find(begin) + begin.size();
  return Json::parse(page.substr(from, page.find("</script>", from) - from));
}

const Json& row_of(const Json& data, std::string_view id) {
  return *std::find_if(data["rows"].begin(), data["rows"].end(), [&](const Json& row) { return row["id"] == id; });
}

std::size_t times(std::string_view text, std::string_view what) {
  std::size_t found = 0;
  for (auto at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1)) ++found;
  return found;
}

record::Transcript conversation() {
  judge::Script script = judge::Script().greeted();
  script.step(0).sends("MAIL FROM:<a@client.example>\r\n").says("250 Ok\r\n");
  script.sends("RCPT TO:<alice@example.test>\r\n").says("250 Ok\r\n").sends("DATA\r\n").says("354 Go on\r\n");
  script.step(1).sends("Subject: x\r\n\r\n..one\r\n.\r\n").says("250 Taken\r\n").sends("WHAT\r\n").says("299 Odd\r\n");
  script.delivers("Received: from a by b\r\n\tfor c; d\r\nSubject: x\r\n\r\n.one\r\n");
  return script.transcript();
}

}  // namespace

TEST_CASE("a page is one element of data, one style and one script, which its policy knows by their hashes") {
  const std::string page = reports::to_html(reports::sample_run(), none);
  CHECK(times(page, "<script") == 2);
  CHECK(times(page, "<style") == 1);
  CHECK(times(page, "'sha256-") == 2);
  CHECK(page.find("default-src 'none'; script-src 'sha256-") != std::string::npos);
  CHECK(page.find("{{") == std::string::npos);
  CHECK(page.find("unsafe") == std::string::npos);
  for (const char* outside : {" src=", "@import", "url(\"", "url(h", "fetch(", "eval("})
    CHECK(page.find(outside) == std::string::npos);
  CHECK(std::all_of(page.begin(), page.end(), [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); }));
}

TEST_CASE("the data of a page are what was approved") {
  const std::string problem =
      reports::golden_problem("page.json", reports::page_data(reports::sample_run(), none).dump(1) + "\n");
  INFO(problem);
  CHECK(problem.empty());
}

TEST_CASE("a page holds what the results hold: findings, rows, requirements") {
  const engine::RunResult run = reports::sample_run();
  const Json data = data_of(reports::to_html(run, none));
  REQUIRE(data["rows"].size() == run.scenarios.size());
  CHECK(data["verdict"][0]["kind"] == "crash");
  CHECK(data["verdict"][1] == Json{{"kind", "fail"}, {"text", "2 MUSTs are broken"}});
  CHECK(data["smtpspec"]["seed"] == "18446744073709551615");  // more than a script's numbers hold
  CHECK(data["findings"][0]["outcome"] == "crash");
  const Json& finding = data["findings"][1];
  CHECK(finding["id"] == "rfc5321/4.1.1.4/lf-is-no-line-end:early-reply");
  CHECK(finding["severity"] == "security");
  CHECK(data["requirements"][finding["requirement"].get<std::size_t>()]["id"] == "rfc5321/4.1.1.4/lf-is-no-line-end");
  CHECK(data["rows"][finding["evidence"].get<std::size_t>()]["id"] == "false-end-of-data/lf-dot-crlf");
  const Json& row = row_of(data, "false-end-of-data/lf-dot-crlf");
  CHECK(row["outcome"] == "fail");
  CHECK(row["expectation"] == "regression");
  CHECK(row["excerpt"].size() == run.scenarios[1].excerpt.size());  // there is no transcript
  CHECK(data["baseline"]["notes"].size() == 2);
}

TEST_CASE("a page has the order of outcomes from those who judge") {
  const Json data = data_of(reports::to_html(reports::sample_run(), none));
  REQUIRE(data["outcomes"].size() == scenario::outcome_count);
  CHECK(data["outcomes"][0] == "crash");
  CHECK(data["outcomes"][2] == "error");
  CHECK(data["outcomes"].back() == "pass");
}

TEST_CASE("what the baseline knows is a finding that is known") {
  const Json data = data_of(reports::to_html(reports::sample_run(), none));
  const auto known = std::find_if(data["findings"].begin(), data["findings"].end(),
                                  [](const Json& one) { return one.contains("known"); });
  REQUIRE(known != data["findings"].end());
  CHECK(data["rows"][(*known)["evidence"].get<std::size_t>()]["id"] == "vrfy-disabled");
  CHECK(row_of(data, "vrfy-disabled")["known"] == true);
}

TEST_CASE("nothing that a server or a folder says is markup") {
  for (const char* text : {"</script><script>alert(1)</script>", "<!--<script>", "]]>", "{{script}}", "\u202e\u2028",
                           "<img src=x onerror=alert(1)>", "\x1b[31m\xff\x00"}) {
    const std::string page = reports::to_html(reports::hostile_run(text), none);
    CHECK(times(page, "<script") == 2);
    CHECK(times(page, "</script") == 2);
    CHECK(times(page, "<img") == 0);
    CHECK(std::all_of(page.begin(), page.end(), [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); }));
    CHECK(data_of(page)["rows"].size() == scenario::outcome_count);
  }
}

TEST_CASE("a conversation has its segments and times, the messages that were taken, and what was delivered") {
  reports::Texts texts;
  const record::Transcript transcript = conversation();
  const Json json = reports::conversation_json(transcript, {}, texts);
  const auto text = [&](const Json& number) { return texts.all().at(number.get<std::size_t>()); };
  REQUIRE(json["sent"].size() == 1);
  CHECK(text(json["sent"][0]) == "Subject: x\\r\\n\\r\\n.one\\r\\n");
  REQUIRE(json["deliveries"].size() == 1);
  CHECK(text(json["deliveries"][0]["trace"]) == "Received: from a by b\\r\\n\\tfor c; d\\r\\n");
  CHECK(text(json["deliveries"][0]["message"]) == text(json["sent"][0]));
  const Json& last = json["events"].back();
  CHECK(last[1] == "s");
  CHECK(text(last[2]) == "299 Odd\\r\\n");
  CHECK_FALSE(json.contains("key"));
  const auto excerpt =
      std::vector<engine::ExcerptLine>{{engine::ExcerptLine::Side::server, "", "250 Taken\\r\\n", true}};
  const Json keyed = reports::conversation_json(transcript, excerpt, texts);
  CHECK(text(keyed["events"][keyed["key"].get<std::size_t>()][2]) == "250 Taken\\r\\n");
}

TEST_CASE("the edges of the session table, and what was seen on them") {
  reports::SessionTally tally;
  tally.add(conversation(), 7);
  const Json json = tally.json();
  const auto has = [](const Json& list, const Json& wanted) {
    return std::any_of(list.begin(), list.end(), [&](const Json& one) {
      return std::all_of(wanted.items().begin(), wanted.items().end(), [&](const auto& member) {
        return one.contains(member.key()) && one[member.key()] == member.value();
      });
    });
  };
  CHECK(has(json["edges"], {{"from", "rcpt"}, {"on", "DATA"}, {"to", "data"}}));
  CHECK(has(json["edges"], {{"from", "ready"}, {"on", "AUTH"}, {"to", "auth"}}));
  CHECK(has(json["edges"], {{"from", "mail"}, {"on", "RSET"}, {"to", "ready"}}));
  CHECK(has(json["seen"], {{"from", "data"}, {"on", "end of data"}, {"code", 250}, {"times", 1}, {"row", 7}}));
  CHECK(has(json["seen"], {{"from", "ready"}, {"on", "another command"}, {"code", 299}, {"odd", true}}));
  CHECK_FALSE(has(json["seen"], {{"code", 250}, {"odd", true}}));
}

TEST_CASE("a page is bounded, whatever the run and its transcripts are") {
  record::Transcript endless = conversation();
  for (int i = 0; i < 20000; ++i) {
    record::Event event = endless.events.back();
    event.octets = "250 " + std::to_string(i) + std::string(i % 100 == 0 ? 100'000 : 40, '\xff') + "\r\n";
    endless.events.push_back(event);
  }
  const auto same = [&](const std::string& /*path*/) { return std::optional(endless); };
  engine::RunResult run = reports::endless_run();
  run.scenarios.resize(60);
  for (auto& row : run.scenarios) row.transcript = "transcripts/x.jsonl";
  CHECK(reports::to_html(run, same).size() < 5'000'000);
  CHECK(reports::to_html(reports::endless_run(), none).size() < 12'000'000);
}

TEST_CASE("what rows may share is bounded as well, and stored once where they share it") {
  engine::RunResult run;
  run.scenarios.resize(5000);
  for (auto& row : run.scenarios) row.rationale = row.file = std::string(1000, 'r');
  const Json data = data_of(reports::to_html(run, none));
  CHECK(data["texts"] == Json{std::string(1000, 'r'), "general"});
  for (std::size_t i = 0; i < run.scenarios.size(); ++i) {
    auto& row = run.scenarios[i];
    row.rationale = row.file = std::to_string(i) + std::string(3000, 'r');
    row.tags = {row.rationale + 't'};
    row.seen_in = {row.rationale + 's'};
  }
  CHECK(reports::to_html(run, none).size() < 12'000'000);
}

TEST_CASE("the embedded files are those of the folder") {
  const std::string page = reports::to_html(engine::RunResult(), none);
  const std::filesystem::path folder = std::filesystem::path(SMTPSPEC_SOURCE_DIR) / "reports/html";
  std::size_t scripts = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream file(entry.path());
    std::ostringstream text;
    text << file.rdbuf();
    if (entry.path().extension() != ".js" && entry.path().extension() != ".css") continue;
    INFO(entry.path().string());
    CHECK(page.find(text.str()) != std::string::npos);
    ++scripts;
  }
  CHECK(scripts > 5);
}
