// hostile: a server and a sink peer that do what no server and no client should, to see what smtpspec makes of it.
#include <csignal>
#include <cstdio>
#include <exception>
#include <string>

#include <CLI/CLI.hpp>
#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>
#include <fmt/format.h>

#include "harness/hostile/behaviour.hpp"
#include "harness/hostile/server.hpp"
#include "harness/hostile/sink_peer.hpp"

namespace {

using namespace smtpspec;

struct Options {
  std::string behaviour;
  hostile::Options server;
  std::uint16_t relay = 0;
  std::uint16_t sink = 0;
};

/// Until SIGTERM or SIGINT.
void run(asio::io_context& context) {
  asio::signal_set signals(context, SIGTERM, SIGINT);
  signals.async_wait([&context](const asio::error_code&, int) { context.stop(); });
  context.run();
}

/// A line each, its columns cut by tabs.
int list() {
  for (const auto& [name, what] : hostile::ends_in_turn()) fmt::print("any\t{}\tany\tnothing\t{}\n", name, what);
  for (const auto& row : hostile::behaviours())
    fmt::print("{}\t{}\t{}\t{}\t{}\n", kind(row), row.name, name(row.point), name(row.before), row.what);
  for (const auto& row : hostile::sink_peers()) fmt::print("peer\t{}\tsink\tnothing\t{}\n", row.name, row.what);
  return 0;
}

int serve(Options& options) {
  std::vector<hostile::Behaviour> behaviours = hostile::behaviours_named(options.behaviour);
  if (behaviours.empty()) return 2;
  options.server.settings.users = {{"alice", "open-sesame"}};
  asio::io_context context{1};
  reference::Deliver deliver = reference::nowhere();
  if (options.relay != 0) deliver = reference::relay_to("127.0.0.1", options.relay);
  const wire::Listener listener =
      hostile::listen(context.get_executor(), options.server, std::move(behaviours), deliver);
  fmt::print("listening on {}\n", listener.address());
  std::fflush(stdout);
  run(context);
  return 0;
}

int attack(const Options& options) {
  const hostile::SinkPeer* peer = hostile::sink_peer_named(options.behaviour);
  if (peer == nullptr) return 2;
  asio::io_context context{1};
  hostile::attack(context.get_executor(), *peer, "127.0.0.1", options.sink);
  run(context);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  CLI::App app("A hostile server, and a hostile peer of a sink; on loopback alone", "hostile");
  app.require_subcommand(1);
  Options options;
  app.add_subcommand("list",
                     "kind, name, point of a session, how much of the reply goes before, what it does; cut by tabs");
  CLI::App* server = app.add_subcommand("serve", "Listen, say where on a line of its own, and misbehave until SIGTERM");
  server->add_option("behaviour", options.behaviour)->required();
  server->add_option("--correct", options.server.correct, "So many first connections are served correctly");
  server->add_flag("--implicit-tls", options.server.implicit_tls, "TLS from the first octet");
  server->add_option("--relay", options.relay, "Relay accepted mail to this port of 127.0.0.1");
  CLI::App* peer = app.add_subcommand("peer", "Attack a sink on a port of 127.0.0.1 until SIGTERM");
  peer->add_option("behaviour", options.behaviour)->required();
  peer->add_option("port", options.sink)->required();
  CLI11_PARSE(app, argc, argv);
  try {
    if (app.got_subcommand("list")) return list();
    return app.got_subcommand("serve") ? serve(options) : attack(options);
  } catch (const std::exception& error) {
    fmt::print(stderr, "hostile: {}\n", error.what());
    return 70;
  }
}
