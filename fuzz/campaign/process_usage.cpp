#include "fuzz/campaign/process_usage.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

namespace smtpspec::fuzz {

namespace {

namespace fs = std::filesystem;

struct Process {
  pid_t parent = 0;
  std::uint64_t born = 0;
  std::uint64_t pages = 0;    ///< resident
  std::uint64_t address = 0;  ///< octets of address space
};

/// Fields of /proc/PID/stat: see proc(5).
std::optional<Process> process(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  const std::size_t name_ends = line.rfind(')');
  if (name_ends == std::string::npos) return std::nullopt;
  std::istringstream rest(line.substr(name_ends + 1));
  const std::vector<std::string> fields{std::istream_iterator<std::string>(rest), {}};
  constexpr std::size_t state = 0, parent = 1, born = 19, address = 20, pages = 21;
  if (fields.size() <= pages || fields[state] == "Z") return std::nullopt;
  const auto number = [&](std::size_t field) {
    std::uint64_t value = 0;
    std::from_chars(fields[field].data(), fields[field].data() + fields[field].size(), value);
    return value;
  };
  return Process{static_cast<pid_t>(number(parent)), number(born), number(pages), number(address)};
}

std::vector<pid_t> all_pids() {
  std::vector<pid_t> all;
  std::error_code problem;
  for (const auto& entry : fs::directory_iterator("/proc", problem)) {
    const std::string name = entry.path().filename().string();
    pid_t pid = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (error == std::errc() && end == name.data() + name.size()) all.push_back(pid);
  }
  return all;
}

/// Inodes of sockets that listen on the port.
std::set<std::string> listening(std::uint16_t port) {
  constexpr std::size_t local = 1, state = 3, inode = 9;
  const std::string suffix = fmt::format(":{:04X}", port);
  std::set<std::string> inodes;
  for (const char* const table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    std::ifstream file(table);
    for (std::string line; std::getline(file, line);) {
      std::istringstream words(line);
      const std::vector<std::string> fields{std::istream_iterator<std::string>(words), {}};
      if (fields.size() > inode && fields[local].ends_with(suffix) && fields[state] == "0A")
        inodes.insert("socket:[" + fields[inode] + "]");
    }
  }
  return inodes;
}

bool has_one_of(pid_t pid, const std::set<std::string>& sockets) {
  std::error_code problem;
  for (const auto& entry : fs::directory_iterator(fmt::format("/proc/{}/fd", pid), problem))
    if (sockets.count(fs::read_symlink(entry.path(), problem).string()) > 0) return true;
  return false;
}

std::uint64_t descriptors_of(pid_t pid) {
  std::error_code problem;
  std::uint64_t all = 0;
  for (fs::directory_iterator entry(fmt::format("/proc/{}/fd", pid), problem), end; !problem && entry != end;
       entry.increment(problem))
    ++all;
  return all;
}

std::string program_of(pid_t pid) {
  std::error_code problem;
  return fs::read_symlink(fmt::format("/proc/{}/exe", pid), problem).string();
}

/// This process and those that it comes from: whatever they listen on, they are no server of ours.
std::set<pid_t> ourselves() {
  std::set<pid_t> all;
  for (pid_t pid = getpid(); pid > 1 && all.insert(pid).second;) {
    const auto one = process(pid);
    pid = one ? one->parent : 0;
  }
  return all;
}

}  // namespace

bool is_here(const scenario::Target& target) {
  return scenario::is_loopback(target.host) || target.host == "localhost";
}

bool ProcessUsage::find_root() {
  const std::set<std::string> sockets = listening(port_);
  const std::set<pid_t> ours = ourselves();
  root_ = 0;
  if (sockets.empty() || has_one_of(getpid(), sockets)) return false;  // the embedded server is no process of its own
  for (const pid_t pid : all_pids())
    if (root_ == 0 && ours.count(pid) == 0 && has_one_of(pid, sockets)) root_ = pid;
  for (auto one = process(root_); root_ != 0 && one && one->parent > 1 && ours.count(one->parent) == 0 &&
                                  program_of(one->parent) == program_of(root_);
       one = process(root_))
    root_ = one->parent;
  const auto root = process(root_);
  if (root_ == 0 || !root) return false;
  is_another_ = born_ != 0 && born_ != root->born;
  born_ = root->born;
  return true;
}

std::optional<Usage> ProcessUsage::look() {
  constexpr std::size_t most_in_vain = 20;
  constexpr std::uint64_t address_of_sanitizers = std::uint64_t{1} << 42;
  is_another_ = false;
  const auto known = root_ == 0 ? std::nullopt : process(root_);
  if (!known || known->born != born_) {
    if (in_vain_ > most_in_vain || !find_root()) {
      ++in_vain_;
      return std::nullopt;
    }
    in_vain_ = 0;
  }
  std::map<pid_t, Process> all;
  for (const pid_t pid : all_pids())
    if (const auto one = process(pid)) all[pid] = *one;
  const auto comes_from_root = [&](pid_t pid) {
    for (int generations = 0; pid > 1 && generations < 100; ++generations) {
      if (pid == root_) return true;
      const auto one = all.find(pid);
      pid = one == all.end() ? 0 : one->second.parent;
    }
    return false;
  };
  Usage usage;
  bool sanitized = false;
  for (const auto& [pid, one] : all) {
    if (!comes_from_root(pid)) continue;
    ++usage.processes;
    usage.descriptors += descriptors_of(pid);
    usage.memory += one.pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
    sanitized = sanitized || one.address > address_of_sanitizers;
  }
  // A sanitizer keeps what was freed, until there is much of it.
  if (sanitized) usage.memory = 0;
  return usage.processes == 0 ? std::nullopt : std::optional(usage);
}

}  // namespace smtpspec::fuzz
