#include "harness/scenario/toml_tree.hpp"

#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

using namespace smtpspec::scenario;

TEST_CASE("Everything knows its place") {
  const Source source{"a.toml", "a = 'x'\n[b]\n\"k\u00e4y\" = [1, true]\n"};
  const auto tree = parse_toml(source);
  REQUIRE_FALSE(tree.error);
  const Item& list = *tree.root.find("b")->find("k\u00e4y");
  CHECK(tree.root.find("a")->spot.column == 5);
  CHECK(tree.root.find("a")->spot.width == 3);
  CHECK(list.spot.line == 3);
  CHECK(list.spot.column == 9);
  CHECK(list.items[0].integer == 1);
  CHECK(list.items[1].boolean);
  CHECK(list.items[1].spot.column == 13);
  CHECK(tree.root.find("c") == nullptr);
}

TEST_CASE("An octet of a string is found through the four forms of TOML") {
  struct Case {
    std::string toml;
    std::size_t offset;
    int line;
    int column;
  };
  const std::vector<Case> cases = {
      {R"(a = 'xyz')", 0, 1, 6},
      {R"(a = 'xyz')", 2, 1, 8},
      {R"(a = "xyz")", 2, 1, 8},
      {R"(a = "\\y")", 1, 1, 8},
      {"a = '\u00e4z'", 2, 1, 7},
      {"a = '''\nx\nyz'''", 3, 3, 2},
      {"a = \"\"\"x\ny\\nz\"\"\"", 4, 2, 4},
      {"a = '''x'''", 0, 1, 8},
      {R"(a = "\u0041z")", 1, 1, 5},  // not followed: the string's start
  };
  for (const Case& one : cases) {
    INFO(one.toml << " at " << one.offset);
    const Source source{"a.toml", one.toml};
    const auto tree = parse_toml(source);
    REQUIRE_FALSE(tree.error);
    const Spot spot = spot_within(*tree.root.find("a"), one.offset);
    CHECK(spot.line == one.line);
    CHECK(spot.column == one.column);
  }
}

TEST_CASE("Depth is bounded before anything is read by recursion") {
  const auto repeat = [](const std::string& unit, int count) {
    std::string out;
    for (int i = 0; i < count; ++i) out += unit;
    return out;
  };
  const auto errors = [](const std::string& text) { return parse_toml(Source{"a.toml", text}).error.has_value(); };
  const std::vector<std::string> deep = {
      "a = " + repeat("[", 100000),      "a = " + repeat("{b = ", 100000), repeat("a.", 100000) + "a = 1",
      "[" + repeat("a.", 100000) + "a]", repeat("'a'.", 100000) + "a = 1", "a = {" + repeat("b.", 100000) + "b = 1}",
  };
  for (const std::string& text : deep) CHECK(errors(text));
  CHECK_FALSE(errors("a = '" + repeat("[.", 1000) + "' # " + repeat("[.", 1000)));
  CHECK_FALSE(errors("a = '''\n" + repeat("[.\n", 1000) + "''''\nb = \"\\\"[[\""));
  CHECK(errors(std::string(max_file + 1, '\n')));
}

TEST_CASE("Lines of a text") {
  CHECK(line_of("a\r\nb\n", 1) == "a");
  CHECK(line_of("a\r\nb\n", 2) == "b");
  CHECK(line_of("a\r\nb\n", 3).empty());
  CHECK(line_of("a", 2).empty());
  CHECK(line_count("") == 1);
  CHECK(line_count("a\nb") == 2);
}
