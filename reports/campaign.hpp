// What a campaign's folder tells, as a page for a browser.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/engine/result.hpp"
#include "reports/report.hpp"

namespace smtpspec::reports {

struct Campaign {
  /// A line of plot_data.
  struct Moment {
    std::uint64_t seconds = 0;  ///< since the beginning
    std::uint64_t sessions = 0;
    std::uint64_t edges = 0;  ///< or features, where the server does not show its edges
    std::uint64_t findings = 0;
  };
  /// A line of states.
  struct Reply {
    std::string state;  ///< in which it came
    std::string on;     ///< what it answers: "EHLO", "end of data"
    int code = 0;
    std::uint64_t times = 0;
  };
  struct Found {
    std::string name;       ///< of its files: "crash-bdat"
    std::string id;         ///< of the scenario that it was written as: "fuzz-crash-bdat"; the name where there is none
    std::string title;      ///< may be empty
    std::string rationale;  ///< what was expected, and what was seen
    std::vector<engine::CitedRequirement> requirements;
    ledger::Level level = ledger::Level::must;  ///< of the scenario
    std::string text;        ///< of its file: the scenario, or the figures of what no session shows alone
    std::string again;       ///< the command that plays it; empty where no session shows it
    std::string replay;      ///< the one that shows what comes of it
    std::string transcript;  ///< path of its conversation
  };
  std::string name;                                        ///< of the target
  std::vector<std::pair<std::string, std::string>> stats;  ///< of fuzzer_stats, as they stand there
  std::vector<Moment> moments;
  std::vector<Reply> replies;
  std::vector<Found> findings;
  std::size_t left_out = 0;  ///< findings
  Transcripts transcripts;   ///< of the findings, by their paths; may be empty

  [[nodiscard]] std::string stat(const std::string& key) const;
};

/// "3 findings in 22747 sessions, 30 seconds"
[[nodiscard]] std::string verdict(const Campaign& campaign);
[[nodiscard]] std::string to_html(const Campaign& campaign);

}  // namespace smtpspec::reports
