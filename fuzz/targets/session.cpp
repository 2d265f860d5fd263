// Invariant: whatever session is played, the strict reference server breaks no rule, and keeps what it has accepted.
//
// Input: fuzz/session/session_input.hpp. The mutator is that of the live campaigns (fuzz/mutators).
#include "fuzz/oracles/conservation.hpp"
#include "fuzz/oracles/oracles.hpp"
#include "fuzz/require.hpp"
#include "fuzz/session/session_input.hpp"
#include "harness/memory/memory_run.hpp"

using namespace smtpspec;
using namespace smtpspec::fuzz;

namespace {

void hold(const std::vector<Breach>& breaches) {
  for (const Breach& one : breaches) {
    std::fprintf(stderr, "%s: expected %s; actual %s\n", one.cause.c_str(), one.expected.c_str(), one.actual.c_str());
    require(false, "the reference server keeps the rules");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const scenario::Suite suite;
  static memory::MemoryRun run(suite, "mx", {});
  scenario::Scenario session = decode(octets_of(data, size));
  session.delivered.emplace();  // so that what was delivered is asked for
  const judge::Played played = run.play(session);
  hold(breaches_in(played));
  static const std::vector<std::string> mailboxes = {"alice@example.test", "bob@example.test"};
  const AcceptedMail accepted = accepted_in(played.transcript, mailboxes);
  hold(breaches_of_mail(accepted, arrived_in(played.transcript, mailboxes), true,
                        {true, {mailbox_name(0), mailbox_name(1)}}));
  return 0;
}
