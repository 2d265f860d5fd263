// Plays the suite in memory, and writes what each row is as an input of the in-process targets, OUT/TARGET/NUMBER: what
// ci/refresh-corpus begins from. Usage: suite_seeds SCENARIOS OUT
#include <filesystem>
#include <fstream>
#include <map>

#include <fmt/format.h>

#include "fuzz/seeds/suite_seeds.hpp"
#include "harness/memory/memory_run.hpp"
#include "harness/scenario/loader.hpp"

namespace {

using namespace smtpspec;

class Folders {
 public:
  explicit Folders(std::filesystem::path path) : path_(std::move(path)) {}
  /// False where it could not be written.
  bool put(const std::string& target, const std::string& octets) {
    std::filesystem::create_directories(path_ / target);
    std::ofstream file(path_ / target / std::to_string(counts_[target]++), std::ios::binary);
    file << octets;
    return static_cast<bool>(file.flush());
  }
  [[nodiscard]] const std::map<std::string, std::size_t>& counts() const { return counts_; }

 private:
  std::filesystem::path path_;
  std::map<std::string, std::size_t> counts_;
};

bool put_seeds(const scenario::Suite& suite, const std::string& profile, Folders& folders) {
  constexpr std::size_t longest = 4096;  // what targets are given in ci/test
  memory::MemoryRun run(suite, profile, {});
  for (const scenario::Scenario& row : suite.scenarios) {
    if (!row.rule.empty() || !run.plays(row)) continue;
    for (const auto& [target, octets] : fuzz::seeds_of(row, run.play(row), profile))
      if (octets.size() <= longest && !folders.put(target, octets)) return false;
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const auto loaded = scenario::load_suite({argv[1]});
  if (!loaded.ok()) return 2;
  Folders folders(argv[2]);
  for (const char* profile : {"mx", "submission", "lmtp"})
    if (!put_seeds(loaded.value, profile, folders)) return 74;
  for (const auto& [target, count] : folders.counts()) fmt::print("{}: {} seeds\n", target, count);
  return 0;
}
