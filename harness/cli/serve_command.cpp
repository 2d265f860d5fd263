#include <memory>
#include <system_error>

#include <CLI/CLI.hpp>
#include <asio/io_context.hpp>
#include <fmt/format.h>

#include "harness/cli/commands.hpp"
#include "harness/cli/console.hpp"
#include "harness/delivery/sink.hpp"
#include "harness/judge/machine.hpp"
#include "harness/reference/server.hpp"
#include "harness/scenario/address_url.hpp"
#include "harness/scenario/diagnostic.hpp"
#include "harness/smtp/escape.hpp"

namespace smtpspec::cli {

namespace {

struct ServeOptions {
  std::string listen = "127.0.0.1:2525";
  std::string profile = "mx";
  bool implicit_tls = false;
  std::string relay;
  std::string maildir;
  std::string certificate;
  std::string key;
  bool allow_remote = false;
  std::vector<std::string> users;
  std::vector<std::string> faults;
  bool list_faults = false;
};

/// Anybody may be a client: half messages that are held open, and clients that say nothing, cost no more than this.
constexpr reference::Server::Bounds bounds = {.connections = 1000,
                                              .when_full = wire::Listener::WhenFull::end_silent,
                                              .held = std::size_t{64} << 20,
                                              .at_once = std::size_t{64} << 10};

/// "host:port" of an option; says what is wrong where it is none.
std::optional<scenario::HostAndPort> place_of(std::string_view option, const std::string& text) {
  auto place = scenario::parse_host_and_port(text);
  if (!place) say(fmt::format("{}{}: write host:port, as in 127.0.0.1:2525", option, text));
  return place;
}

/// Runs the loop until a signal comes. `server`: that is served by it.
int until_signal(asio::io_context& context, const auto& server) {
  watch_signals();
  while (flush_output() && signal_caught() == 0) {  // nothing is taken that nobody gets to see
    context.run_for(std::chrono::milliseconds(200));
    context.restart();
  }
  return flush_output() ? unless_it_failed(server.problem(), exit_complete) : exit_not_written;
}

std::optional<reference::Faults> faults_of(const ServeOptions& options) {
  reference::Faults faults;
  std::vector<std::string> known;
  for (const auto& row : reference::fault_table()) known.emplace_back(row.name);
  for (const std::string& word : options.faults) {
    const auto fault = reference::fault_named(word);
    if (!fault) {
      const std::string near = scenario::did_you_mean(word, known);
      say(fmt::format("--fault {}: there is no such fault{}; `smtpspec serve --list-faults` shows them", word,
                      near.empty() ? "" : fmt::format(" ({})", near)));
      return std::nullopt;
    }
    faults.add(*fault);
  }
  return faults;
}

std::optional<reference::Deliver> deliver_of(const ServeOptions& options) {
  if (!options.maildir.empty()) return reference::maildir_at(options.maildir);
  if (options.relay.empty()) return reference::nowhere();
  const auto place = place_of("--relay ", options.relay);
  if (!place) return std::nullopt;
  const wire::Allowed near = scenario::is_near;
  return reference::relay_to(place->host, place->port, options.allow_remote ? wire::Allowed() : near);
}

int serve(const ServeOptions& options) {
  if (options.list_faults) {
    for (const auto& row : reference::fault_table()) tell("{:<34} {}\n", row.name, row.summary);
    return exit_complete;
  }
  reference::Server::Options server;
  server.settings.lmtp = options.profile == "lmtp";
  server.settings.submission = options.profile == "submission";
  server.settings.final_delivery = !options.maildir.empty();
  server.implicit_tls = options.implicit_tls;
  server.bounds = bounds;
  const auto faults = faults_of(options);
  const auto deliver = deliver_of(options);
  if (!faults || !deliver) return exit_usage;
  for (const std::string& user : options.users) {
    const auto colon = user.find(':');
    if (colon == 0 || colon == std::string::npos || colon + 1 == user.size()) {
      say(fmt::format("--user {}: write NAME:PASSWORD", user.substr(0, colon)));
      return exit_usage;
    }
    server.settings.users[user.substr(0, colon)] = user.substr(colon + 1);
  }
  const auto place = place_of("", options.listen);
  if (!place) return exit_usage;
  server.host = place->host;
  server.port = place->port;
  if (!options.certificate.empty()) server.tls = wire::TlsContext::server_from(options.certificate, options.key);
  asio::io_context context{1};
  try {
    const reference::Server running(context.get_executor(), server, *deliver, *faults);
    tell("listening on {} ({})\n", running.address(), options.profile);
    return until_signal(context, running);
  } catch (const std::system_error& error) {
    say(fmt::format("{}: {}", options.listen, error.code().message()));
    return exit_usage;
  }
}

int run_sink(const std::string& listen, bool lmtp) {
  const auto place = place_of("", listen);
  if (!place) return exit_usage;
  asio::io_context context{1};
  try {
    delivery::Collector collector(context.get_executor());
    collector.watch([](const record::Delivery& delivery) {
      // Not by tell(): lines that are broken would say something else of the octets.
      put(smtp::visible_lines(fmt::format("{}, {} octets: {}\n", judge::describe_envelope(delivery),
                                          delivery.message.size(), smtp::escape(delivery.message))));
      // What nobody gets to see was not taken: its session ends without a reply.
      if (!flush_output()) throw std::system_error(std::make_error_code(std::errc::io_error), "standard output");
    });
    const delivery::Sink sink(context.get_executor(), place->host, place->port, lmtp, collector);
    tell("listening on {}\n", sink.address());
    return until_signal(context, sink);
  } catch (const std::system_error& error) {
    say(fmt::format("{}: {}", listen, error.code().message()));
    return exit_usage;
  }
}

}  // namespace

void add_serve(CLI::App& app, Chosen& chosen) {
  CLI::App* command = app.add_subcommand("serve", "Run the reference server, clean or with named faults");
  auto options = std::make_shared<ServeOptions>();
  command->add_option("listen", options->listen, "host:port; port 0 takes a free one")->capture_default_str();
  command->add_option("--profile", options->profile, "mx, submission or lmtp")
      ->check(CLI::IsMember({"mx", "submission", "lmtp"}))
      ->capture_default_str();
  command->add_flag("--implicit-tls", options->implicit_tls, "TLS from the first octet (RFC 8314)");
  command->add_option("--relay", options->relay, "Relay accepted mail to host:port");
  command->add_flag("--allow-remote", options->allow_remote,
                    "Relay to an address that is neither loopback nor private");
  command->add_option("--maildir", options->maildir, "Deliver accepted mail into this Maildir");
  auto* certificate = command->add_option("--certificate", options->certificate, "PEM file (default: self-signed)");
  auto* key = command->add_option("--key", options->key, "PEM file of its key");
  certificate->needs(key);
  command->add_option("--user", options->users, "NAME:PASSWORD that may log in; repeatable")->take_all();
  command->add_option("--fault", options->faults, "A named fault to have; repeatable")->take_all();
  command->add_flag("--list-faults", options->list_faults, "Show the named faults and end");
  command->callback([options, &chosen] { chosen.run = [options] { return serve(*options); }; });
}

void add_sink(CLI::App& app, Chosen& chosen) {
  CLI::App* command = app.add_subcommand("sink", "Take every message and print it, octet by octet");
  auto listen = std::make_shared<std::string>("127.0.0.1:2526");
  auto lmtp = std::make_shared<bool>(false);
  command->add_option("listen", *listen, "host:port; port 0 takes a free one")->capture_default_str();
  command->add_flag("--lmtp", *lmtp, "Speak LMTP (RFC 2033)");
  command->callback([listen, lmtp, &chosen] { chosen.run = [listen, lmtp] { return run_sink(*listen, *lmtp); }; });
}

}  // namespace smtpspec::cli
