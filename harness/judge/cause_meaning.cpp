#include "harness/judge/cause_meaning.hpp"

#include <array>

namespace smtpspec::judge {
namespace {

// In the order of the enumeration.
constexpr std::array<std::string_view, cause_count> meanings = {
    "",
    "a reply that none of the allowed endings fits",
    "a reply came where none may: a message was taken to end, or a command to be there",
    "no reply where one is due, although the session answers what follows",
    "no reply where one is due, and the session answers nothing more",
    "a reply began and did not end",
    "the connection ended where a reply is due",
    "what was delivered is not what had to be: lost, doubled, changed, or delivered although it must not be",
    "an ending that the scenario allows, with an outcome of its own",
    "4yz, a close or a wanted login where something else was asked about: the server's right, and no answer",
    "the connection could not be made",
    "the state in which the scenario begins was not reached",
    "the TLS handshake failed",
    "a reply too many came, so that it is not known which reply answers what",
    "what was delivered could not be seen",
    "what was seen ends before the scenario does",
    "the time of the scenario as a whole was over",
    "the target lacks what the scenario needs",
    "the run ended before it was played",
    "a reply that nothing asked for",
    "a rule that holds for every conversation was broken (always/...)",
    "an error of smtpspec's own",
    "nothing in the run called for the rule (always/...)"};

}  // namespace

std::string_view meaning(Cause cause) { return meanings[static_cast<std::size_t>(cause)]; }

}  // namespace smtpspec::judge
