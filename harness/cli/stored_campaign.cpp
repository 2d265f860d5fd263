#include "harness/cli/stored_campaign.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "harness/cli/console.hpp"
#include "harness/cli/run_folder.hpp"
#include "harness/cli/suite_files.hpp"
#include "harness/record/bounded_file.hpp"
#include "harness/record/transcript_file.hpp"
#include "harness/scenario/loader.hpp"
#include "harness/smtp/char_class.hpp"

namespace smtpspec::cli {

namespace {

constexpr std::string_view stats_file = "fuzzer_stats";
constexpr std::string_view plot_file = "plot_data";
constexpr std::string_view states_file = "states";
constexpr std::string_view findings_folder = "findings";
constexpr std::string_view scenario_file = ".toml";
constexpr std::size_t most_of_stats = std::size_t{64} << 10;
constexpr std::size_t most_of_plot = std::size_t{16} << 20;
constexpr std::size_t most_moments = 200000;
constexpr std::size_t most_of_states = std::size_t{1} << 20;
constexpr std::size_t most_of_finding = std::size_t{128} << 10;
constexpr std::size_t most_findings = 200;
constexpr std::size_t most_names = 10000;

std::string_view trimmed(std::string_view text) { return smtp::trimmed(text, " \t\r"); }

/// Takes the text up to the next `end` off its front.
std::string_view cut_off(std::string_view& text, char end) {
  const std::string_view first = text.substr(0, text.find(end));
  text.remove_prefix(std::min(text.size(), first.size() + 1));
  return trimmed(first);
}

std::vector<std::pair<std::string, std::string>> stats_in(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> stats;
  while (!text.empty()) {
    std::string_view line = cut_off(text, '\n');
    const std::string_view key = cut_off(line, ':');
    if (!key.empty()) stats.emplace_back(key, trimmed(line));
  }
  return stats;
}

/// Columns by their names in the first line, so that those of another version are found too.
std::vector<reports::Campaign::Moment> moments_in(std::string_view text) {
  using Moment = reports::Campaign::Moment;
  constexpr std::pair<std::string_view, std::uint64_t Moment::*> wanted[] = {{"relative_time", &Moment::seconds},
                                                                             {"total_execs", &Moment::sessions},
                                                                             {"edges_found", &Moment::edges},
                                                                             {"saved_crashes", &Moment::findings}};
  std::vector<std::uint64_t Moment::*> columns;
  std::string_view head = cut_off(text, '\n');
  if (head.starts_with('#')) head.remove_prefix(1);
  while (!head.empty()) {
    const std::string_view name = cut_off(head, ',');
    const auto* const found =
        std::find_if(std::begin(wanted), std::end(wanted), [name](const auto& one) { return one.first == name; });
    columns.push_back(found == std::end(wanted) ? nullptr : found->second);
  }
  std::vector<Moment> moments;
  while (!text.empty() && moments.size() < most_moments) {
    std::string_view line = cut_off(text, '\n');
    if (line.empty()) continue;
    Moment moment;
    for (const auto column : columns) {
      const std::string_view value = cut_off(line, ',');
      if (column != nullptr) std::from_chars(value.data(), value.data() + value.size(), moment.*column);
    }
    moments.push_back(moment);
  }
  return moments;
}

/// Takes the text after the last blank off its end.
std::string_view last_word(std::string_view& text) {
  const std::size_t blank = text.rfind(' ');
  const std::string_view last = blank == text.npos ? text : text.substr(blank + 1);
  text = trimmed(text.substr(0, blank == text.npos ? 0 : blank));
  return last;
}

/// What is no such line is none of ours.
std::vector<reports::Campaign::Reply> replies_in(std::string_view text) {
  const auto is_read = [](std::string_view word, auto& value) {
    const auto [end, problem] = std::from_chars(word.data(), word.data() + word.size(), value);
    return problem == std::errc() && end == word.data() + word.size();
  };
  std::vector<reports::Campaign::Reply> replies;
  while (!text.empty()) {
    std::string_view line = cut_off(text, '\n');
    reports::Campaign::Reply reply;
    const bool has_times = is_read(last_word(line), reply.times);
    const bool has_code = is_read(last_word(line), reply.code);
    reply.state = cut_off(line, ' ');
    reply.on = line;
    if (has_times && has_code && !reply.on.empty()) replies.push_back(std::move(reply));
  }
  return replies;
}

std::vector<engine::CitedRequirement> cited(const std::vector<std::string>& ids, const scenario::Suite& shipped) {
  std::vector<engine::CitedRequirement> all;
  for (const std::string& id : ids) {
    const auto known = shipped.requirements.find(id);
    const ledger::Requirement one = known == shipped.requirements.end() ? ledger::requirement_of(id) : known->second;
    all.push_back({id, ledger::section_of(id), ledger::text_of(one.lines), one.level, one.says, one.severity});
  }
  return all;
}

/// A session that broke something is a scenario of its file: after the rule that it breaks, where it is one, and before
/// the same session held otherwise, where that is what differs.
void put_scenario(reports::Campaign::Found& found, const std::filesystem::path& file, const scenario::Suite& shipped) {
  const auto loaded = scenario::load_scenarios(found.text, file.string());
  found.again = "smtpspec run TARGET --suite " + shell_word(file.string());
  found.replay = "smtpspec fuzz TARGET --replay " + shell_word(file.string());
  if (!loaded.ok()) return;
  for (const scenario::Scenario& row : loaded.value.scenarios) {
    if (found.title.empty()) found.title = row.title;
    if (!row.rule.empty() || !found.transcript.empty()) continue;
    found.id = row.id;
    found.transcript = record::transcript_path(row.id);
    found.rationale = row.rationale;
    found.requirements = cited(row.requirements, shipped);
    found.level = row.level;
  }
  const auto& rows = loaded.value.scenarios;
  if (!rows.empty() && !rows.front().rule.empty()) found.text.erase(0, found.text.rfind("[[scenario]]"));
}

reports::Campaign::Found found_in(std::string text, const std::filesystem::path& file, const scenario::Suite& shipped) {
  reports::Campaign::Found found;
  found.name = found.id = file.stem().string();
  found.text = std::move(text);
  if (file.extension() == scenario_file) put_scenario(found, file, shipped);
  return found;
}

/// Findings that no session shows have figures alone.
bool is_of_finding(const record::Folder& findings, std::string_view name) {
  constexpr std::string_view figures = ".txt";
  if (name.ends_with(scenario_file)) return true;
  record::Refusal refusal;
  return name.ends_with(figures) &&
         !findings.file(std::string(name.substr(0, name.size() - figures.size())) + std::string(scenario_file),
                        refusal);
}

std::optional<std::string> text_of(const record::Folder& folder, std::string_view name, std::size_t most,
                                   record::Refusal& refusal) {
  const auto file = folder.file(name, refusal);
  return file ? file->whole(most, refusal) : std::nullopt;
}

std::string place_of_finding(const std::filesystem::path& folder, const std::string& name) {
  return (folder / findings_folder / name).string();
}

}  // namespace

bool is_campaign(const std::filesystem::path& folder) {
  record::Refusal refusal;
  const auto opened = record::Folder::open(folder, refusal);
  return opened && opened->file(stats_file, refusal) && !opened->file(results_file, refusal);
}

std::optional<reports::Campaign> stored_campaign(const std::filesystem::path& folder, const std::string& wanted) {
  record::Refusal refusal;
  const auto opened = record::Folder::open(folder, refusal);
  const auto stats = opened ? text_of(*opened, stats_file, most_of_stats, refusal) : std::nullopt;
  if (!stats) {
    say(fmt::format("{}: {}", (folder / stats_file).string(), refusal.words));
    return std::nullopt;
  }
  reports::Campaign campaign;
  campaign.stats = stats_in(*stats);
  campaign.name = campaign.stat("afl_banner");
  campaign.transcripts = transcripts_in(folder / findings_folder, {});
  if (const auto plot = text_of(*opened, plot_file, most_of_plot, refusal)) campaign.moments = moments_in(*plot);
  if (const auto states = text_of(*opened, states_file, most_of_states, refusal))
    campaign.replies = replies_in(*states);
  const auto shipped = load_suite({});
  const auto findings = opened->folder(findings_folder, refusal);
  std::vector<std::string> names;
  if (findings)
    (void)findings->each_name([&](std::string_view name) {
      if (is_of_finding(*findings, name)) names.emplace_back(name);
      return names.size() < most_names;
    });
  std::sort(names.begin(), names.end());
  std::stable_partition(names.begin(), names.end(),
                        [&](const std::string& name) { return name == wanted + std::string(scenario_file); });
  if (names.size() > most_findings) {
    campaign.left_out = names.size() - most_findings;
    names.resize(most_findings);
  }
  for (const std::string& name : names)
    if (auto text = text_of(*findings, name, most_of_finding, refusal))
      campaign.findings.push_back(
          found_in(std::move(*text), folder / findings_folder / name, shipped ? *shipped : scenario::Suite()));
    else
      say(fmt::format("{}: {}", place_of_finding(folder, name), refusal.words));
  return campaign;
}

std::optional<std::string> text_beside(const std::filesystem::path& folder, const std::string& name) {
  record::Refusal refusal;
  const auto opened = record::Folder::open(folder, refusal);
  const auto findings = opened ? opened->folder(findings_folder, refusal) : std::nullopt;
  auto text = findings ? text_of(*findings, name, most_of_finding, refusal) : std::nullopt;
  if (!text && refusal.kind != record::Refusal::Kind::absent)
    say(fmt::format("{}: {}", place_of_finding(folder, name), refusal.words));
  return text;
}

}  // namespace smtpspec::cli
