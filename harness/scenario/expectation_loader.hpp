// What a step awaits, read from a TOML tree: strings such as "5yz 5.1.1" and "421 close", tables, lists of
// alternatives.
#pragma once

#include <vector>

#include "harness/scenario/model.hpp"
#include "harness/scenario/toml_reader.hpp"

namespace smtpspec::scenario {

/// Most replies that one step may await (`times` counted out).
inline constexpr std::size_t max_replies = 10000;

/// One expectation: a string, a table or a list of alternatives. Captures are added to `values` as they are read.
[[nodiscard]] Expectation load_expectation(Reader& reader, const Item& item, Values& values);

/// The expectations of a pipelined group, `times` counted out.
[[nodiscard]] std::vector<Expectation> load_replies(Reader& reader, const Item& item, Values& values);

}  // namespace smtpspec::scenario
