#include "reports/report.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "harness/record/new_file.hpp"

namespace smtpspec::reports {
namespace {

// The one table of them: what --report takes, what its help and its errors say, what a run's folder may hold.
constexpr std::array<Format, 8> known_formats = {{
    {"json", "results.json", "the whole result; always written", to_json},
    {"html", "report.html", "a page for a browser, with conversations",
     [](const engine::RunResult& run) { return to_html(run, {}); }, to_html},
    {"junit", "junit.xml", "a test case a row, for Jenkins, GitLab and others", to_junit},
    {"sarif", "results.sarif", "findings for code scanning, SARIF 2.1.0", to_sarif},
    {"tap", "results.tap", "a test point a row, TAP 14", to_tap},
    {"markdown", "results.md", "a summary, as for GitHub's step summary", to_markdown},
    {"csv", "results.csv", "a record a row, for spreadsheets", to_csv},
    {"badge", "badge.svg", "a badge for a README", to_badge},
}};

/// The folder that a file of this path is to be in, and what to say where there is none.
std::optional<record::Folder> folder_of(const std::filesystem::path& path, std::string& problem) {
  std::error_code error;
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  std::filesystem::create_directories(folder, error);  // where it fails, opening it says why
  record::Refusal refusal;
  auto opened = record::Folder::open(folder, refusal);
  if (!opened) problem = fmt::format("the folder '{}' {}", folder.string(), refusal.words);
  return opened;
}

/// Where a file that the user has named is: behind a symbolic link the file is replaced, not the link. nullopt where it
/// is a pipe or a device ("/dev/stdout"), which is written to: to replace it by a file would be a disaster.
std::optional<std::filesystem::path> place_of(const std::filesystem::path& path, std::string& problem) {
  std::error_code error;
  const std::filesystem::file_status there = std::filesystem::status(path, error);
  if (!path.has_filename()) problem = "it names no file";
  if (std::filesystem::is_directory(there)) problem = "it is a folder";
  if (!std::filesystem::exists(there) || std::filesystem::is_directory(there)) return path;
  if (!std::filesystem::is_regular_file(there)) return std::nullopt;
  const std::filesystem::path real = std::filesystem::canonical(path, error);
  return error ? path : real;
}

/// A pipe without a reader is no place to wait at.
std::string write_through(const std::filesystem::path& path, std::string_view content) {
  const record::Descriptor opened(::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (opened.number() < 0) return std::generic_category().message(errno);
  const int flags = ::fcntl(opened.number(), F_GETFL);
  ::fcntl(opened.number(), F_SETFL, flags & ~O_NONBLOCK);
  while (!content.empty()) {
    const ssize_t written = ::write(opened.number(), content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return std::generic_category().message(errno);
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

std::optional<std::string> told(const std::filesystem::path& path, const std::string& problem) {
  if (problem.empty()) return std::nullopt;
  return fmt::format("cannot write '{}': {}", path.string(), problem);
}

}  // namespace

std::span<const Format> formats() { return known_formats; }

const Format* format_named(std::string_view name) {
  const auto* const found = std::find_if(known_formats.begin(), known_formats.end(),
                                         [name](const Format& format) { return format.name == name; });
  return found == known_formats.end() ? nullptr : found;
}

std::string format_names() {
  std::string names;
  for (const Format& format : known_formats) names += fmt::format("{}{}", names.empty() ? "" : ", ", format.name);
  return names;
}

std::string written(const Format& format, const engine::RunResult& run, const Transcripts& transcripts) {
  return format.write_with != nullptr ? format.write_with(run, transcripts) : format.write(run);
}

std::optional<std::string> write_file(const std::filesystem::path& path, std::string_view content) {
  std::string problem;
  const auto place = place_of(path, problem);
  if (!place) return told(path, write_through(path, content));
  if (!problem.empty()) return told(path, problem);
  const auto folder = folder_of(*place, problem);
  if (folder) problem = put_file(*folder, place->filename().string(), content, record::Lasting::yes).value_or("");
  return told(path, problem);
}

std::optional<std::string> clear_for_file(const std::filesystem::path& path) {
  std::string problem;
  const auto place = place_of(path, problem);
  if (!place && ::access(path.c_str(), W_OK) != 0) problem = std::generic_category().message(errno);
  if (!place || !problem.empty()) return told(path, problem);
  const auto folder = folder_of(*place, problem);
  if (folder) problem = record::cannot_put_file(*folder).value_or("");
  if (folder && problem.empty()) problem = record::remove_file(*folder, place->filename().string()).value_or("");
  return told(path, problem);
}

}  // namespace smtpspec::reports
