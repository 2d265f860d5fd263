// Exit codes of `run`, a contract with whoever scripts it.
#pragma once

namespace smtpspec::cli {

enum ExitCode {
  exit_complete = 0,
  exit_findings = 1,
  exit_usage = 2,       ///< usage, target file or scenario invalid; nothing was sent
  exit_untestable = 3,  ///< not reachable, or the canary failed
  exit_nothing_ran = 4,
  exit_untrusted = 5,  ///< incomplete, or not to be trusted
  exit_baseline = 6,   ///< only the baseline is out of date
  exit_internal = 70,
  exit_not_written = 74,  ///< a report could not be written
  exit_signal = 128,      ///< plus the signal's number
};

}  // namespace smtpspec::cli
