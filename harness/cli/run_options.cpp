#include "harness/cli/run_options.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <iostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "harness/cli/console.hpp"
#include "harness/cli/filters.hpp"
#include "harness/cli/suite_files.hpp"
#include "harness/scenario/diagnostic.hpp"
#include "harness/wire/tls.hpp"

namespace smtpspec::cli {

namespace {

/// The first line of a file, or of standard input, where it is no longer than a password may be.
std::optional<std::string> first_line(const std::string& file) {
  std::string line;
  if (file == "-") return std::getline(std::cin, line) ? std::optional(line) : std::nullopt;
  constexpr std::size_t longest = 1024;
  const auto text = read_file(file);
  const std::size_t end = text ? std::min(text->find_first_of("\r\n"), text->size()) : 0;
  return text && end <= longest ? std::optional(text->substr(0, end)) : std::nullopt;
}

/// Who logs in, as far as the command line tells.
bool put_login(scenario::Target& target, const TargetOptions& options) {
  if (options.user.empty() && options.password_file.empty() && !target.auth) return true;
  scenario::Target::Auth auth = target.auth.value_or(scenario::Target::Auth());
  if (!options.user.empty()) auth.user = options.user;
  if (!options.password_file.empty()) {
    const auto password = first_line(options.password_file);
    if (!password) say(fmt::format("--password-file {}: cannot be read", options.password_file));
    if (!password) return false;
    auth.password = *password;
  }
  if (auth.user.empty()) say("whose password is it? --user, or [auth] user, tells");
  if (auth.password.empty()) say(fmt::format("no password for '{}': give --password-file", auth.user));
  target.auth = auth;
  return !auth.user.empty() && !auth.password.empty();
}

bool put_mailboxes(scenario::Target& target, const TargetOptions& options) {
  for (const std::string& mailbox : options.mailboxes)
    if (!scenario::is_mailbox(mailbox)) {
      say(fmt::format("--rcpt {}: no mailbox; write it as in alice@example.test", mailbox));
      return false;
    }
  if (options.mailboxes.empty()) return true;
  target.mail.accepts = options.mailboxes;
  if (target.mail.domain.empty()) target.mail.domain = scenario::domain_of(options.mailboxes.front());
  return true;
}

/// Found out before anything is sent; also where `verify = false` stands beside them for now.
bool authorities_can_be_read(const scenario::Target& target) {
  if (!target.tls.verify && target.tls.ca.empty()) return true;
  try {
    (void)wire::TlsContext::client({true, target.tls.ca});
    return true;
  } catch (const std::exception& error) {
    say(fmt::format("{}: [tls] ca: no certificates can be read from {}", target.file.string(), error.what()));
    return false;
  }
}

/// Beside CLI's own checks, which NaN passes: it is neither below nor above anything. What is no number at all is
/// theirs.
std::string problem_of_number(const std::string& text) {
  return std::isfinite(std::strtod(text.c_str(), nullptr)) ? "" : fmt::format("{} is no number to reckon with", text);
}

/// "\n  junit     a test case a row, ..."
std::string formats_in_lines() {
  std::string lines;
  for (const reports::Format& format : reports::formats())
    lines += fmt::format("\n  {:<9} {} ({})", format.name, format.description, format.file_name);
  return lines;
}

/// Says what is wrong where there is no format of that name.
const reports::Format* known_format(const std::string& name) {
  const reports::Format* format = reports::format_named(name);
  if (format != nullptr) return format;
  std::vector<std::string> names;
  for (const reports::Format& one : reports::formats()) names.emplace_back(one.name);
  const std::string near = scenario::did_you_mean(name, names);
  say(fmt::format("--report {}: unknown format{}; there are {}", name, near.empty() ? "" : fmt::format(" ({})", near),
                  reports::format_names()));
  return nullptr;
}

std::optional<scenario::Target> named_target(const std::string& name) {
  if (name.find("://") != std::string::npos) {
    auto target = scenario::target_from_url(name);
    if (!target)
      say(fmt::format("'{}' is no target: write smtp://host:port, smtps://host:port, lmtp://host:port or lmtp:///path",
                      name));
    return target;
  }
  const auto text = read_file(name);
  if (!text) {
    std::error_code ignored;
    const bool there = std::filesystem::exists(name, ignored);
    say(fmt::format("{}: {}; a server without a target file is written smtp://host:port", name,
                    there ? "cannot be read" : "there is no such file"));
    return std::nullopt;
  }
  auto loaded = scenario::load_target(*text, name);
  if (!print(loaded.diagnostics)) return std::nullopt;
  return std::move(loaded.value);
}

}  // namespace

std::string TargetOptions::words() const {
  std::string words;
  for (const std::string& mailbox : mailboxes) words += " --rcpt " + shell_word(mailbox);
  if (!user.empty()) words += " --user " + shell_word(user);
  if (!password_file.empty()) words += " --password-file " + shell_word(password_file);
  return words;
}

void add_options(CLI::App& command, TargetOptions& options) {
  command
      .add_option("--rcpt", options.mailboxes, "A mailbox that takes mail; repeatable; before those of a target file")
      ->type_name("MAILBOX")
      ->take_all();
  command.add_option("--user", options.user, "Who logs in")->type_name("NAME");
  command.add_option("--password-file", options.password_file, "Its first line is the password; - is standard input")
      ->type_name("FILE");
}

void add_report_option(CLI::App& command, std::vector<std::string>& reports, const std::string& help) {
  command.add_option("--report", reports, help + formats_in_lines())->type_name("FORMAT[=FILE]")->take_all();
}

void add_undecided_option(CLI::App& command, double& share) {
  command
      .add_option("--undecided", share,
                  "The share of the scenarios due that may decide nothing; beyond it, or where a whole folder of the\n"
                  "suite decides nothing, the run ends by 5; 1: any share")
      ->type_name("SHARE")
      ->check(CLI::Range(0.0, 1.0))
      ->check(problem_of_number)
      ->capture_default_str();
}

void add_options(CLI::App& command, RunOptions& options) {
  command.add_option(
      "target", options.target.target,
      "A target file, or smtp://host:port, smtps://..., lmtp://..., lmtp:///path/of/socket; left out: the\n"
      "embedded server");
  add_options(command, options.target);
  add_filter_option(command, options.filters,
                    "An id, a glob, an RFC path (rfc5321/4.1.1.4), a tag or a level; '!' in front excludes. a,b is\n"
                    "what fits both, --filter a --filter b what fits one or the other");
  command
      .add_flag("--last-failed", options.last_failed,
                "Play what the run before found (of --out, where given), and no more")
      ->excludes("--filter");
  add_suite_option(command, options.suite);
  command
      .add_option("--out", options.out,
                  "Folder for results.json, transcripts and reports; of an earlier run it is cleared")
      ->type_name("DIR")
      ->default_str("one of its own in smtpspec-runs; smtpspec-run points to it");
  command.add_option("--jobs", options.jobs, "Sessions at a time, at most; fewer where the target takes fewer")
      ->type_name("N")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command.add_option("--rate", options.rate, "Sessions a second, at most (default: as many as the target takes)")
      ->type_name("N")
      ->check(CLI::PositiveNumber)
      ->check(problem_of_number);
  command.add_option("--timeout", options.timeout, "How long to wait for a reply: 500ms, 20s, 5m")
      ->type_name("T")
      ->capture_default_str();
  command
      .add_option("--patience", options.patience,
                  "How long to wait for what did not come in that time; a third of it for a target that is quick")
      ->type_name("T")
      ->capture_default_str();
  command
      .add_option("--time", options.time,
                  "The longest that the run may take; what is not played by then makes it incomplete (5)")
      ->type_name("T");
  command.add_option("--repeat", options.repeat, "Play each scenario so often; the worst outcome counts")
      ->type_name("N")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  command.add_flag(
      "--verify", options.verify,
      "Play what is new or changed against the baseline again: ten times, and ten times with another seed\n"
      "and few sessions at a time. It says what comes and goes; what was seen once stays found");
  command.add_option("--shard", options.shard, "Play the i-th of n parts of the suite")->type_name("i/n");
  command.add_option("--seed", options.seed, "A number that marks this run and its shards (default: from the clock)")
      ->type_name("N");
  add_report_option(command, options.reports,
                    "Write a report beside results.json; =- writes it to standard output, in place of what stands\n"
                    "there otherwise. The formats:");
  command
      .add_option("--annotate", options.annotate, "Workflow commands that show the findings beside the code: github")
      ->type_name("WHERE")
      ->check(CLI::IsMember({"github"}));
  command.add_option("--baseline", options.baseline, "Known failures; only what differs from them is a finding")
      ->type_name("FILE");
  add_undecided_option(command, options.undecided);
  command.add_flag("--strict", options.strict, "Warnings (a SHOULD that is not met) are findings too");
  command.add_flag("--verbose", options.verbose, "Show every scenario, not only the findings");
  command.add_flag("--allow-remote", options.allow_remote,
                   "Play against an address that is neither loopback nor private");
}

std::optional<scenario::Target> target_of(const TargetOptions& options) {
  auto target = named_target(options.target);
  if (!target || !put_mailboxes(*target, options) || !put_login(*target, options) || !authorities_can_be_read(*target))
    return std::nullopt;
  return target;
}

std::optional<engine::Selection> selection_of(const RunOptions& options) {
  engine::Selection selection;
  selection.filters = options.filters;
  const std::string& shard = options.shard;
  const char* const end = shard.data() + shard.size();
  const auto first = std::from_chars(shard.data(), end, selection.shard);
  const bool slash = first.ec == std::errc() && first.ptr != end && *first.ptr == '/';
  const auto second = slash ? std::from_chars(first.ptr + 1, end, selection.shards) : first;
  if (!slash || second.ec != std::errc() || second.ptr != end || selection.shard < 1 ||
      selection.shard > selection.shards) {
    say(fmt::format("--shard {}: write i/n with i from 1 to n, such as 2/3", shard));
    return std::nullopt;
  }
  return selection;
}

std::optional<std::vector<WantedReport>> reports_of(const std::vector<std::string>& given) {
  std::vector<WantedReport> wanted;
  for (const std::string& text : given) {
    const auto equals = text.find('=');
    const std::string name = text.substr(0, equals);
    const reports::Format* format = known_format(name);
    if (format == nullptr) return std::nullopt;
    if (equals + 1 == text.size()) {
      say(fmt::format("--report {}: write the name of a file after '=', or - for standard output", text));
      return std::nullopt;
    }
    wanted.push_back({format, equals == std::string::npos ? "" : std::filesystem::path(text.substr(equals + 1))});
  }
  return wanted;
}

std::uint64_t seed_of(std::uint64_t given) {
  if (given != 0) return given;
  return static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
}

bool baseline_of(const std::filesystem::path& file, std::optional<scenario::Baseline>& given) {
  if (file.empty()) return true;
  const auto text = read_file(file);
  if (!text) {
    say(fmt::format("{}: cannot be read as a baseline", file.string()));
    return false;
  }
  auto loaded = scenario::load_baseline(*text, file.string());
  if (!print(loaded)) return false;
  given = std::move(loaded.value);
  return true;
}

}  // namespace smtpspec::cli
