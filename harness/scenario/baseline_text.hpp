// Changes of a baseline file that leave all else in it as its author wrote it: comments, order, spaces.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/scenario/baseline.hpp"

namespace smtpspec::scenario {

/// An [[expect]] as it is written; what an entry does not say is left out.
[[nodiscard]] std::string to_toml(const Baseline::Entry& entry);

/// The text without these entries of it, and without the comment that stands right above each. nullopt where one is not
/// written as a table of its own, [[expect]]: that is left to its author.
[[nodiscard]] std::optional<std::string> without_entries(std::string_view text, const std::vector<Place>& entries);

/// The text in which the entries at these places have the outcome, cause, signature, rows and last day of `now`, and
/// are unstable where it says so; what one does not have yet follows its last line. The signature goes where `now` has
/// none, all else stays then. nullopt as above.
[[nodiscard]] std::optional<std::string> with_entries(std::string_view text, const std::vector<Baseline::Entry>& now);

/// The text with these as its [endings], which are written anew where it has some, and are put at its end where not.
[[nodiscard]] std::string with_endings(std::string_view text, const std::map<std::string, std::string>& endings);

}  // namespace smtpspec::scenario
