#include "harness/cli/fuzz_options.hpp"

#include "harness/cli/suite_files.hpp"

namespace smtpspec::cli {

void add_options(CLI::App& command, FuzzOptions& options) {
  command.add_option("target", options.target.target,
                     "A target file or a URL; left out: the embedded reference server");
  add_options(command, options.target);
  add_suite_option(command, options.suite);
  command.add_option("--out", options.out, "Folder of the campaign; one that is there is gone on with")
      ->capture_default_str();
  command.add_option("--time", options.time, "How long: 20s, 5m, 1h")->capture_default_str();
  command.add_option("--jobs", options.jobs, "Workers, each a process with one session at a time")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  command.add_option("--baseline", options.baseline,
                     "Known findings, as those of a run, that are none of this campaign");
  auto* against =
      command.add_option("--against", options.against,
                         "Another server, that runs already: each new input is played on it too, and compared");
  auto* replay = command.add_option("--replay", options.replay,
                                    "Play one input of queue/ or crashes/, or a scenario of findings/, and show what "
                                    "comes of it");
  command
      .add_option("--write-scenario", options.write_scenario,
                  "Write what was played, and is broken, as a scenario for a suite into this file")
      ->needs(replay);
  command.add_option("--seed", options.seed,
                     "Of the random changes; which input is changed next depends on how long each took as well");
  command.add_flag("--allow-remote", options.allow_remote, "Fuzz a server that is not on this machine");
  command
      .add_flag(
          "--apart", options.apart,
          "Each worker starts a server of its own, with loopback, processes and [server] state of its own; root may")
      ->excludes(replay)
      ->excludes(against);
}

}  // namespace smtpspec::cli
