#include "harness/scenario/loader.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <system_error>

#include <fmt/format.h>

#include "harness/scenario/scenario_loader.hpp"
#include "harness/scenario/toml_reader.hpp"

namespace smtpspec::scenario {
namespace {

namespace fs = std::filesystem;

Diagnostic about(const std::string& file, std::string message, std::string help = {}) {
  Diagnostic diagnostic;
  diagnostic.place.file = file;
  diagnostic.message = std::move(message);
  diagnostic.help = std::move(help);
  return diagnostic;
}

/// The octets of a regular file; a pipe or a device could keep us for ever.
std::optional<std::string> read_octets(const fs::path& path, std::vector<Diagnostic>& diagnostics) {
  std::error_code problem;
  const auto status = fs::status(path, problem);
  if (!fs::exists(status)) {
    diagnostics.push_back(about(path.string(), "no such file"));
    return std::nullopt;
  }
  if (!fs::is_regular_file(status)) {
    diagnostics.push_back(about(path.string(), "not a file that can be read"));
    return std::nullopt;
  }
  std::ifstream in(path, std::ios::binary);
  std::string octets;
  if (in) {
    // One octet more than is allowed, so that the reader can tell that it is too long.
    octets.resize(max_file + 1);
    in.read(octets.data(), static_cast<std::streamsize>(octets.size()));
    octets.resize(static_cast<std::size_t>(in.gcount()));
    octets.shrink_to_fit();
  }
  if (in.bad() || (!in.eof() && in.fail()) || !in.is_open()) {
    diagnostics.push_back(about(path.string(), "cannot be read"));
    return std::nullopt;
  }
  return octets;
}

/// The scenario files that a path stands for.
std::vector<fs::path> files_below(const fs::path& path, std::vector<Diagnostic>& diagnostics) {
  std::error_code problem;
  if (!fs::is_directory(path, problem)) return {path};
  std::vector<fs::path> files;
  auto walk = fs::recursive_directory_iterator(path, problem);
  for (; !problem && walk != fs::recursive_directory_iterator(); walk.increment(problem)) {
    std::error_code ignored;
    if (walk->path().extension() == ".toml" && !walk->is_directory(ignored)) files.push_back(walk->path());
  }
  if (problem) diagnostics.push_back(about(path.string(), "cannot be read: " + problem.message()));
  if (files.empty() && !problem) diagnostics.push_back(about(path.string(), "no *.toml file in this folder"));
  std::sort(files.begin(), files.end());
  return files;
}

void merge(Suite& whole, Suite&& part, std::vector<Diagnostic>& diagnostics) {
  std::move(part.scenarios.begin(), part.scenarios.end(), std::back_inserter(whole.scenarios));
  for (auto& [id, requirement] : part.requirements) {
    const auto [at, is_new] = whole.requirements.emplace(id, requirement);
    const Requirement& known = at->second;
    if (is_new || (known.says == requirement.says && known.level == requirement.level)) continue;
    Diagnostic diagnostic = about(requirement.place.file, fmt::format("requirement '{}' is stated otherwise", id),
                                  fmt::format("in {}:{}", known.place.file, known.place.line));
    diagnostic.place = requirement.place;
    diagnostics.push_back(std::move(diagnostic));
  }
}

}  // namespace

Loaded<Suite> load_scenarios(std::string_view toml, const std::string& file) {
  Loaded<Suite> out;
  Reader reader(file, toml);
  const Item root = reader.parse();
  reader.keys(root, "a scenario file", {"scenario", "requirement"});
  const auto each = [&](std::string_view key, auto load) {
    const Item* list = root.find(key);
    if (list == nullptr) return;
    if (list->kind != Item::Kind::list)
      return reader.error(root.entry(key)->spot, fmt::format("expected a list of tables, got {}", article(list->kind)),
                          fmt::format("did you mean [[{}]]?", key));
    for (const Item& item : list->items) load(reader, item, out.value);
  };
  each("requirement", load_requirement);
  each("scenario", load_scenario);
  settle_levels(out.value);
  out.diagnostics = reader.take();
  return out;
}

Loaded<Suite> load_suite(const std::vector<fs::path>& paths) {
  Loaded<Suite> out;
  std::map<std::string, std::string> texts;
  for (const fs::path& path : paths) {
    for (const fs::path& file : files_below(path, out.diagnostics)) {
      const std::string name = file.string();
      if (texts.count(name) != 0) continue;
      auto octets = read_octets(file, out.diagnostics);
      if (!octets) continue;
      Loaded<Suite> part = load_scenarios(*octets, name);
      std::move(part.diagnostics.begin(), part.diagnostics.end(), std::back_inserter(out.diagnostics));
      merge(out.value, std::move(part.value), out.diagnostics);
      texts.emplace(name, std::move(*octets));
    }
  }
  settle_levels(out.value);
  // Files that cannot be read leave holes, and what is missing then is no news.
  auto whole = out.ok() || !out.value.scenarios.empty() ? check_suite(out.value) : std::vector<Diagnostic>();
  std::move(whole.begin(), whole.end(), std::back_inserter(out.diagnostics));
  for (Diagnostic& diagnostic : out.diagnostics) {
    // What is wrong with the suite as a whole is wrong with what the caller named.
    if (diagnostic.place.file.empty() && !paths.empty()) diagnostic.place.file = paths.front().string();
    const auto text = texts.find(diagnostic.place.file);
    if (!diagnostic.line.empty() || text == texts.end()) continue;
    diagnostic.line = line_of(text->second, diagnostic.place.line);
    // These speak of a whole table; its header is what can be pointed at.
    if (diagnostic.place.column == 1) diagnostic.width = static_cast<int>(diagnostic.line.size());
  }
  return out;
}

}  // namespace smtpspec::scenario
