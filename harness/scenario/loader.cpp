#include "harness/scenario/loader.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <system_error>

#include <fmt/format.h>

#include "harness/scenario/loaders.hpp"
#include "harness/scenario/toml_reader.hpp"

namespace smtpspec::scenario {
namespace {

namespace fs = std::filesystem;

/// The octets of a regular file; a pipe or a device could keep us for ever.
std::optional<std::string> read_octets(const fs::path& path, std::vector<Diagnostic>& diagnostics) {
  std::error_code problem;
  const auto status = fs::status(path, problem);
  std::ifstream in;
  if (fs::is_regular_file(status)) in.open(path, std::ios::binary);
  if (in.is_open()) {
    // One octet more than is allowed, so that the reader can tell that it is too long.
    const auto size = std::min<std::uintmax_t>(fs::file_size(path, problem), max_file);
    std::string octets(size + 1, '\0');
    in.read(octets.data(), static_cast<std::streamsize>(octets.size()));
    octets.resize(static_cast<std::size_t>(in.gcount()));
    if (!in.bad()) return octets;
  }
  const bool is_there = fs::exists(status);
  const bool is_file = fs::is_regular_file(status);
  const char* wrong = !is_there ? "no such file" : is_file ? "cannot be read" : "not a file that can be read";
  diagnostics.push_back(about({path.string()}, wrong));
  return std::nullopt;
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
  if (problem) diagnostics.push_back(about({path.string()}, "cannot be read: " + problem.message()));
  if (files.empty() && !problem) diagnostics.push_back(about({path.string()}, "no *.toml file in this folder"));
  std::sort(files.begin(), files.end());
  return files;
}

void merge(Suite& whole, Suite&& part, std::vector<Diagnostic>& diagnostics) {
  // Findings of one rule each bring its row along.
  const auto is_known_rule = [&](const Scenario& one) {
    return !one.rule.empty() && std::find(whole.scenarios.begin(), whole.scenarios.end(), one) != whole.scenarios.end();
  };
  for (Scenario& one : part.scenarios)
    if (!is_known_rule(one)) whole.scenarios.push_back(std::move(one));
  for (auto& [id, requirement] : part.requirements) {
    const auto [at, is_new] = whole.requirements.emplace(id, requirement);
    const ledger::Requirement& known = at->second;
    if (is_new || (known.says == requirement.says && known.level == requirement.level)) continue;
    diagnostics.push_back(about(
        requirement.place, fmt::format("requirement '{}' is stated otherwise", id),
        fmt::format("in {}:{} it is a {}: {}", known.place.file, known.place.line, name(known.level), known.says)));
  }
}

/// What a file defines for its whole suite.
struct DefinitionsKey {
  Key key;
  NamedItems Definitions::*of;
};
const DefinitionsKey definitions_keys[] = {
    {{"ending", "Alternatives by name, for the expectations of the whole suite",
      shape::table_of(shape::definition("expectation"))},
     &Definitions::endings},
    {{"rows", "Tables of rows by name, for each scenario of the suite", shape::table_of(shape::definition("rows"))},
     &Definitions::rows},
};

/// The lists of a file, in the order in which they are read.
struct ListKey {
  Key key;
  void (*load)(Reader&, const Item&, const Definitions&, Suite&);
};
const ListKey list_keys[] = {
    {{"requirement", "Rows of the ledger", shape::list_of(shape::definition("requirement"))}, load_requirement},
    {{"scenario", "The cases", shape::list_of(shape::definition("scenario"))}, load_scenario},
    {{"survey", "Cases that are played before all others", shape::list_of(shape::definition("survey"))}, load_survey},
    {{"rule", "Rules that are judged over all conversations", shape::list_of(shape::definition("rule"))}, load_rule},
};

std::vector<Key> file_keys() {
  std::vector<Key> keys;
  for (const auto& [key, of] : definitions_keys) keys.push_back(key);
  for (const auto& [key, load] : list_keys) keys.push_back(key);
  return keys;
}

/// One file on its way into a suite.
class ScenarioFile {
 public:
  ScenarioFile(const std::string& name, std::string octets)
      : name_(name), octets_(std::move(octets)), reader_(name, octets_), root_(reader_.parse()) {
    const Entry* foreign = foreign_key();
    if (foreign == nullptr) {
      reader_.keys(root_, "a scenario file", names_of(file_keys()));
      return;
    }
    const bool baseline = foreign->key == "expect";
    reader_.error(
        foreign->spot,
        fmt::format("'{}' is of a {} file, not of one of scenarios", foreign->key, baseline ? "baseline" : "target"),
        baseline ? "'run --baseline' reads it" : "'run' and 'survey' read it");
  }

  /// Whether it is of that folder, by its name; of no folder where that is empty.
  [[nodiscard]] bool is_below(const fs::path& folder) const {
    const fs::path rest = name_.lexically_relative(folder.lexically_normal());
    return !folder.empty() && !rest.empty() && *rest.begin() != "..";
  }

  /// Adds the definitions of the file. A name that is no word, or taken, is an error.
  void gather(Definitions& definitions) {
    for (const auto& [key, of] : definitions_keys)
      if (const Entry* found = root_.entry(key.name)) gather(*found, definitions.*of);
  }

  Loaded<Suite> load(const Definitions& definitions) {
    Loaded<Suite> out;
    for (const auto& [key, add] : list_keys) {
      const Entry* list = root_.entry(key.name);
      if (list == nullptr) continue;
      if (list->value.kind != Item::Kind::list)
        reader_.error(list->spot, fmt::format("expected a list of tables, got {}", article(list->value.kind)),
                      fmt::format("did you mean [[{}]]?", key.name));
      for (const Item& item : list->value.items) add(reader_, item, definitions, out.value);
    }
    out.diagnostics = reader_.take();
    return out;
  }

 private:
  /// By which a file of another kind is known.
  [[nodiscard]] const Entry* foreign_key() const {
    const Entry* address = root_.entry("address");
    return address != nullptr ? address : root_.entry("expect");
  }

  void gather(const Entry& found, NamedItems& into) {
    if (found.value.kind != Item::Kind::table)
      return reader_.error(found.spot, fmt::format("expected a table of names, got {}", article(found.value.kind)),
                           fmt::format("[{}], and a name on each line", found.key));
    for (const Entry& entry : found.value.entries) {
      const bool means_something = entry.key == "close" || entry.key == "silence" || is_code(entry.key);
      if (!is_name(entry.key) || means_something)
        reader_.error(entry.spot, fmt::format("'{}' is no name to give", entry.key), "lower-case words with hyphens");
      else if (!into.emplace(entry.key, entry.value).second)
        reader_.error(entry.spot, fmt::format("'{}' is defined twice in the suite", entry.key));
    }
  }

  const fs::path name_;
  const std::string octets_;
  Reader reader_;
  Item root_;
};
using Files = std::vector<std::unique_ptr<ScenarioFile>>;

/// The files that the paths stand for, each once: those whose name is among `names` no more.
Files open_all(const std::vector<fs::path>& paths, std::set<std::string>& names, std::vector<Diagnostic>& diagnostics) {
  Files out;
  for (const fs::path& path : paths) {
    for (const fs::path& file : files_below(path, diagnostics)) {
      const std::string name = file.lexically_normal().string();
      if (!names.insert(name).second) continue;
      if (auto octets = read_octets(file, diagnostics))
        out.push_back(std::make_unique<ScenarioFile>(name, std::move(*octets)));
    }
  }
  return out;
}

/// How much of a line a value or a key takes that begins it: a table's header, a list, an inline table, or a word.
std::size_t width_of(std::string_view rest) {
  const char first = rest.empty() ? ' ' : rest.front();
  if (rest.starts_with("[[")) return rest.size();
  if (first != '[' && first != '{') return rest.find_first_of(" =");
  int depth = 0;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    depth += rest[i] == first ? 1 : rest[i] == (first == '[' ? ']' : '}') ? -1 : 0;
    if (depth == 0) return i + 1;
  }
  return rest.size();
}

/// What a finding about the whole suite has not: its line, and how much of it to underline.
void point_at(Diagnostic& diagnostic, std::string_view text) {
  diagnostic.line = line_of(text, diagnostic.place.line);
  const auto start = static_cast<std::size_t>(std::max(diagnostic.place.column, 1) - 1);
  const std::string_view rest = std::string_view(diagnostic.line).substr(std::min(start, diagnostic.line.size()));
  diagnostic.width = static_cast<int>(std::max<std::size_t>(1, std::min(width_of(rest), rest.size())));
}

/// Of a name that both have, the first one's.
Definitions joined(Definitions first, Definitions second) {
  first.endings.merge(second.endings);
  first.rows.merge(second.rows);
  return first;
}

/// What several files say of a definition that they share is said once.
void drop_repeated(std::vector<Diagnostic>& diagnostics) {
  std::set<std::string> told;
  const auto repeated = [&](const Diagnostic& one) { return !told.insert(render(one)).second; };
  std::erase_if(diagnostics, repeated);
}

}  // namespace

shape::Json file_shape() { return shape::table(file_keys()); }

Loaded<Suite> load_scenarios(std::string_view toml, const std::string& name) {
  ScenarioFile file(name, std::string(toml));
  Definitions definitions;
  file.gather(definitions);
  Loaded<Suite> out = file.load(definitions);
  settle_levels(out.value);
  return out;
}

Loaded<Suite> load_suite(const std::vector<fs::path>& paths, const fs::path& shipped_ledger) {
  Loaded<Suite> out;
  std::vector<fs::path> all = paths;
  // First, so that what one's own file states otherwise is told there.
  if (!shipped_ledger.empty()) all.insert(all.begin(), shipped_ledger);
  std::set<std::string> names;
  const auto files = open_all(all, names, out.diagnostics);
  const fs::path shipped = shipped_ledger.parent_path();
  Definitions own;
  Definitions of_shipped;
  for (const auto& file : files) file->gather(file->is_below(shipped) ? of_shipped : own);
  // What else the shipped suite defines is there to be used. Its files are not looked into.
  std::vector<Diagnostic> of_others;
  Files others;
  if (!shipped.empty()) others = open_all({shipped}, names, of_others);
  for (const auto& file : others) file->gather(of_shipped);
  // A name of one's own wins, and leaves the scenarios of the shipped suite what they are.
  const Definitions to_own = joined(own, of_shipped);
  const Definitions to_shipped = joined(of_shipped, own);
  for (const auto& file : files) {
    Loaded<Suite> part = file->load(file->is_below(shipped) ? to_shipped : to_own);
    std::move(part.diagnostics.begin(), part.diagnostics.end(), std::back_inserter(out.diagnostics));
    merge(out.value, std::move(part.value), out.diagnostics);
  }
  settle_levels(out.value);
  // What is wrong leaves holes, and what is missing then is no news.
  auto whole = out.ok() || !out.value.scenarios.empty() ? check_suite(out.value) : std::vector<Diagnostic>();
  std::move(whole.begin(), whole.end(), std::back_inserter(out.diagnostics));
  // What is wrong with the suite as a whole is wrong with what the caller named.
  for (Diagnostic& diagnostic : out.diagnostics)
    if (diagnostic.place.file.empty() && !paths.empty()) diagnostic.place.file = paths.front().string();
  drop_repeated(out.diagnostics);
  show_lines(out.diagnostics);
  return out;
}

void show_lines(std::vector<Diagnostic>& diagnostics) {
  std::vector<Diagnostic> unreadable;
  std::map<std::string, std::optional<std::string>> texts;
  for (Diagnostic& diagnostic : diagnostics) {
    if (!diagnostic.line.empty() || diagnostic.place.line == 0) continue;
    const auto [text, is_new] = texts.try_emplace(diagnostic.place.file);
    if (is_new) text->second = read_octets(diagnostic.place.file, unreadable);
    if (text->second) point_at(diagnostic, *text->second);
  }
}

}  // namespace smtpspec::scenario
