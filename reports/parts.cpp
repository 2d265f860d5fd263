#include "reports/parts.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "harness/smtp/visible.hpp"
#include "reports/layout.hpp"
#include "reports/terminal_style.hpp"

namespace smtpspec::reports {

using engine::Finding;
using engine::RunResult;
using engine::ScenarioResult;
using smtp::visible;

std::string area(const ScenarioResult& result) { return visible(engine::area_of(result)); }

std::string link_to(const engine::CitedRequirement& cited) {
  std::string_view rest = cited.section;
  const auto take = [&rest](bool (*fits)(char)) {
    const auto end = std::find_if_not(rest.begin(), rest.end(), fits);
    const std::string_view taken = rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
    rest.remove_prefix(taken.size());
    return taken;
  };
  const auto skip = [&rest](std::string_view word) {
    const bool there = rest.starts_with(word);
    if (there) rest.remove_prefix(word.size());
    return there;
  };
  if (!skip("RFC ")) return {};
  const std::string_view number = take([](char c) { return c >= '0' && c <= '9'; });
  if (number.empty() || !skip(" section ")) return {};
  const std::string_view section = take([](char c) { return (c >= '0' && c <= '9') || c == '.'; });
  if (section.empty() || !rest.empty()) return {};
  return fmt::format("https://www.rfc-editor.org/rfc/rfc{}.html#section-{}", number, section);
}

const ScenarioResult* row_named(const RunResult& run, std::string_view id) {
  const auto found = std::find_if(run.scenarios.begin(), run.scenarios.end(),
                                  [id](const ScenarioResult& one) { return one.id == id; });
  return found == run.scenarios.end() ? nullptr : &*found;
}

std::string known_because(const ScenarioResult& row) {
  if (!row.known) return {};
  std::string more;
  const auto add = [&](std::string_view label, const std::string& text) {
    if (!text.empty()) more += fmt::format("{}{}{}", more.empty() ? "" : ", ", label, text);
  };
  add("", row.known->link);
  add("of ", row.known->owner);
  add("until ", row.known->until);
  return more.empty() ? row.known->reason : fmt::format("{} ({})", row.known->reason, more);
}

std::string known_link(const ScenarioResult& row) {
  constexpr std::size_t longest = 500;
  if (!row.known) return {};
  const std::string& link = row.known->link;
  const bool is_web = link.starts_with("https://") || link.starts_with("http://");
  const auto is_plain = [](char c) {
    return c > ' ' && c <= '~' && std::string_view("\"'<>\\^`{|}").find(c) == std::string_view::npos;
  };
  return is_web && link.size() <= longest && std::all_of(link.begin(), link.end(), is_plain) ? link : std::string();
}

std::string against_baseline(const ScenarioResult& row) {
  const auto words = [&]() -> std::string_view {
    switch (row.expectation) {
      case engine::BaselineStatus::regression: return "regression: the baseline does not know it";
      case engine::BaselineStatus::drift: return "drift: it fails in another way than the baseline says";
      case engine::BaselineStatus::fixed: return "fixed: the baseline expects a failure";
      case engine::BaselineStatus::expired: return "expired: the day of the baseline's entry has passed";
      default: return row.known ? "known" : "";
    }
  };
  const std::string because = known_because(row);
  return because.empty() ? std::string(words()) : fmt::format("{}: {}", words(), because);
}

std::string with_backslash(std::string_view text, std::string_view octets) {
  std::string safe;
  for (const char c : text) {
    if (octets.find(c) != std::string_view::npos) safe += '\\';
    safe += c;
  }
  return safe;
}

std::string in_one_line(const Finding& finding, std::size_t most) {
  std::string said;
  const auto add = [&](std::string_view label, std::string_view text) {
    if (!text.empty()) said += fmt::format("{}{}{}", said.empty() ? "" : "; ", label, text);
  };
  add("expected ", finding.expected);
  add("got ", finding.actual);
  if (said.empty()) said = finding.what;
  return cut_middle(visible(said), most);
}

std::string rows_of(const Finding& finding) {
  const std::size_t more = finding.rows.size() + finding.consequences.size() - 1;
  return more == 0 ? visible(finding.evidence)
                   : fmt::format("{} and {}", visible(finding.evidence), counted(more, "more row"));
}

}  // namespace smtpspec::reports
