// By what two sessions are alike that crash a server after different commands.
#pragma once

#include <string>

#include "harness/record/transcript.hpp"

namespace smtpspec::fuzz {

/// The last of the client's octets that is out of the ordinary, and what stands around it: controls, octets beyond
/// ASCII, bare line ends, spaces at an end of a line, lines that are too long. The same for "NOOP\t" and "MAIL
/// FROM:<x>\t". Empty where all are lines as every client sends them.
[[nodiscard]] std::string unusual_in(const record::Transcript& transcript);
/// The verb of the command that was the last to be sent, where that line is as every client sends it; else empty.
[[nodiscard]] std::string ordinary_end_of(const record::Transcript& transcript);

}  // namespace smtpspec::fuzz
