// What a server of ours accepted, as a delivery: such a road knows all of the envelope. No Asio.
#pragma once

#include <string>

#include "harness/record/transcript.hpp"
#include "harness/reference/session.hpp"

namespace smtpspec::delivery {

[[nodiscard]] record::Delivery delivery_of(const reference::Accepted& mail, std::string road);
/// All of it but the octets of the message.
[[nodiscard]] record::Delivery envelope_of(const reference::Accepted& mail, std::string road);

}  // namespace smtpspec::delivery
