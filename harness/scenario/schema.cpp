#include "harness/scenario/schema.hpp"

#include <utility>
#include <vector>

#include "harness/scenario/loaders.hpp"

namespace smtpspec::scenario {
namespace {

using Definition = std::pair<std::string, shape::Json>;

std::string schema(std::string_view title, const shape::Json& root, const std::vector<Definition>& definitions) {
  shape::Json out;
  out["$schema"] = "http://json-schema.org/draft-07/schema#";
  out["title"] = title;
  out.update(root);
  for (const auto& [name, shape] : definitions) out["definitions"][name] = shape;
  return out.dump(2) + "\n";
}

}  // namespace

std::string scenario_schema() {
  return schema(
      "smtpspec scenarios", file_shape(),
      {{"scenario", scenario_shape()},
       {"requirement", requirement_shape()},
       {"rule", rule_shape()},
       {"survey", survey_shape()},
       {"rows", rows_shape()},
       {"step", step_shape()},
       {"steps",
        shape::by_type("array",
                       shape::list_of(shape::by_type("string", shape::definition("column"), shape::definition("step"))),
                       shape::definition("column"))},
       {"expectation", expectation_shape()},
       {"alternative", alternative_shape()},
       {"replies", replies_shape()},
       {"delivered", delivered_shape()},
       {"column", shape::matching(R"(^\{[a-z][a-z0-9_-]*\}$)")}});
}

std::string target_schema() { return schema("smtpspec target", target_shape(), {}); }
std::string baseline_schema() { return schema("smtpspec baseline", baseline_shape(), {}); }

}  // namespace smtpspec::scenario
