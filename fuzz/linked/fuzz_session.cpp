#include <array>
#include <cstdio>
#include <cstdlib>
#include <optional>

#include "fuzz/linked/breach_report.hpp"
#include "fuzz/linked/linked_session.hpp"
#include "fuzz/mutators/session_mutator.hpp"
#include "fuzz/oracles/conservation.hpp"
#include "fuzz/oracles/features.hpp"
#include "fuzz/oracles/oracles.hpp"
#include "fuzz/require.hpp"
#include "fuzz/session/session_input.hpp"
#include "harness/memory/memory_server.hpp"

using namespace smtpspec;
using namespace smtpspec::fuzz;

// The engine finds the mutator by its name, and the linker only where something asks for it.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most, unsigned seed);

namespace {

// What a session showed of the server counts as coverage for libFuzzer, in code that was not instrumented as well.
__attribute__((section("__libfuzzer_extra_counters"))) std::array<std::uint8_t, 1 << 15> counters;  // NOLINT

class LinkedServer {
 public:
  explicit LinkedServer(const smtpspec_server& server)
      : server_(server), played_(target_of(server), sessions_of(server), "mx.example.test") {
    if (!played_.facts().problem.empty()) give_up("the server cannot be played: " + played_.facts().problem);
    const judge::Played plain = played_.play(decode("= rcpt\n> DATA\\r\\n\nM {header}text\\r\\n\n"));
    if (accepted_in(plain.transcript, played_.target().mail.accepts).messages.empty())
      std::fprintf(
          stderr,
          "smtpspec: the server accepts no mail for %s, so little of it will be reached; this is what it said\n%s",
          played_.target().mail.accepts.empty() ? "anybody" : played_.target().mail.accepts.front().c_str(),
          conversation_of(plain.transcript).c_str());
  }
  [[nodiscard]] bool is(const smtpspec_server& server) const { return &server == &server_; }

  void play(std::string_view input) {
    scenario::Scenario session = decode(input);
    if (server_.tells_deliveries != 0) session.delivered.emplace();  // so that what was delivered is asked for
    const judge::Played played = played_.play(session);
    count_features(played.transcript, counters);
    hold(breaches_in(played), played, input);
    if (server_.tells_deliveries != 0) hold(breaches_of_its_mail(played), played, input);
  }

 private:
  [[noreturn]] static void give_up(const std::string& why) {
    std::fprintf(stderr, "smtpspec: %s\n", why.c_str());
    std::exit(3);
  }
  static void hold(const std::vector<Breach>& breaches, const judge::Played& played, std::string_view input) {
    if (breaches.empty()) return;
    std::fputs(breach_report(breaches.front(), played.transcript, input).c_str(), stderr);
    std::abort();
  }
  [[nodiscard]] std::vector<Breach> breaches_of_its_mail(const judge::Played& played) const {
    const std::vector<std::string>& mailboxes = played_.target().mail.accepts;
    return breaches_of_mail(accepted_in(played.transcript, mailboxes), arrived_in(played.transcript, mailboxes), true,
                            {true});
  }

  const smtpspec_server& server_;
  memory::MemoryServer played_;
};

LinkedServer& linked(const smtpspec_server& server) {
  static std::optional<LinkedServer> the_server;
  if (!the_server || !the_server->is(server)) {
    const std::string missing = missing_in(server);
    require(missing.empty(), ("a server needs '" + missing + "'").c_str());
    the_server.emplace(server);
  }
  return *the_server;
}

}  // namespace

extern "C" int smtpspec_fuzz(const smtpspec_server* server, const std::uint8_t* data, std::size_t size) {
  static auto* volatile mutator = &LLVMFuzzerCustomMutator;
  (void)mutator;
  require(server != nullptr, "a server is given");
  linked(*server).play(octets_of(data, size));
  return 0;
}

extern "C" void smtpspec_delivered(const char* reverse_path, std::size_t recipients, const char* message,
                                   std::size_t count) {
  record::Delivery mail;
  mail.reverse_path = reverse_path;
  mail.recipients.emplace(recipients);
  mail.message.assign(message, count);
  mail.road = "linked";
  mail_arrives(std::move(mail));
}
