#include "fuzz/seeds/suite_seeds.hpp"

#include <algorithm>
#include <string_view>

#include "fuzz/session/session_input.hpp"
#include "harness/scenario/writer.hpp"

namespace smtpspec::fuzz {

namespace {

using record::Event;
using record::Party;

/// Of the first session. Each target says in its first lines what its input looks like.
class Conversation {
 public:
  explicit Conversation(const record::Transcript& transcript) {
    for (const Event& event : transcript.events) {
      if (event.session != 0 || event.beneath_tls) continue;
      if (event.kind == Event::Kind::octets) say(event);
      if (event.kind == Event::Kind::tls_started) start_tls();
      if (event.kind == Event::Kind::closed && event.by == Party::server) add_piece('E', {});
    }
  }
  std::string client;            ///< all that it said
  std::string client_and_hands;  ///< with SYN for the handshake
  std::string server;
  std::string pieces;

 private:
  void say(const Event& event) {
    const bool by_client = event.by == Party::client;
    (by_client ? client : server) += event.octets;
    if (by_client) client_and_hands += event.octets;
    add_piece(by_client ? 'C' : 'S', event.octets);
  }
  void start_tls() {
    client_and_hands += '\x16';
    add_piece('T', {});
  }
  void add_piece(char letter, std::string_view octets) {
    constexpr std::size_t longest = 0xFFFF;
    do {
      const std::string_view piece = octets.substr(0, longest);
      pieces += letter;
      pieces += static_cast<char>(piece.size() >> 8U);
      pieces += static_cast<char>(piece.size() & 0xFFU);
      pieces += piece;
      octets.remove_prefix(piece.size());
    } while (!octets.empty());
  }
};

}  // namespace

std::map<std::string, std::string> seeds_of(const scenario::Scenario& scenario, const judge::Played& played,
                                            const std::string& profile) {
  std::map<std::string, std::string> seeds;
  if (const auto input = encode(scenario)) seeds["session"] = *input;
  seeds["scenario_loader"] = scenario::to_toml(scenario);
  const Conversation said(played.transcript);
  const bool lmtp = profile == "lmtp";
  seeds["reference_session"] = (lmtp ? "L" : profile == "submission" ? "S" : "A") + said.client_and_hands;
  seeds["command_parser"] = said.client;
  seeds["reply_parser"] = said.server;
  seeds["referee"] = (lmtp ? "L" : "M") + said.pieces;
  std::erase_if(seeds, [](const auto& one) { return one.second.empty(); });
  return seeds;
}

}  // namespace smtpspec::fuzz
