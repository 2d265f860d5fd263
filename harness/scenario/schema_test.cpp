#include "harness/scenario/schema.hpp"

#include <set>
#include <string>

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

using namespace smtpspec::scenario;
using nlohmann::json;

namespace {

/// Calls `visit` for each schema within a schema.
template <class Visit>
void each_schema(const json& schema, const Visit& visit) {
  visit(schema);
  if (!schema.is_object()) return;
  for (const char* key : {"if", "then", "else", "items", "additionalProperties"})
    if (schema.contains(key)) each_schema(schema[key], visit);
  for (const char* key : {"properties", "definitions", "dependencies"})
    if (schema.contains(key))
      for (const auto& [name, one] : schema[key].items()) each_schema(one, visit);
  for (const char* key : {"anyOf", "allOf"})
    if (schema.contains(key))
      for (const json& one : schema[key]) each_schema(one, visit);
}

}  // namespace

TEST_CASE("The schemas use known words, and name nothing that is not there") {
  const std::set<std::string> known = {"$schema",  "title", "description", "type",         "properties",
                                       "required", "enum",  "pattern",     "minimum",      "maximum",
                                       "items",    "anyOf", "allOf",       "if",           "then",
                                       "else",     "$ref",  "definitions", "dependencies", "additionalProperties"};
  for (const std::string& text : {scenario_schema(), target_schema(), baseline_schema()}) {
    const json schema = json::parse(text);
    each_schema(schema, [&](const json& one) {
      if (one.is_boolean()) return;
      REQUIRE(one.is_object());
      for (const auto& [word, value] : one.items()) CHECK(known.count(word) == 1);
      if (!one.contains("$ref")) return;
      const std::string name = one["$ref"].get<std::string>().substr(std::string("#/definitions/").size());
      INFO(name);
      CHECK(schema["definitions"].contains(name));
    });
  }
}

TEST_CASE("An action excludes the others, and what belongs to them") {
  const json step = json::parse(scenario_schema())["definitions"]["step"];
  const json& of_send = step["dependencies"]["send"]["properties"];
  CHECK(of_send["pause"] == false);
  CHECK(of_send["last"] == false);
  CHECK_FALSE(of_send.contains("expect"));
  CHECK_FALSE(of_send.contains("repeat"));
  for (const auto& [key, value] : of_send.items()) CHECK(step["properties"].contains(key));
}
