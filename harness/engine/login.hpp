// AUTH through the SASL library: RFC 4954 section 4.
#pragma once

#include <string>  // before Asio, which else does not see that there is std::aligned_alloc

#include <asio/awaitable.hpp>

#include "harness/engine/conversation.hpp"
#include "harness/engine/values.hpp"
#include "harness/scenario/model.hpp"

namespace smtpspec::engine {

/// A 334 with its challenge: what the exchange claims for itself before the step's own expectation is asked.
[[nodiscard]] const scenario::Expectation& challenge();
inline constexpr int max_challenges = 8;  ///< no mechanism of ours needs more

/// Talks the mechanism through: answers each 334 until another reply comes, which is left unclaimed for the step's own
/// expectation. What was sent is written down as "[secret]". A mechanism that the library lacks is cancelled by "*".
asio::awaitable<void> login(const scenario::Step& step, Conversation& conversation, Values& values,
                            const scenario::Target& target);

}  // namespace smtpspec::engine
