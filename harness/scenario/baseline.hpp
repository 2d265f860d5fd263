// Known failures, which a run is held against, as plain values; loader.hpp reads them.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/scenario/model.hpp"

namespace smtpspec::scenario {

struct Baseline {
  struct Entry {
    std::string scenario;            ///< id of a row, or a glob such as "false-end-of-data/*"; empty: a finding's entry
    std::string finding;             ///< id of a finding, or a glob: all of its rows are known
    std::optional<Outcome> outcome;  ///< a row's entry has one; nullopt: whatever finding it is
    std::string cause;               ///< must be this one, if given; another is drift
    std::string signature;           ///< what was seen, names and numbers taken out; what is seen otherwise is drift
    /// Of a finding's entry: rows that showed it when it was accepted, and the print of how each did; empty: in any
    /// way. A row that shows the same again is known, whatever else it is told of with.
    std::map<std::string, std::string> rows;
    std::string reason;
    std::string link;                                  ///< of a ticket, for people
    std::string owner;                                 ///< whose it is
    std::optional<std::chrono::year_month_day> until;  ///< the last day (UTC) on which it holds
    bool unstable = false;                             ///< a pass is as expected as the failure
    Place place;
  };
  std::vector<Entry> entries;
  /// Which of several permitted endings rows took, names and numbers taken out, by their ids; nullopt: nobody
  /// remembers.
  std::optional<std::map<std::string, std::string>> endings = std::nullopt;
};

/// "2027-03-01", a day that there is.
[[nodiscard]] std::optional<std::chrono::year_month_day> day_in(std::string_view text);
[[nodiscard]] std::string to_text(std::chrono::year_month_day day);

}  // namespace smtpspec::scenario
