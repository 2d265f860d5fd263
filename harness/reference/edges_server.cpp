// The reference server alone, built so that a campaign sees its edges (cmake --preset edges): for ci/bench.
// Usage: edges_server PORT SINK-PORT      (on 127.0.0.1; mail is relayed to the sink)
#include <cstdio>
#include <cstdlib>
#include <exception>

#include <asio/io_context.hpp>

#include "harness/reference/server.hpp"

using namespace smtpspec;

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const auto port_of = [](const char* word) { return static_cast<std::uint16_t>(std::strtoul(word, nullptr, 10)); };
  try {
    asio::io_context context{1};
    reference::Server::Options options;
    options.port = port_of(argv[1]);
    options.settings.users = {{"alice", "open-sesame"}};
    const reference::Server server(context.get_executor(), options, reference::relay_to("127.0.0.1", port_of(argv[2])));
    context.run();
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "%s\n", problem.what());
    return 1;
  }
}
