#include "fuzz/linked/breach_report.hpp"

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "fuzz/linked/shipped_rules.hpp"
#include "fuzz/oracles/requirements.hpp"
#include "harness/engine/excerpt.hpp"
#include "harness/scenario/loader.hpp"
#include "harness/smtp/visible.hpp"

namespace smtpspec::fuzz {

namespace {

/// The rules and requirements that came with the library.
scenario::Suite rules() {
  scenario::Suite all;
  for (const std::string_view file : shipped_rules()) {
    auto loaded = scenario::load_scenarios(file, "shipped").value;
    std::move(loaded.scenarios.begin(), loaded.scenarios.end(), std::back_inserter(all.scenarios));
    all.requirements.merge(loaded.requirements);
  }
  return all;
}

std::string sentences_of(const Breach& breach) {
  const scenario::Suite suite = rules();
  std::string text;
  for (const std::string& id : requirements_of(breach, suite)) {
    const auto found = suite.requirements.find(id);
    text += fmt::format("  requirement  {}, {}\n", id, ledger::section_of(id));
    if (found != suite.requirements.end())
      text += fmt::format("               \"{}\" ({})\n", found->second.says, ledger::name(found->second.level));
  }
  return text;
}

std::string program() {
  std::error_code error;
  const auto path = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? "the fuzzer" : path.string();
}

std::string shown(const engine::ExcerptLine& line) {
  using Side = engine::ExcerptLine::Side;
  constexpr std::size_t longest = 400;
  const char* side = line.side == Side::client ? "C: " : line.side == Side::server ? "S: " : "-- ";
  return fmt::format("    {}{}\n", side, line.text.substr(0, longest));
}

std::string lines_of(std::string_view input) {
  constexpr std::size_t longest = 4096;
  std::string text;
  for (input = input.substr(0, longest); !input.empty();) {
    const std::string_view line = input.substr(0, input.find('\n'));
    input.remove_prefix(std::min(line.size() + 1, input.size()));
    text += fmt::format("    {}\n", smtp::visible(line));
  }
  return text;
}

}  // namespace

std::string conversation_of(const record::Transcript& transcript) {
  constexpr std::size_t at_each_end = 100;  // of the conversation; what is in between is left out
  std::vector<std::string> lines;
  std::size_t times = 1;  // that the last line has come
  const auto end_repeats = [&] {
    if (times > 1) lines.push_back(fmt::format("    ({} times)\n", times));
    times = 1;
  };
  engine::conversation(transcript, [&](const engine::ExcerptLine& line, std::size_t /*event*/) {
    std::string next = shown(line);
    if (!lines.empty() && lines.back() == next) {
      ++times;
      return;
    }
    end_repeats();
    lines.push_back(std::move(next));
  });
  end_repeats();
  const std::size_t left_out = lines.size() - std::min(lines.size(), 2 * at_each_end);
  if (left_out > 0) {
    const auto first = lines.begin() + at_each_end;
    *first = fmt::format("    ({} lines left out)\n", left_out);
    lines.erase(first + 1, first + static_cast<std::ptrdiff_t>(left_out));
  }
  return fmt::format("{}", fmt::join(lines, ""));
}

std::string breach_report(const Breach& breach, const record::Transcript& transcript, std::string_view input) {
  return fmt::format(
      "smtpspec: the server breaks the rule '{}' ({})\n{}  expected     {}\n  actual       {}\n  conversation\n{}"
      "  input\n{}  replay       {} FILE, where FILE is what the engine has kept (crash-...);\n"
      "               on a server that runs: smtpspec fuzz TARGET --replay FILE\n",
      breach.rule, breach.cause, sentences_of(breach), breach.expected, breach.actual, conversation_of(transcript),
      lines_of(input), program());
}

}  // namespace smtpspec::fuzz
