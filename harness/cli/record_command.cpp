#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <system_error>

#include <CLI/CLI.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <fmt/format.h>

#include "harness/cli/commands.hpp"
#include "harness/cli/consent.hpp"
#include "harness/cli/console.hpp"
#include "harness/cli/run_options.hpp"
#include "harness/proxy/draft.hpp"
#include "harness/proxy/proxy.hpp"
#include "harness/record/new_file.hpp"
#include "harness/record/secrets.hpp"
#include "harness/record/transcript_file.hpp"
#include "harness/scenario/address_url.hpp"

namespace smtpspec::cli {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t transcript_room = std::size_t{16} << 20;

struct RecordOptions {
  std::string listen = "127.0.0.1:2527";
  TargetOptions to;
  std::filesystem::path out = "smtpspec-record";
  std::size_t sessions = 0;  ///< 0: any number
  std::string time;          ///< empty: until a signal
  bool allow_remote = false;
};

/// The sessions that are over, in files and on the terminal.
class Recording {
 public:
  Recording(std::filesystem::path out, std::string target) : out_(std::move(out)), target_(std::move(target)) {}

  /// Whether files can be written; otherwise says what is wrong.
  bool begin() {
    std::error_code ignored;
    std::filesystem::create_directories(out_, ignored);  // where it fails, opening it says why
    record::Refusal refusal;
    folder_ = record::Folder::open(out_, refusal);
    const auto problem = folder_ ? record::cannot_put_file(*folder_) : std::optional(refusal.words);
    if (problem) not_written(out_, *problem);
    return !problem;
  }

  /// No file of an earlier recording has it.
  std::string next_name() {
    for (;;) {
      const std::string name = fmt::format("recorded-{}", ++number_);
      std::error_code ignored;
      if (!std::filesystem::exists(out_ / draft_of(name), ignored) &&
          !std::filesystem::exists(out_ / record::transcript_path(name), ignored))
        return name;
    }
  }

  void add(const proxy::Passed& passed) {
    const record::Redactor redactor(passed.transcript.secrets);
    ++sessions_;
    unreachable_ += passed.unreachable.empty() ? 0 : 1;
    broken_ += passed.violations.empty() ? 0 : 1;
    std::string rules;
    for (const smtp::Violation& one : passed.violations) {
      rules += fmt::format("{} always/{}", rules.empty() ? "breaks" : ",", name(one.rule));
      breaches_.try_emplace(one.rule, redactor.without_secrets(one.actual) + " in " + passed.transcript.scenario);
    }
    if (rules.empty()) rules = "nothing broken";
    if (passed.left) rules += "; the server closed or reset the connection, and had said no goodbye";
    if (passed.sealed) rules += "; from where TLS began that STARTTLS did not announce, nothing is judged";
    if (!passed.unreachable.empty()) rules = "the server cannot be reached: " + passed.unreachable;
    tell("{}  {}  {} commands, {} octets sent, {} received: {}\n", passed.transcript.scenario, passed.client,
         passed.commands, passed.sent, passed.received, rules);
    write(passed, redactor);
  }

  void tell_counts() const {
    tell("Sessions recorded in {}: {}; the server broke a rule in {}, and could not be reached in {}\n", out_.string(),
         sessions_, broken_, unreachable_);
    for (const auto& [rule, seen] : breaches_)
      tell("  always/{}: {}; there was {}\n", name(rule), smtp::row_of(rule).asks, seen);
  }

  [[nodiscard]] bool lost() const { return lost_; }
  [[nodiscard]] int exit_code() const {
    if (lost_) return exit_not_written;
    if (signal_caught() != 0) return exit_signal + signal_caught();
    if (unreachable_ > 0) return exit_untestable;
    if (broken_ > 0) return exit_findings;
    return sessions_ == 0 ? exit_nothing_ran : exit_complete;
  }

 private:
  static std::string draft_of(const std::string& name) { return name + ".toml"; }

  void not_written(const std::filesystem::path& path, std::string_view problem) {
    say(fmt::format("{} could not be written: {}", path.string(), problem));
    lost_ = true;
  }

  void write(const proxy::Passed& passed, const record::Redactor& redactor) {
    const std::string& name = passed.transcript.scenario;
    if (passed.too_many_secrets) {
      say(fmt::format("{} is not written: it logs in so often that its secrets cannot all be taken out", name));
      lost_ = true;
      return;
    }
    const auto saved = record::save_transcript(out_, passed.transcript, transcript_room);
    if (!saved.problem.empty()) say(saved.problem);
    lost_ = lost_ || !saved.problem.empty();
    if (saved.problem.empty() && saved.octets == 0) say(name + ": its transcript is too large to be written");
    const auto text = proxy::draft(redactor.without_secrets(passed.transcript), passed.violations, target_);
    if (!text) return;
    // For the owner alone, as transcripts are: it holds mail.
    const auto problem = record::put_file(*folder_, draft_of(name), *text, record::Lasting::no, record::Readers::owner);
    if (problem) not_written(out_ / draft_of(name), *problem);
  }

  std::filesystem::path out_;
  std::string target_;
  std::optional<record::Folder> folder_;
  std::size_t number_ = 0;
  std::size_t sessions_ = 0;
  std::size_t unreachable_ = 0;
  std::size_t broken_ = 0;
  std::map<smtp::Rule, std::string> breaches_;  ///< the first of each rule
  bool lost_ = false;
};

/// Loopback and private addresses, unless more was allowed: whoever connects speaks with the server through us.
bool may_be_recorded(const scenario::Target& target, const std::string& listen, bool allow_remote) {
  if (allow_remote) return true;
  for (const std::string& host : {listen, target.host}) {
    if (resolves_to_near(host)) continue;
    say(
        fmt::format("{} is neither a loopback nor a private address. Where you may record there, say so with "
                    "--allow-remote.",
                    host));
    return false;
  }
  return true;
}

/// Runs until `over` says so, or a signal comes, or nobody gets to see what is told.
void run_until(asio::io_context& context, const std::function<bool()>& over) {
  while (!over() && signal_caught() == 0 && flush_output()) {
    context.run_for(std::chrono::milliseconds(50));
    context.restart();
  }
}

/// Why the target cannot be connected to, or nothing.
std::optional<std::string> unreachable(asio::io_context& context, const proxy::PassageSettings& settings) {
  const auto connected = std::make_shared<std::optional<wire::Connected>>();
  const scenario::Target target = settings.target;
  asio::co_spawn(
      context,
      [](scenario::Target to, wire::Allowed allowed, auto result) -> asio::awaitable<void> {
        constexpr wire::Time patience{10'000};
        *result = co_await wire::connect_tcp(to.host, to.port, "", patience, allowed);
      }(target, settings.allowed, connected),
      asio::detached);
  run_until(context, [&] { return connected->has_value(); });
  if (!*connected || (*connected)->transport) return std::nullopt;
  return (*connected)->problem;
}

int record_sessions(const RecordOptions& options) {
  const auto target = target_of(options.to);
  const auto place = scenario::parse_host_and_port(options.listen);
  if (!place) say(fmt::format("--listen {}: write host:port, as in 127.0.0.1:2527", options.listen));
  if (!target || !place || !may_be_recorded(*target, place->host, options.allow_remote)) return exit_usage;
  const std::optional<wire::Time> time =
      options.time.empty() ? std::nullopt : std::optional(duration_from(options.time));
  watch_signals();
  Recording recording(options.out, scenario::address(*target));
  if (!recording.begin()) return exit_not_written;

  proxy::Proxy::Settings settings;
  settings.host = place->host;
  settings.port = place->port;
  settings.most_in_all = options.sessions;
  settings.name = [&recording] { return recording.next_name(); };
  settings.passage.target = *target;
  if (!options.allow_remote) settings.passage.allowed = scenario::is_near;
  asio::io_context context{1};
  if (const auto problem = unreachable(context, settings.passage)) {
    say("the server cannot be reached: " + *problem);
    return exit_untestable;
  }
  try {
    proxy::Proxy proxy(context.get_executor(), settings,
                       [&recording](const proxy::Passed& passed) { recording.add(passed); });
    tell("listening on {}, for {}\n", proxy.address(), scenario::address(*target));
    const auto begun = Clock::now();
    run_until(context, [&] { return proxy.is_done() || recording.lost() || (time && Clock::now() - begun >= *time); });
    proxy.end("the recording ended");
    const wire::Deadline soon(std::chrono::seconds(5));
    while (proxy.under_way() > 0 && !soon.over()) {
      context.run_for(std::chrono::milliseconds(10));
      context.restart();
    }
    if (const std::string problem = proxy.problem(); !problem.empty()) throw std::runtime_error(problem);
  } catch (const std::system_error& error) {
    say(fmt::format("{}: {}", options.listen, error.code().message()));
    return exit_untestable;
  }
  recording.tell_counts();
  return recording.exit_code();
}

}  // namespace

void add_record(CLI::App& app, Chosen& chosen) {
  CLI::App* command =
      app.add_subcommand("record", "Stand between a client and a server, and write sessions as scenario drafts");
  auto options = std::make_shared<RecordOptions>();
  command->add_option("--listen", options->listen, "host:port for the client; port 0 takes a free one")
      ->capture_default_str();
  command
      ->add_option("--to", options->to.target,
                   "The server: a target file, or smtp://host:port, smtps://..., lmtp://...")
      ->type_name("TARGET")
      ->required();
  command->add_option("--out", options->out, "Folder for transcripts and drafts")->capture_default_str();
  command->add_option("--sessions", options->sessions, "End after so many sessions");
  command->add_option("--time", options->time, "End after this time (20s, 5m); without, at a signal");
  command->add_flag("--allow-remote", options->allow_remote, "Also where an address is neither loopback nor private");
  command->footer(
      "The client is given a certificate that nobody has signed; passwords are in no file. Exit codes: 0 nothing "
      "broken,\n"
      "1 the server broke a rule, 2 usage, 3 the server cannot be reached or the address is taken, 4 nobody "
      "connected,\n"
      "74 a file could not be written, 128+n signal n.");
  command->callback([options, &chosen] {
    if (!options->time.empty()) (void)duration_from(options->time);
    chosen.run = [options] { return record_sessions(*options); };
  });
}

}  // namespace smtpspec::cli
