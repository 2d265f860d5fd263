// A message as a store has it, and what a look at a store came to.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/delivery/message_reader.hpp"
#include "harness/record/transcript.hpp"

namespace smtpspec::delivery {

/// What one look at a road of files came to.
struct Look {
  std::vector<Incoming> messages;  ///< that came since the last look and bear a living token
  /// All that was there at this time was seen by now; nullopt: no later time than after the look before.
  std::optional<std::chrono::steady_clock::time_point> seen_until;
  /// A message went by that could not be read as a whole, and nobody knows whose it is.
  bool unknown = false;
  bool again = false;              ///< what comes from now on may have been there before
  std::string lost;                ///< why nothing can be seen at present; empty while all is well
  std::vector<std::string> notes;  ///< for people: what was passed over. Holds nothing that others have made up
};

/// It is said, and those who were waiting decide nothing.
void note_unknown(Look& look, std::string_view words);

/// A message that was read to its end: it is one of the look's where it bears a living token. `read` makes of its first
/// octets what else is known of it.
void put_in(Look& look, Incoming incoming, void (*read)(record::Delivery&));

/// Fills in the envelope of a message with what its first octets tell: Return-Path and Delivered-To / X-Original-To /
/// Envelope-To; and whether its store keeps line ends as they came.
void read_stored(record::Delivery& delivery, std::string road);

}  // namespace smtpspec::delivery
