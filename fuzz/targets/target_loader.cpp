// Invariant: any target or baseline file loads without a throw, every diagnostic has a line of the file, and what loads
// keeps what a target promises.
#include <algorithm>

#include "fuzz/diagnostics.hpp"
#include "fuzz/require.hpp"
#include "harness/scenario/loader.hpp"

using namespace smtpspec::fuzz;
using namespace smtpspec::scenario;

namespace {

void check_target(const Target& target) {
  require(!target.host.empty(), "a target has a host");
  require(target.profile == "mx" || target.profile == "submission" || target.profile == "lmtp", "a profile is known");
  const auto mailboxes = {&target.mail.accepts, &target.mail.rejects, &target.mail.foreign};
  for (const auto* list : mailboxes)
    require(std::all_of(list->begin(), list->end(), [](const auto& one) { return is_mailbox(one); }),
            "a mailbox is one");
  require(!target.server || !target.server->start.empty(), "a server has a program");
  const bool absolute = !target.delivery || target.delivery->maildir.empty() || target.delivery->maildir.is_absolute();
  require(absolute, "a path is taken from the file's folder");
  const std::string url = address(target);
  if (target.host.front() == '/') return;
  const auto again = target_from_url(url);
  require(again && again->host == target.host && again->port == target.port && again->scheme == target.scheme,
          "an address that was written reads the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = octets_of(data, size);
  const auto target = load_target(text, "/targets/fuzz.toml");
  check_diagnostics(target.diagnostics, text);
  if (target.ok()) check_target(target.value);
  const auto baseline = load_baseline(text, "fuzz.toml");
  check_diagnostics(baseline.diagnostics, text);
  if (baseline.ok())
    for (const auto& entry : baseline.value.entries) require(!entry.scenario.empty(), "an entry is for a scenario");
  if (const auto from_url = target_from_url(text)) {
    const auto again = target_from_url(address(*from_url));
    require(again && again->host == from_url->host && again->port == from_url->port,
            "an address that was written reads the same");
  }
  return 0;
}
