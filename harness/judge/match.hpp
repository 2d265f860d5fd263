// Whether what came back is one of the endings that an expectation allows. Pure.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "harness/judge/reply_matcher.hpp"
#include "harness/scenario/model.hpp"
#include "harness/smtp/keywords.hpp"

namespace smtpspec::judge {

/// Fits each reply. What the rest of a pipelined group is asked after an ending.
[[nodiscard]] const scenario::Expectation& any_reply();
/// The same, or silence.
[[nodiscard]] const scenario::Expectation& any_reply_or_none();

/// Whether an ending of this kind is one of those allowed.
[[nodiscard]] bool allows(const scenario::Expectation& expectation, scenario::Alternative::Kind kind);
/// Whether a handshake that fails is one of the step's allowed endings: "close" is.
[[nodiscard]] bool handshake_may_fail(const scenario::Step& step);

/// One of the endings is a reply of this code, and the close after it.
[[nodiscard]] bool wants_close(const scenario::Expectation& expectation, const smtp::Reply& reply);
/// A reply that is asked for, after which the connection was to be closed and was not.
[[nodiscard]] bool lacks_close(const scenario::Expectation& expectation, const Observed& observed);

/// Captured values by name.
using Captures = std::map<std::string, std::string>;

/// The first alternative that fits, or nullopt. Its captures are added to `captures`.
[[nodiscard]] std::optional<std::size_t> choose(const scenario::Expectation& expectation, const Observed& observed,
                                                const scenario::Lookup& lookup, Captures& captures);

/// Whether the keyword is there, with the parameter where one is asked for: "AUTH PLAIN".
[[nodiscard]] bool has_keyword(const smtp::Ehlo& ehlo, const std::string& wanted);
/// Whether a code fits a pattern such as "250", "25z", "5yz".
[[nodiscard]] bool code_fits(std::string_view pattern, int code);
/// "503 or 554", "no reply", "421 and close": for people.
[[nodiscard]] std::string describe(const scenario::Expectation& expectation);
[[nodiscard]] std::string describe(const scenario::Alternative& alternative);
/// "250 2.0.0 Ok", "no reply within the time", "the connection closed without a reply": for people, octets escaped.
[[nodiscard]] std::string describe(const Observed& observed);

}  // namespace smtpspec::judge
