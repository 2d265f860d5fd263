#include <algorithm>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "harness/cli/advice.hpp"
#include "harness/cli/commands.hpp"
#include "harness/cli/consent.hpp"
#include "harness/cli/console.hpp"
#include "harness/cli/run_options.hpp"
#include "harness/cli/suite_files.hpp"
#include "harness/delivery/token.hpp"
#include "harness/record/secrets.hpp"
#include "harness/scenario/writer.hpp"
#include "harness/smtp/visible.hpp"
#include "reports/report.hpp"

namespace smtpspec::cli {

namespace {

using scenario::Target;
using scenario::toml_string;

struct InitOptions {
  TargetOptions target;
  std::string out = "target.toml";
  bool allow_remote = false;
};

/// The name in the greeting, or the address where it has none.
std::string name_of(const Target& target, const engine::Facts& facts) {
  const record::Redactor redactor(target.auth ? std::vector{target.auth->password} : std::vector<std::string>());
  std::string greeting = redactor.without_secrets(facts.greeting);
  greeting.resize(std::min(greeting.find_first_of("\r\n"), greeting.size()));
  const std::string name = greeting.size() < 5 ? "" : greeting.substr(4, greeting.find(' ', 4) - 4);
  const bool is_name = !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char octet) {
    return std::isalnum(octet) != 0 || octet == '.' || octet == '-';
  });
  return is_name ? name : target.name;
}

/// A target file of what the survey learnt, and `unknown`: what it could not find out.
std::string target_file(const Target& asked, const engine::Facts& facts, const std::string& command,
                        std::vector<std::string>& unknown) {
  const Target known = engine::as_learnt(asked, facts);
  const bool login_first = facts.before_mail == scenario::Ladder::authenticated;
  const std::string domain = known.mail.domain.empty() ? "example.test" : known.mail.domain;
  std::string text = "# Written by `" + smtp::visible(command) + "`. What it could not find out stands after #.\n";
  const auto put = [&text](std::string_view line, std::string_view comment = {}) {
    text += fmt::format("{}{}{}\n", line, comment.empty() ? "" : "  # ", comment);
  };
  const auto missing = [&](const std::string& what, std::string_view line, std::string_view comment) {
    unknown.push_back(what);
    put("# " + std::string(line), comment);
  };

  put("name = " + toml_string(name_of(asked, facts)), "for reports; here from the greeting");
  put("address = " + toml_string(scenario::address(asked)));
  put("profile = " + toml_string(login_first ? "submission" : asked.profile), "mx, submission or lmtp");
  put("# source = '127.0.0.9'", "an address to connect from that the server does not trust");
  put("\n[mail]");
  if (known.mail.domain.empty())
    missing("its mail domain ([mail] domain)", "domain = 'example.test'", "the domain that it takes mail for");
  else
    put("domain = " + toml_string(domain));
  std::vector<std::string> accepts;
  for (const std::string& mailbox : known.mail.accepts) accepts.push_back(toml_string(mailbox));
  if (facts.mailboxes.empty()) {
    unknown.emplace_back("a mailbox that takes mail ([mail] accepts)");
    if (accepts.empty()) accepts.emplace_back("'Postmaster'");
  }
  put(fmt::format("accepts = [{}]", fmt::join(accepts, ", ")),
      facts.mailboxes.empty() ? "refused; name one that exists, two are better" : "taken; name two that have a user");
  missing("a mailbox that it refuses ([mail] rejects)", fmt::format("rejects = ['nobody@{}']", domain),
          "no such user here");
  missing("a mailbox elsewhere ([mail] foreign)", "foreign = ['someone@elsewhere.example']",
          "not this server's: relaying must be refused");
  put("# sender = " + toml_string(asked.mail.sender), "the reverse-path; some servers want a domain that exists");

  put("");
  if (asked.auth) {
    put("[auth]", facts.lacks("login") == nullptr ? "" : facts.lacks("login")->because);
    put("user = " + toml_string(asked.auth->user));
    put("password = ''", "not written down: put it here, or give --password-file");
  } else {
    missing("a login ([auth])", "[auth]", "who may log in; leave it out where nobody can");
    put("# user = 'alice'\n# password = 'secret'");
  }
  put("");
  if (facts.starttls || asked.scheme == scenario::Scheme::smtps) {
    put("[tls]", facts.lacks("handshake") == nullptr ? "the handshake works" : facts.lacks("handshake")->because);
    put("verify = false", "true: by the system's authorities, or by `ca`");
    put("# name = 'mail.example.test'", "that the certificate must have; default: the host of the address");
    put("# ca = 'ca.pem'", "the authorities' certificates; without `verify` it is verified by these");
  } else {
    put("# TLS is not offered.");
  }
  put("");
  missing("where accepted mail is seen ([delivery])", "[delivery]",
          "one of sink, maildir and mbox; a sink shows most: let the server relay there");
  put("# sink = '127.0.0.1:2526'\n# maildir = '/home/alice/Maildir'\n# mbox = '/var/mail/alice'");
  return text;
}

engine::Run ask(const scenario::Suite& suite, const std::vector<const scenario::Scenario*>& rows, const Target& target,
                bool near_only) {
  engine::RunSettings settings;
  settings.near_only = near_only;
  settings.secret = delivery::make_secret();
  settings.target = target;
  settings.suite = &suite;
  settings.scenarios = rows;
  engine::RunEvents events;
  events.stop = [] { return signal_caught() != 0; };
  return engine::run(settings, events);
}

/// Never over a file that is there.
bool write_new(const std::string& file, const std::string& text) {
  std::error_code ignored;
  const bool is_there = std::filesystem::exists(std::filesystem::symlink_status(file, ignored));
  const auto problem = is_there ? file + " is there already" : reports::write_file(file, text);
  if (problem) say(*problem);
  return !problem;
}

int init(const InitOptions& options, const std::string& command) {
  const auto suite = load_suite({});
  const auto target = target_of(options.target);
  if (!suite || !target) return exit_usage;
  std::error_code ignored;
  if (options.out != "-" && std::filesystem::exists(options.out, ignored)) {
    say(fmt::format("{} is there already; name another by --out", options.out));
    return exit_usage;
  }
  engine::Selection selection;
  selection.filters = {"survey/*"};
  const auto rows = engine::select(*suite, selection);
  if (!may_be_played(*target, options.allow_remote, burden_of(rows, 1))) return exit_usage;
  watch_signals();
  const engine::Run run = ask(*suite, rows, *target, !options.allow_remote);
  if (signal_caught() != 0) return exit_signal + signal_caught();
  const std::vector<std::string> hints = advice(run.result, *target);
  if (run.end == engine::RunEnd::untestable) {
    say(fmt::format("{} cannot be asked: {}", scenario::address(*target), run.result.incomplete_because));
    for (const std::string& hint : hints) say(hint);
    return exit_untestable;
  }
  std::vector<std::string> unknown;
  const std::string text = target_file(*target, run.facts, command, unknown);
  if (options.out == "-") {
    put(smtp::visible_lines(text));  // a file, whatever the width of the terminal
    return exit_complete;
  }
  if (!write_new(options.out, text)) return exit_not_written;
  tell("{} was written. What could not be found out, and is to be filled in:\n", options.out);
  for (const std::string& one : unknown) tell("  {}\n", one);
  for (const engine::Learnt& one : run.result.target.learnt)
    if (one.value.starts_with("no: ")) tell("{}: {}\n", one.name, one.value);
  tell("Then: smtpspec run {}\n", shell_word(options.out));
  return exit_complete;
}

}  // namespace

void add_target(CLI::App& app, Chosen& chosen) {
  CLI::App* target = app.add_subcommand("target", "Write a target file: `smtpspec target init smtp://host`");
  target->require_subcommand(1);
  CLI::App* command =
      target->add_subcommand("init", "Ask a server what it is like, and write a target file to fill in");
  auto options = std::make_shared<InitOptions>();
  command->add_option("target", options->target.target, "smtp://host:port, smtps://..., lmtp://..., lmtp:///path")
      ->required();
  add_options(*command, options->target);
  command->add_option("--out", options->out, "The file; it must not be there yet; - is standard output")
      ->type_name("FILE")
      ->capture_default_str();
  command->add_flag("--allow-remote", options->allow_remote, "Ask an address that is neither loopback nor private");
  command->callback(
      [options, &chosen] { chosen.run = [options, &chosen] { return init(*options, chosen.command_line); }; });
}

}  // namespace smtpspec::cli
