#include "harness/cli/advice.hpp"

#include <fmt/format.h>

#include "harness/cli/console.hpp"
#include "harness/engine/run.hpp"

namespace smtpspec::cli {

namespace {

/// What went wrong at a step, and where to look.
struct Remedy {
  std::string_view said;  ///< stands in what went wrong
  std::string_view words;
};
constexpr Remedy remedies[] = {
    {"the certificate is not accepted", "[tls] name tells its name, and ca who signs it"},
    {" got 530", "say who logs in: --user and --password-file, or [auth]"},
    {"AUTH PLAIN got ", "check --user and --password-file, or [auth]"},
    {"RCPT TO:<", "name a mailbox that exists with --rcpt, or under [mail] accepts"},
};

const Remedy* remedy_for(std::string_view what) {
  for (const Remedy& remedy : remedies)
    if (what.find(remedy.said) != std::string_view::npos) return &remedy;
  return nullptr;
}

/// "no: survey/login: AUTH PLAIN got 535 ..." without where it was found.
std::string_view plainly(const engine::Learnt& learnt) {
  std::string_view value = learnt.value;
  if (value.starts_with("no: survey/")) value.remove_prefix(value.find(": ", 4) + 2);
  return value;
}

std::string what_a_file_adds(const engine::RunResult& run) {
  std::string needs;
  for (const engine::Added& one : engine::added_by_target_file(run))
    needs += fmt::format("{}{}{} need{} {}", needs.empty() ? "" : ", ", one.rows,
                         needs.empty() ? one.rows == 1 ? " row" : " rows" : "", one.rows == 1 ? "s" : "", one.what);
  return needs;
}

}  // namespace

std::vector<std::string> advice(const engine::RunResult& run, const scenario::Target& target) {
  std::vector<std::string> lines;
  for (const engine::Learnt& learnt : run.target.learnt) {
    const bool may_be_ours = learnt.name == engine::takes_no_mail || learnt.name == "login" || learnt.name == "mail" ||
                             learnt.name == "handshake";
    if (!may_be_ours) continue;
    const std::string_view what = plainly(learnt);
    if (const Remedy* remedy = remedy_for(what)) lines.push_back(fmt::format("{}; {}", what, remedy->words));
  }
  if (lines.empty())
    if (const Remedy* remedy = remedy_for(run.incomplete_because)) lines.emplace_back(remedy->words);
  const bool by_url = target.file.empty() && !target.delivery;
  const std::string more = by_url && run.complete ? what_a_file_adds(run) : std::string();
  if (more.empty()) return lines;
  lines.push_back(fmt::format("With a target file more is played: {}.", more));
  lines.push_back(fmt::format("To write one: smtpspec target init {}", scenario::address(target)));
  return lines;
}

}  // namespace smtpspec::cli
