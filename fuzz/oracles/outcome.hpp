// What a session came to, whatever the words: to be compared with what another came to.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "harness/record/transcript.hpp"

namespace smtpspec::fuzz {

struct Outcome {
  struct Reply {
    std::string asked;  ///< the verb of a command, "greeting", "end-of-data"
    std::string said;   ///< the start of the command's line
    std::string state;
    int code = 0;  ///< 0: the connection was closed instead
    /// LMTP, to the end of the data: of the recipients that were accepted this one's, from 1. 0: it is for all of them.
    std::size_t recipient = 0;
  };
  std::vector<Reply> replies;
  /// One conversation, in which all is known and was answered, or the server closed.
  bool known = false;
  /// Each DATA was followed by a message.
  bool data_was_taken = true;
};
[[nodiscard]] Outcome outcome_of(const record::Transcript& transcript);

struct Difference {
  Outcome::Reply one;
  Outcome::Reply other;
};
enum class Compared {
  codes,
  classes,  ///< the first digit
};
/// The first; nullopt where there is none, or it cannot be known. NOOP counts for nothing, nor does a DATA that was
/// followed by its message: BDAT has none.
[[nodiscard]] std::optional<Difference> difference(const Outcome& one, const Outcome& other, Compared compared);

}  // namespace smtpspec::fuzz
