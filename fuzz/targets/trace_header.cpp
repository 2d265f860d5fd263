// Invariant: a message is parted into its trace fields and what was sent, of which no octet is lost; line ends are made
// local as a slow reading says.
#include <string>

#include "fuzz/require.hpp"
#include "harness/delivery/stored_message.hpp"
#include "harness/record/trace.hpp"

using namespace smtpspec::fuzz;
using namespace smtpspec::record;

namespace {

void check_parted(std::string_view octets) {
  const Parted parted = part(octets);
  require(octets.ends_with(parted.message) && parted.message.ends_with(parted.body), "what was sent is the end");
  require(parted.trace.size() <= max_trace_fields, "the fields are bounded");
  std::string_view front = octets.substr(0, octets.size() - parted.message.size());
  for (const std::string& field : parted.trace) {
    require(field.find_first_of("\r\n") == field.npos && field.find(':') != field.npos, "a field is unfolded");
    for (const char octet : field) {
      front.remove_prefix(std::min(front.find_first_not_of("\r\n"), front.size()));
      require(front.starts_with(octet), "a field holds the octets of the message");
      front.remove_prefix(1);
    }
  }
  if (parted.trace.size() < max_trace_fields) {
    require(front.find_first_not_of("\r\n") == front.npos, "all that was put in front is trace");
    require(part(parted.message).trace.empty(), "nothing of it is left");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view octets = octets_of(data, size);
  check_parted(octets);
  const std::string by = received_by(octets);
  require(by.find_first_of(" ;(\r\nabcxyz") == by.npos, "a name is one word, in capitals");
  const std::string local = with_local_line_ends(octets);
  // One pass: CR CR LF leaves a CRLF.
  std::string slow;
  for (std::size_t at = 0; at < size; ++at)
    if (octets.substr(at, 2) != "\r\n") slow += octets[at];
  require(local == slow, "each CRLF is made LF");
  Delivery delivery;
  delivery.message = octets;
  smtpspec::delivery::read_stored(delivery, "maildir");
  require(delivery.message == octets && delivery.road == "maildir", "the message stays as it is");
  require(!delivery.recipients || !delivery.recipients->empty(), "who is told of is there");
  return 0;
}
