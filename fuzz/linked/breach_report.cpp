#include "fuzz/linked/breach_report.hpp"

#include <filesystem>

#include <fmt/format.h>

#include "fuzz/linked/shipped_rules.hpp"
#include "fuzz/oracles/requirements.hpp"
#include "harness/engine/run.hpp"
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
  using Side = engine::ExcerptLine::Side;
  constexpr std::size_t longest = 400;
  constexpr std::size_t most = 200;
  std::string text;
  std::size_t count = 0;
  engine::conversation(transcript, [&](const engine::ExcerptLine& line) {
    if (++count > most) return;
    const char* side = line.side == Side::client ? "C: " : line.side == Side::server ? "S: " : "-- ";
    text += fmt::format("    {}{}\n", side, line.text.substr(0, longest));
  });
  if (count > most) text += fmt::format("    and {} lines more\n", count - most);
  return text;
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
