// What `smtpspec fuzz` is asked for.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "harness/cli/run_options.hpp"

namespace smtpspec::cli {

struct FuzzOptions {
  TargetOptions target;
  std::vector<std::filesystem::path> suite;
  std::filesystem::path out = "smtpspec-fuzz";
  std::string time = "1m";
  std::size_t jobs = 2;
  std::uint64_t seed = 0;        ///< 0: taken from the clock
  std::string against;           ///< another server to compare with, as `target`
  std::filesystem::path replay;  ///< an input, or a finding's scenario, to play once, instead of a campaign
  std::filesystem::path write_scenario;
  bool allow_remote = false;
  std::filesystem::path baseline;
  bool apart = false;  ///< each worker with a server of its own
};
void add_options(CLI::App& command, FuzzOptions& options);

}  // namespace smtpspec::cli
