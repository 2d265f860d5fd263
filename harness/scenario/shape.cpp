#include "harness/scenario/shape.hpp"

namespace smtpspec::scenario {

std::vector<std::string> names_of(const std::vector<Key>& keys) {
  std::vector<std::string> names;
  names.reserve(keys.size());
  for (const Key& key : keys) names.emplace_back(key.name);
  return names;
}

namespace shape {

Json text() { return {{"type", "string"}}; }
Json matching(std::string_view pattern) { return {{"type", "string"}, {"pattern", pattern}}; }
Json boolean() { return {{"type", "boolean"}}; }
Json integer(std::int64_t least, std::int64_t most) {
  return {{"type", "integer"}, {"minimum", least}, {"maximum", most}};
}
Json duration() { return matching("^[0-9]+(ms|s|m)$"); }
Json one_of(const std::vector<std::string>& words) { return {{"enum", words}}; }
Json list_of(const Json& one) { return {{"type", "array"}, {"items", one}}; }
Json some(const Json& one) { return by_type("array", list_of(one), one); }
Json table_of(const Json& value) { return {{"type", "object"}, {"additionalProperties", value}}; }
Json definition(std::string_view name) { return {{"$ref", "#/definitions/" + std::string(name)}}; }
Json or_column(const Json& one) { return {{"anyOf", Json::array({one, definition("column")})}}; }
Json by_type(std::string_view type, const Json& one, const Json& other) {
  return {{"if", {{"type", type}}}, {"then", one}, {"else", other}};
}

Json table(const std::vector<Key>& keys, const std::vector<Exclusion>& exclusions,
           const std::vector<std::string_view>& one_of_these) {
  Json out = {{"type", "object"}, {"additionalProperties", false}, {"properties", Json::object()}};
  for (const Key& key : keys) {
    Json& property = out["properties"][std::string(key.name)];
    property["description"] = key.meaning;
    // What stands beside a $ref is not looked at.
    property.update(key.shape.contains("$ref") ? Json{{"allOf", Json::array({key.shape})}} : key.shape);
    if (key.needed) out["required"].push_back(key.name);
  }
  for (const Exclusion& exclusion : exclusions)
    for (const std::string_view other : exclusion.others)
      out["dependencies"][std::string(exclusion.key)]["properties"][std::string(other)] = false;
  for (const std::string_view key : one_of_these) out["anyOf"].push_back({{"required", Json::array({key})}});
  return out;
}

}  // namespace shape
}  // namespace smtpspec::scenario
