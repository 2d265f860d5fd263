#include "harness/scenario/loader.hpp"

#include <filesystem>
#include <fstream>
#include <string>

#include <catch2/catch_test_macros.hpp>
#include <unistd.h>

#include "harness/scenario/toml_reader.hpp"

using namespace smtpspec::scenario;
namespace fs = std::filesystem;

namespace {

const std::string head = "[[scenario]]\nid = \"a\"\ntitle = \"A\"\n";

Loaded<Suite> load(const std::string& toml) { return load_scenarios(toml, "a.toml"); }

Step step(const std::string& toml) {
  const auto loaded = load(head + "needs = []\nsteps = [" + toml + "]\n");
  for (const Diagnostic& diagnostic : loaded.diagnostics) INFO(render(diagnostic));
  REQUIRE(loaded.diagnostics.empty());
  return loaded.value.scenarios.at(0).steps.at(0);
}

/// A folder of this test's own, gone after it.
struct Folder {
  fs::path path = fs::temp_directory_path() / ("smtpspec-loader-test-" + std::to_string(::getpid()));
  Folder() { fs::create_directories(path / "deep"); }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path / name, std::ios::binary) << text;
  }
};

std::string scenario_named(const std::string& id) {
  return "[[scenario]]\nid = \"" + id + "\"\ntitle = \"T\"\nrequirements = [\"x/y\"]\ncatches = [\"f\"]\n" +
         "steps = [{ send = \"NOOP\", expect = \"250\" }]\n";
}

std::string rendered(const Loaded<Suite>& loaded) {
  std::string out;
  for (const Diagnostic& diagnostic : loaded.diagnostics) out += render(diagnostic);
  return out;
}

}  // namespace

TEST_CASE("Every key of a scenario") {
  const auto loaded = load(R"([[requirement]]
id = "rfc5321/4.1/words"
level = "should"
lines = "1-2"
says = "Words."
[[scenario]]
id = "whole"
title = "T"
rationale = "R"
requirements = "rfc5321/4.1/words"
tags = ["one", "two"]
needs = ["SIZE", "no AUTH PLAIN", "fact tls", "no fact auth"]
state = "rcpt"
steps = [{ send = "DATA" }]
delivered = { count = 2, at-most = 3, reverse-path = '<{sender}>', forward-path = ['{accepted}', '{accepted2}'], no-reverse-path = [], no-forward-path = 'x', body = ['a', 'b'], content = 'm', contains = 'c', matches = '^m', lacks = 'l', parameters = '{sender} RET=HDRS', no-parameters = ['{accepted} NOTIFY'] }
catches = ["fault"]
alone = true
fence = false
timeout = "2m"
)");
  REQUIRE(loaded.diagnostics.empty());
  const Scenario& one = loaded.value.scenarios.at(0);
  CHECK(one.level == Level::should);
  CHECK(one.tags.size() == 2);
  REQUIRE(one.needs.size() == 4);
  CHECK(one.needs[1].negated);
  CHECK(one.needs[1].name == "AUTH");
  CHECK(one.needs[1].parameter == "PLAIN");
  CHECK(one.needs[3].kind == Condition::Kind::fact);
  CHECK(one.needs[3].negated);
  CHECK(one.from == Ladder::rcpt);
  CHECK(one.delivered->count == 2U);
  CHECK(one.delivered->at_most == 3U);
  CHECK(one.delivered->to.size() == 2);
  CHECK(one.delivered->none_from.empty());
  CHECK(one.delivered->none_to == std::vector<Text>{literal("x")});
  CHECK(one.delivered->body.size() == 2);
  CHECK(one.delivered->parameters.size() == 1);
  CHECK(one.delivered->no_parameters.size() == 1);
  CHECK(one.alone);
  CHECK_FALSE(one.fence);
  CHECK(one.timeout == Duration(120000));
  CHECK(one.place.line == 6);
  CHECK(loaded.value.requirements.at("rfc5321/4.1/words").lines == smtpspec::ledger::Lines{1, 2});
}

TEST_CASE("What is not said has its default") {
  const Scenario one = load(head + "steps = []\n").value.scenarios.at(0);
  CHECK(one.level == Level::must);
  CHECK(one.from == Ladder::greeted);
  CHECK(one.fence);
  CHECK_FALSE(one.alone);
  CHECK_FALSE(one.delivered);
  CHECK_FALSE(one.timeout);
}

TEST_CASE("Every kind of step") {
  using Framing = Send::Framing;
  const auto send = [](const std::string& toml) { return std::get<Send>(step(toml).action); };
  const auto does = [](const std::string& toml, const Action& action) {
    return step(toml).action.index() == action.index();
  };
  CHECK(send("{ send = 'X' }").framing == Framing::line);
  CHECK(send("{ bytes = 'X' }").framing == Framing::none);
  CHECK(send("{ message = 'X' }").octets == literal("X"));
  CHECK(send("{ message = 'X' }").framing == Framing::data);
  const Send chunk = send("{ chunk = 'X', last = true, size = 9223372036854775807 }");
  CHECK(chunk.framing == Framing::chunk);
  CHECK(chunk.last_chunk);
  CHECK(chunk.chunk_size == 9223372036854775807U);
  CHECK(std::get<Pause>(step("{ pause = '3s' }").action).duration == Duration(3000));
  CHECK(std::get<Open>(step("{ open = 'b' }").action).ladder == Ladder::greeted);
  CHECK(std::get<Open>(step("{ open = 'b', state = 'connected' }").action).ladder == Ladder::connected);
  CHECK(step("{ open = 'b', state = 'connected', expect = '220' }").session == "b");
  CHECK(does("{ tls = 'handshake' }", Handshake{}));
  CHECK(does("{ tls = 'close_notify' }", CloseNotify{}));
  CHECK(does("{ disconnect = 'half' }", HalfClose{}));
  CHECK(does("{ disconnect = 'reset' }", Reset{}));
  CHECK(does("{ disconnect = 'full' }", Close{}));
  const auto login = std::get<Login>(
      step("{ login = 'PLAIN', user = '{user}', password = 'x', initial = false, expect = '235' }").action);
  CHECK(login.mechanism == "PLAIN");
  CHECK(login.user);
  CHECK_FALSE(login.initial_response);
  CHECK(does("{ expect = '220' }", Await{}));
  CHECK(step("{ send = 'X', replies = 'owed' }").owed);
  CHECK(does("{ replies = 'owed' }", Await{}));
  CHECK_FALSE(step("{ send = 'X', replies = ['250', '250'] }").owed);

  const Step late = step("{ bytes = 'abc', cut = [1, -1], gap = '20ms', beneath-tls = true, wait = '2s' }");
  CHECK(std::get<Send>(late.action).cut.at == std::vector<long>{1, -1});
  CHECK(std::get<Send>(late.action).cut.pause == Duration(20));
  CHECK(std::get<Send>(late.action).beneath_tls);
  CHECK(late.within == Duration(2000));
  CHECK(send("{ bytes = 'abc', cut = 'each' }").cut.each_octet);
}

TEST_CASE("Every kind of expectation") {
  using Kind = Alternative::Kind;
  const auto only = [](const std::string& toml) {
    return step("{ send = 'X', expect = " + toml + " }").replies.at(0).alternatives.at(0);
  };
  CHECK(only("'250'").code == "250");
  CHECK(only("'550 5.1.z'").enhanced == "5.1.z");
  CHECK(only("'421 4.3.0 close'").closes);
  CHECK(only("'close'").kind == Kind::close);
  CHECK(only("'silence'").kind == Kind::silence);
  CHECK(only("{ reply = '5yz 5.y.z' }").code == "5yz");
  const Alternative all = only(
      "{ reply = '250 2.1.0 close', line-count = 2, keywords = ['SIZE'], without = 'AUTH', contains "
      "= 'x', capture = { a = '(.)' }, as = 'info', because = 'b', then = 'end' }");
  CHECK(all.enhanced == "2.1.0");
  CHECK(all.closes);
  CHECK(all.lines == 2U);
  CHECK(all.keywords.size() == 1);
  CHECK(all.without == std::vector<std::string>{"AUTH"});
  CHECK(all.contains == literal("x"));
  CHECK(all.capture.at("a") == "(.)");
  CHECK(all.as == Outcome::info);
  CHECK(all.because == "b");
  CHECK(all.ends);
  CHECK(step("{ send = 'X', expect = ['250', 'close'] }").replies.at(0).alternatives.size() == 2);
  CHECK(step("{ bytes = 'X', replies = ['250', ['251', '252'], { repeat = 200, expect = '250' }] }").replies.size() ==
        202);
}

TEST_CASE("Rows are put in before anything is read") {
  const auto loaded = load(head + R"(rationale = "{row}"
each = [
  { row = "x-{n}-{m}", n = { range = [1, 5], by = 2 }, m = { range = [0, 1] }, text = 'n{n}', wanted = ["250"], flag = true },
]
steps = [{ send = '{text} \{n\} {x*{n}}', cut = "{n}", expect = "{wanted}" }, { send = "{m}", expect = "250" }]
alone = "{flag}"
)");
  REQUIRE(loaded.diagnostics.empty());
  const auto& rows = loaded.value.scenarios;
  REQUIRE(rows.size() == 6);
  CHECK(rows[0].id == "a/x-1-0");
  CHECK(rows[5].id == "a/x-5-1");
  CHECK(rows[5].family == "a");
  CHECK(rows[5].alone);
  CHECK(rows[5].rationale == "x-5-1");
  const auto first = std::get<Send>(rows[5].steps[0].action);
  CHECK(first.cut.at == std::vector<long>{5});
  CHECK(*expand(first.octets, nullptr) == "n5 {n} xxxxx");
  CHECK(*expand(std::get<Send>(rows[5].steps[1].action).octets, nullptr) == "1");
}

TEST_CASE("No file grows beyond bounds") {
  // Rows times steps times a long string, and repetitions of repetitions.
  const std::string text(100000, 'x');
  std::string steps;
  for (int i = 0; i < 100; ++i) steps += "{ send = '{t}', expect = '250' },";
  const auto rows = load(head + "each = [{ row = 'n-{n}', n = { range = [1, 9999] }, t = '" + text + "' }]\nsteps = [" +
                         steps + "{ send = '{n}' }]\n");
  CHECK_FALSE(rows.ok());
  std::string replies;
  for (int i = 0; i < 1000; ++i) replies += "{ bytes = 'X', replies = [{ repeat = 10000, expect = '250' }] },";
  CHECK_FALSE(load(head + "steps = [" + replies + "]\n").ok());
  std::string errors;
  for (int i = 0; i < 1000; ++i) errors += "{ nothing = 1 },\n";
  CHECK(load(head + "steps = [" + errors + "]\n").diagnostics.size() == max_diagnostics + 1);
}

TEST_CASE("A suite is all files below a folder, sorted") {
  const Folder folder;
  folder.write("b.toml", scenario_named("b") + "[[requirement]]\nid = \"x/y\"\nlevel = \"may\"\nsays = \"s\"\n");
  folder.write("deep/c.toml", scenario_named("c"));
  folder.write("a.toml", scenario_named("a"));
  folder.write("README.md", "no scenario");
  const auto loaded = load_suite({folder.path, folder.path / "a.toml"});
  CHECK(rendered(loaded) == "");
  REQUIRE(loaded.value.scenarios.size() == 3);
  CHECK(loaded.value.scenarios[0].id == "a");
  CHECK(loaded.value.scenarios[2].id == "c");
  CHECK(loaded.value.scenarios[0].level == Level::may);
  CHECK(loaded.value.scenarios[0].levels == std::map<std::string, Level>{{"x/y", Level::may}});
}

TEST_CASE("Of a name that a suite of one's own shares with ours, each has its own") {
  const Folder folder;
  const auto table = [](const std::string& name, const std::string& row) {
    return "[rows]\n" + name + " = [{ row = '" + row + "' }]\n";
  };
  const auto scenario = [](const std::string& id) {
    return "[[scenario]]\nid = '" + id +
           "'\ntitle = 'T {row}'\nrequirements = ['x/y']\neach = ['both']\ncatches = ['f']\n" +
           "steps = [{ send = 'NOOP', expect = '250' }]\n";
  };
  fs::create_directories(folder.path / "deep/requirements");
  folder.write("deep/requirements/x.toml", "[[requirement]]\nid = \"x/y\"\nlevel = \"may\"\nsays = \"s\"\n");
  folder.write("deep/ours.toml", table("both", "ours") + scenario("a"));
  folder.write("own.toml", table("both", "own") + scenario("b"));
  const auto loaded = load_suite({folder.path / "deep", folder.path / "own.toml"}, folder.path / "deep/requirements");
  CHECK(rendered(loaded) == "");
  REQUIRE(loaded.value.scenarios.size() == 2);
  CHECK(loaded.value.scenarios[0].id == "a/ours");
  CHECK(loaded.value.scenarios[1].id == "b/own");
  folder.write("own2.toml", table("both", "own"));
  const auto twice =
      load_suite({folder.path / "own.toml", folder.path / "own2.toml"}, folder.path / "deep/requirements");
  CHECK(rendered(twice).find("own2.toml:2:1: error: 'both' is defined twice in the suite") != std::string::npos);
}

TEST_CASE("What cannot be read is named") {
  const Folder folder;
  const std::string path = folder.path.string();
  CHECK(rendered(load_suite({folder.path / "deep"})) == path + "/deep: error: no *.toml file in this folder\n");
  CHECK(rendered(load_suite({folder.path / "none.toml"})) == path + "/none.toml: error: no such file\n");
  CHECK(rendered(load_suite({"/dev/zero"})) == "/dev/zero: error: not a file that can be read\n");
  folder.write("large.toml", std::string(max_file + 1, '\n'));
  CHECK(rendered(load_suite({folder.path / "large.toml"})).find("octets at most") != std::string::npos);
  folder.write("empty.toml", "");
  CHECK(rendered(load_suite({folder.path / "empty.toml"})) ==
        path + "/empty.toml: error: the suite holds no scenario\n");
  CHECK(rendered(load_suite({})) == "smtpspec: error: the suite holds no scenario\n");
}

TEST_CASE("An unknown requirement and an unknown fault are underlined at their keys") {
  const Folder folder;
  const std::string ledger = "[[requirement]]\nid = \"x/y\"\nsays = \"s\"\n";
  std::string text = ledger + scenario_named("a");
  text.replace(text.find("[\"x/y\"]"), 7, "[\"x/z\"]");
  folder.write("a.toml", text);
  const std::string file = (folder.path / "a.toml").string();
  const auto loaded = load_suite({folder.path});
  CHECK(rendered(loaded) == file + ":7:1: error: requirement 'x/z' is in no ledger row\n" +
                                "  7 | requirements = [\"x/z\"]\n    | ^^^^^^^^^^^^ did you mean 'x/y'?\n");
  const auto faults = check_faults(loaded.value, {"g"});
  REQUIRE(faults.size() == 1);
  CHECK(render(faults[0]) == file + ":8:1: error: scenario 'a' catches 'f', which is no named fault\n" +
                                 "  8 | catches = [\"f\"]\n    | ^^^^^^^\n");
}

TEST_CASE("A rule that several files have the same row of is one row") {
  const Folder folder;
  const std::string ledger = "[[requirement]]\nid = \"x/y\"\nsays = \"s\"\n";
  const std::string rule =
      "[[rule]]\nrule = \"one-code\"\ntitle = \"T\"\nrequirements = [\"x/y\"]\ncatches = [\"f\"]\n";
  folder.write("a.toml", ledger + rule);
  folder.write("b.toml", "\n" + rule);
  const auto loaded = load_suite({folder.path});
  CHECK(rendered(loaded) == "");
  CHECK(loaded.value.scenarios.size() == 1);
  folder.write("c.toml", rule + "level = \"may\"\n");
  CHECK(rendered(load_suite({folder.path})).find("a second scenario has the id 'always/one-code'") !=
        std::string::npos);
}

TEST_CASE("Findings over the whole suite show their lines") {
  const Folder folder;
  const std::string ledger = "[[requirement]]\nid = \"x/y\"\nsays = \"s\"\n";
  folder.write("a.toml", ledger + scenario_named("same"));
  folder.write("b.toml", scenario_named("same") + "[[requirement]]\nid = \"x/y\"\nsays = \"other\"\n");
  const std::string path = folder.path.string();
  CHECK(rendered(load_suite({folder.path})) ==
        path + "/b.toml:7:1: error: requirement 'x/y' is stated otherwise\n" +
            "  7 | [[requirement]]\n    | ^^^^^^^^^^^^^^^ in " + path + "/a.toml:1 it is a must: s\n" + path +
            "/b.toml:1:1: error: a second scenario has the id 'same'\n" +
            "  1 | [[scenario]]\n    | ^^^^^^^^^^^^ the first is in " + path + "/a.toml:4\n");
}
