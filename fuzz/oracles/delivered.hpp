// What became of the mail of one session on two servers: of each message that both accepted, how many got it, by which
// envelope, with which body. What is each server's own (trace header, mailboxes, token) is left out.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/oracles/conservation.hpp"

namespace smtpspec::fuzz {

/// Both accepted the same messages for as many recipients, or none, and it is known: so what was delivered can be
/// compared.
[[nodiscard]] bool are_the_same(const AcceptedMail& one, std::string_view token, const AcceptedMail& other,
                                std::string_view other_token);
/// Bodies can be compared: each message has a header section that no server has to mend.
[[nodiscard]] bool has_bodies(const AcceptedMail& accepted);
/// What is unusual in the bodies, for the name of a cause: "bare-lf"; "plain" where nothing is.
[[nodiscard]] std::string_view kind_of_bodies(const AcceptedMail& accepted);

/// The same for bodies that are alike: kinds of octets in their order, however many of each; of long ones the start.
[[nodiscard]] std::string shape_of_bodies(const AcceptedMail& accepted);

/// One for each recipient of each copy that arrived, so that it is the same whether they came in one copy or in
/// several.
struct Delivered {
  std::vector<std::string> envelopes;  ///< empty where the road does not tell
  std::vector<std::string> bodies;
};
/// `token`: of the session. A mailbox of the target is named by its place in the target file, whatever it is called.
[[nodiscard]] Delivered delivered_of(const ArrivedMail::Message& copy, std::string_view token);
/// As a road with local line ends keeps it.
[[nodiscard]] Delivered with_local_line_ends(Delivered delivered);

inline constexpr std::string_view other_copies = "copies";
inline constexpr std::string_view other_envelope = "envelope";
inline constexpr std::string_view other_body = "body";
/// What two that are to be the same differ in, and how, octets escaped.
struct DeliveredDifference {
  std::string_view what;
  std::string one;
  std::string other;
};
[[nodiscard]] std::optional<DeliveredDifference> difference(Delivered one, Delivered other, bool with_bodies);

}  // namespace smtpspec::fuzz
