#include "harness/engine/canary.hpp"

#include <cstdlib>

#include "harness/scenario/loader.hpp"

namespace smtpspec::engine {

namespace {

/// Scenarios like all others, in the same language.
constexpr std::string_view canaries = R"(
[[scenario]]
id = "canary"
title = "An ordinary message is accepted and delivered"
state = "data"
steps = [ { message = '{header}canary\r\n', expect = "250" } ]
delivered = { count = 1 }

[[scenario]]
id = "canary-between"
title = "A transaction is opened and given up"
state = "rcpt"
steps = [ { send = "RSET", expect = "250" } ]
)";

const scenario::Suite& suite() {
  static const auto loaded = scenario::load_scenarios(canaries, "canaries");
  if (!loaded.ok() || loaded.value.scenarios.size() != 2) std::abort();  // ours alone: a test loads it
  return loaded.value;
}

}  // namespace

const scenario::Scenario& canary_with_message() { return suite().scenarios[0]; }
const scenario::Scenario& canary_without_message() { return suite().scenarios[1]; }

}  // namespace smtpspec::engine
