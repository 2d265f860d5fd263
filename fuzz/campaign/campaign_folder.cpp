#include "fuzz/campaign/campaign_folder.hpp"

#include <algorithm>
#include <iterator>
#include <span>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "harness/record/new_file.hpp"
#include "harness/record/secrets.hpp"
#include "harness/record/transcript_file.hpp"
#include "harness/smtp/visible.hpp"

namespace smtpspec::fuzz {

namespace {

constexpr std::size_t most_octets = std::size_t{64} << 10;
constexpr std::size_t most_inputs = 1000;
constexpr std::size_t most_of_text = std::size_t{1} << 20;

constexpr std::string_view once = "once-";
constexpr std::string_view stats_file = "fuzzer_stats";
constexpr std::string_view states_file = "states";
constexpr std::string_view plot_file = "plot_data";
constexpr std::string_view shortened_folder = "shortened";
constexpr std::string_view seeding = "seeding";  ///< there while seeds are put, and where whoever did so was killed

std::string name_of(const Breach& breach, CampaignFolder::Seen seen) {
  return (seen == CampaignFolder::Seen::once ? std::string(once) : std::string()) + file_name(breach.cause);
}

std::optional<record::Folder> open(const std::filesystem::path& path) {
  record::Refusal refusal;
  return record::Folder::open(path, refusal);
}

std::optional<record::BoundedFile> file_in(const std::filesystem::path& path, std::string_view name) {
  record::Refusal refusal;
  const auto folder = open(path);
  return folder ? folder->file(name, refusal) : std::nullopt;
}

/// Nothing where there is none, or a longer one than is ever written.
std::optional<std::string> text_of(const std::filesystem::path& path, std::string_view name, std::size_t most) {
  record::Refusal refusal;
  const auto file = file_in(path, name);
  return file ? file->whole(most, refusal) : std::nullopt;
}

bool begins_with(const std::filesystem::path& path, std::string_view name, std::string_view text) {
  const auto file = file_in(path, name);
  std::string begin(text.size(), '\0');
  return file && file->read(0, std::span(begin)) == text.size() && begin == text;
}

bool put(const std::filesystem::path& path, const std::string& name, std::string_view content, record::Lasting lasting,
         record::Readers readers = record::Readers::all) {
  const auto folder = open(path);
  return folder && !record::put_file(*folder, name, content, lasting, readers);
}

}  // namespace

std::string file_name(std::string_view cause) {
  std::string name;
  for (const char octet : cause) {
    const bool fits =
        (octet >= 'a' && octet <= 'z') || (octet >= 'A' && octet <= 'Z') || (octet >= '0' && octet <= '9');
    name += fits ? octet : '-';
  }
  for (char& octet : name)
    if (octet >= 'A' && octet <= 'Z') octet = static_cast<char>(octet + ('a' - 'A'));
  return name;
}

std::string cause_of_input(std::string_view name) {
  return std::string(name.substr(name.starts_with(once) ? once.size() : 0));
}

std::string scenario_id(std::string_view cause) { return "fuzz-" + file_name(cause); }

std::optional<std::string> CampaignFolder::prepare() const {
  for (const auto& folder : {queue(), crashes(), findings()}) {
    std::error_code problem;
    std::filesystem::create_directories(folder, problem);
    if (problem) return folder.string() + ": " + problem.message();
    const auto opened = open(folder);
    if (!opened) return folder.string() + ": cannot be opened";
    if (const auto why = record::cannot_put_file(*opened)) return folder.string() + ": " + *why;
  }
  return std::nullopt;
}

bool CampaignFolder::has_queue() const {
  const auto folder = open(queue());
  const auto is_no_input = [](std::string_view name) { return record::is_left_over(name) || name.starts_with('.'); };
  return folder && !std::filesystem::exists(path_ / seeding) && !folder->each_name(is_no_input);
}

std::size_t CampaignFolder::inputs() const {
  std::error_code problem;
  const std::filesystem::directory_iterator files(queue(), problem);
  return problem ? 0 : static_cast<std::size_t>(std::distance(begin(files), end(files)));
}

bool CampaignFolder::begin_seeds() const { return put(path_, std::string(seeding), "", record::Lasting::no); }

bool CampaignFolder::end_seeds() const {
  std::error_code problem;
  return std::filesystem::remove(path_ / seeding, problem);
}

bool CampaignFolder::add_seed(const std::string& name, std::string_view input) const {
  return put(queue(), file_name(name), input, record::Lasting::no);
}

bool CampaignFolder::add_finding(std::string_view cause, std::string_view scenario, Evidence evidence) const {
  const std::string name = file_name(cause);
  const record::Redactor redactor(evidence.transcript.secrets);
  const auto put_text = [&](std::string_view ending, const std::string& text) {
    return text.empty() ||
           put(findings(), name + std::string(ending), smtp::visible_lines(redactor.without_secrets(text)),
               record::Lasting::yes, record::Readers::owner);
  };
  evidence.transcript.scenario = scenario_id(cause);
  if (!put_text(".log", evidence.server_output) || !put_text(".sanitizer", evidence.sanitizer_report) ||
      !put_text(".txt", evidence.figures))
    return false;
  return scenario.empty() || (put(findings(), name + ".toml", scenario, record::Lasting::yes, record::Readers::owner) &&
                              record::save_transcript(findings(), evidence.transcript).problem.empty());
}

bool CampaignFolder::add_shortened(std::string_view cause, std::string_view input) const {
  std::error_code problem;
  std::filesystem::create_directory(path_ / shortened_folder, problem);
  return put(path_ / shortened_folder, file_name(cause), input, record::Lasting::no);
}

std::optional<std::string> CampaignFolder::shortened(std::string_view cause) const {
  return text_of(path_ / shortened_folder, file_name(cause), most_octets);
}

std::vector<std::string> CampaignFolder::written_findings() const {
  constexpr std::string_view scenario = ".toml";
  std::vector<std::string> names;
  const auto folder = open(findings());
  if (!folder) return names;
  (void)folder->each_name([&](std::string_view name) {
    if (name.ends_with(scenario)) names.emplace_back(name.substr(0, name.size() - scenario.size()));
    return names.size() < most_inputs;
  });
  return names;
}

bool CampaignFolder::put_aside(std::string_view cause) const {
  const std::filesystem::path aside = path_ / "no-longer";
  const std::string name = file_name(cause);
  bool all = true;
  const auto move = [&](const std::filesystem::path& file) {
    std::error_code problem;
    if (!std::filesystem::is_regular_file(std::filesystem::symlink_status(findings() / file, problem))) return;
    std::filesystem::create_directories((aside / file).parent_path(), problem);
    if (!problem) std::filesystem::rename(findings() / file, aside / file, problem);
    all = all && !problem;
  };
  for (const std::string_view ending : {".toml", ".log", ".sanitizer", ".txt"}) move(name + std::string(ending));
  move(record::transcript_path(scenario_id(cause)));
  return all;
}

bool CampaignFolder::put_stats(std::string_view fuzzer_stats) const {
  return put(path_, std::string(stats_file), fuzzer_stats, record::Lasting::no);
}

bool CampaignFolder::put_states(std::string_view states) const {
  return put(path_, std::string(states_file), states, record::Lasting::no);
}

std::string CampaignFolder::stats() const { return text_of(path_, stats_file, most_of_text).value_or(""); }

std::string CampaignFolder::states() const { return text_of(path_, states_file, most_of_text).value_or(""); }

bool CampaignFolder::begin_plot(std::string_view head) const {
  return begins_with(path_, plot_file, head) || put(path_, std::string(plot_file), head, record::Lasting::no);
}

bool CampaignFolder::add_to_plot(std::string_view line) const {
  const std::string path = (path_ / plot_file).string();
  const record::Descriptor file(::open(path.c_str(), O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  return file.number() >= 0 && ::write(file.number(), line.data(), line.size()) == static_cast<ssize_t>(line.size());
}

bool CampaignFolder::has_breach(const Breach& breach, Seen seen) const {
  const auto folder = open(crashes());
  record::Refusal refusal;
  return folder && (folder->file(name_of(breach, seen), refusal) || refusal.kind != record::Refusal::Kind::absent);
}

CampaignFolder::Added CampaignFolder::add_breach(const Breach& breach, Seen seen, std::string_view input) const {
  if (has_breach(breach, seen)) return Added::known;
  return put(crashes(), name_of(breach, seen), input, record::Lasting::yes) ? Added::first : Added::not_written;
}

void CampaignFolder::drop(const Breach& breach, Seen seen) const {
  std::error_code is_not_there;
  std::filesystem::remove(crashes() / name_of(breach, seen), is_not_there);
}

std::vector<CampaignFolder::Broken> CampaignFolder::broken() const {
  std::vector<Broken> all;
  const auto folder = open(crashes());
  if (!folder) return all;
  (void)folder->each_name([&](std::string_view name) {
    record::Refusal refusal;
    const auto file = record::is_left_over(name) ? std::nullopt : folder->file(name, refusal);
    const auto input = file ? file->whole(most_octets, refusal) : std::nullopt;
    if (input) all.push_back({cause_of_input(name), *input, name.starts_with(once) ? Seen::once : Seen::again});
    return all.size() < most_inputs;
  });
  std::sort(all.begin(), all.end(), [](const Broken& a, const Broken& b) {
    return std::pair(a.seen == Seen::once, a.cause) < std::pair(b.seen == Seen::once, b.cause);
  });
  return all;
}

}  // namespace smtpspec::fuzz
