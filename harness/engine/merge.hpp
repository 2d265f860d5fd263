// The shards of one run, joined to what they would have been as one.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/engine/result.hpp"

namespace smtpspec::engine {

struct Shard {
  std::string name;  ///< for people: its folder
  RunResult run;
};

struct Merged {
  RunResult run;
  std::vector<std::size_t> from;  ///< of each of its rows: the place in the list of the shard that its evidence is of
};

/// nullopt, with `problem` filled, where they are not all the shards of one run: one is missing or there twice, one is
/// of another suite, selection, seed, target or version, or a row is in several that only one can have.
[[nodiscard]] std::optional<Merged> merged(std::span<const Shard> shards, std::string& problem);

}  // namespace smtpspec::engine
