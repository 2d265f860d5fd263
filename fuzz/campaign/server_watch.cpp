#include "fuzz/campaign/server_watch.hpp"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <span>
#include <thread>

namespace smtpspec::fuzz {

namespace {

constexpr std::size_t longest_tail = std::size_t{16} << 10;
constexpr std::size_t most_at_a_look = std::size_t{256} << 10;
constexpr std::size_t most_files = 1000;
constexpr std::size_t most_read_files = 100000;
constexpr std::size_t most_reports = 200;

/// Where the options of sanitizers in our environment, which a server inherits, have reports written to.
std::vector<std::filesystem::path> paths_of_reports() {
  constexpr std::string_view key = "log_path=";
  std::vector<std::filesystem::path> paths;
  for (const char* const name : {"ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "MSAN_OPTIONS", "TSAN_OPTIONS"}) {
    const char* const options = std::getenv(name);
    const std::string_view all = options == nullptr ? "" : options;
    const std::size_t at = all.find(key);
    if (at == std::string_view::npos) continue;
    const std::string_view value = all.substr(at + key.size());
    std::filesystem::path path(value.substr(0, value.find_first_of(":, \t\n")));
    if (path.has_parent_path() && std::find(paths.begin(), paths.end(), path) == paths.end())
      paths.push_back(std::move(path));
  }
  return paths;
}

/// Its name ends in a period and the number of the process that writes it.
bool is_of_living_process(const std::string& file) {
  std::error_code is_not_known;
  return std::filesystem::exists("/proc/" + file.substr(file.rfind('.') + 1), is_not_known);
}

}  // namespace

std::string FollowedFile::look() {
  record::Refusal refusal;
  const bool first = !std::exchange(begun_, true);
  const auto file = record::BoundedFile::open(path_, refusal);
  const auto size = file ? file->size() : std::nullopt;
  if (!size) return "";
  if (first) offset_ = *size;
  if (*size < offset_ || (known_ && file->identity() != *known_)) offset_ = 0;  // it was begun anew
  known_ = file->identity();
  if (*size - offset_ > most_at_a_look) offset_ = *size - most_at_a_look;
  std::string octets(static_cast<std::size_t>(*size - offset_), '\0');
  octets.resize(file->read(offset_, std::span(octets)).value_or(0));
  offset_ += octets.size();
  return octets;
}

ServerWatch::ServerWatch(engine::ServerProcess& server, const scenario::Target& target, ProcessEvents events)
    : server_(server), events_(std::move(events)), report_paths_(paths_of_reports()) {
  server.heard_by([this](std::string_view octets) { hear(octets); });
  if (!target.server || target.server->log.empty()) return;
  log_.emplace(target.server->log);
  (void)log_->look();
}

void ServerWatch::hear(std::string_view octets) {
  const std::lock_guard lock(mutex_);
  in_output_.take(octets);
  note(octets);
}

void ServerWatch::note(std::string_view octets) {
  tail_ += octets;
  if (tail_.size() > 2 * longest_tail) tail_.erase(0, tail_.size() - longest_tail);
}

void ServerWatch::take_reports(SanitizerReports& reports, std::vector<Incident>& out) {
  for (SanitizerReport& one : reports.finished()) {
    out.push_back({one.cause, std::move(one.summary), one.ends});
    if (reports_.size() < most_reports || reports_.count(one.cause) > 0) reports_[one.cause] = std::move(one.text);
  }
}

void ServerWatch::look_for_report_files() {
  for (const std::filesystem::path& path : report_paths_) {
    record::Refusal refusal;
    const auto folder = record::Folder::open(path.parent_path(), refusal);
    if (!folder) continue;
    const std::string begin = path.filename().string() + ".";
    (void)folder->each_name([&](std::string_view name) {
      if (!name.starts_with(begin)) return true;
      const std::string whole = (path.parent_path() / name).string();
      if (read_files_.count(whole) == 0 && report_files_.size() < most_files)
        report_files_.try_emplace(whole, FollowedFile(whole, true), SanitizerReports());
      return true;
    });
  }
}

void ServerWatch::look_at_report_files(std::vector<Incident>& out) {
  look_for_report_files();
  for (auto one = report_files_.begin(); one != report_files_.end();) {
    auto& [file, reports] = one->second;
    const bool may_grow = is_of_living_process(one->first);
    const std::string octets = file.look();
    reports.take(octets);
    take_reports(reports, out);
    const bool is_read = !may_grow && !file.is_empty() && octets.empty() && read_files_.size() < most_read_files;
    if (is_read) read_files_.insert(one->first);
    one = is_read ? report_files_.erase(one) : std::next(one);
  }
}

std::vector<Incident> ServerWatch::look() {
  std::vector<Incident> all = std::exchange(deaths_, {});
  std::vector<engine::Death> deaths = server_.deaths();
  for (const engine::Death& one : events_.deaths(server_.last_started())) deaths.push_back(one);
  for (const engine::Death& one : deaths) deaths_.push_back(incident_of_death(one.signal, one.exit_code));
  if (log_) {
    const std::string octets = log_->look();
    in_log_.take(octets);
    take_reports(in_log_, all);
    const std::lock_guard lock(mutex_);
    note(octets);
  }
  look_at_report_files(all);
  const std::lock_guard lock(mutex_);
  take_reports(in_output_, all);
  note_what_is_under_way();
  return all;
}

std::vector<Incident> ServerWatch::look_until_told() {
  constexpr std::chrono::milliseconds between_looks{20};
  std::vector<Incident> all = look();
  for (int looks = 0; looks < 2 || report_is_under_way(); ++looks) {
    std::this_thread::sleep_for(between_looks);
    for (Incident& one : look()) all.push_back(std::move(one));
  }
  return all;
}

void ServerWatch::note_what_is_under_way() {
  const bool is_under_way = in_log_.is_under_way() || in_output_.is_under_way() ||
                            std::any_of(report_files_.begin(), report_files_.end(),
                                        [](const auto& one) { return one.second.second.is_under_way(); });
  if (!is_under_way)
    under_way_since_.reset();
  else if (!under_way_since_)
    under_way_since_ = std::chrono::steady_clock::now();
}

bool ServerWatch::report_is_under_way() const {
  constexpr std::chrono::seconds longest{5};
  return under_way_since_ && std::chrono::steady_clock::now() - *under_way_since_ < longest;
}

Happened processes_of(ServerWatch* watch) {
  if (watch == nullptr) return {};
  return [watch](bool wait) { return wait ? watch->look_until_told() : watch->look(); };
}

std::string ServerWatch::tail() const {
  const std::lock_guard lock(mutex_);
  return tail_.size() > longest_tail ? tail_.substr(tail_.size() - longest_tail) : tail_;
}

std::string ServerWatch::report(const std::string& cause) const {
  const auto found = reports_.find(cause);
  return found == reports_.end() ? "" : found->second;
}

}  // namespace smtpspec::fuzz
