#include "fuzz/oracles/delivered.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "harness/record/trace.hpp"
#include "harness/smtp/char_class.hpp"
#include "harness/smtp/escape.hpp"

namespace smtpspec::fuzz {

namespace {

/// The token names a session; all else of what was sent is the same in another.
std::string without_token(std::string_view text, std::string_view token) {
  std::string out;
  for (std::size_t at = 0; !token.empty() && (at = text.find(token)) != std::string_view::npos;) {
    out.append(text.substr(0, at)).append("TOKEN");
    text.remove_prefix(at + token.size());
  }
  return out.append(text);
}

/// A message by BDAT need not end a line; DATA, by which it may be handed on, ends one.
std::string body_of(std::string_view content, std::string_view token) {
  std::string_view body = record::part(content).body;
  if (body.ends_with("\r\n")) body.remove_suffix(2);
  return without_token(body, token);
}

/// Quotes that a local-part does not need may go (RFC 5321 section 4.1.2), a source route too (appendix C), and a
/// domain has no case.
std::string envelope_of(std::string_view reverse_path, const std::string& mailbox, std::string_view token) {
  if (reverse_path.starts_with('@'))
    reverse_path.remove_prefix(std::min(reverse_path.find(':') + 1, reverse_path.size()));
  std::string path = without_token(reverse_path, token);
  std::erase_if(path, [](char octet) { return octet == '"' || octet == '\\'; });
  const std::size_t at = path.rfind('@');
  if (at != std::string::npos) path = path.substr(0, at) + smtp::to_upper(path.substr(at));
  return fmt::format("<{}> to {}", path, mailbox);
}

bool are_distinct(const std::vector<std::string>& paths) {
  return std::set<std::string>(paths.begin(), paths.end()).size() == paths.size();
}

/// Letters and digits are alike; all other octets of ASCII stand for themselves.
char kind_of(char octet) {
  if (smtp::is_alpha(octet) || smtp::is_digit(octet)) return 'a';
  return static_cast<unsigned char>(octet) > 0x7f ? '\x80' : octet;
}

/// The first in which they differ; one of them may have no such.
std::pair<std::string, std::string> first_difference(std::vector<std::string> one, std::vector<std::string> other) {
  std::sort(one.begin(), one.end());
  std::sort(other.begin(), other.end());
  const auto [a, b] = std::mismatch(one.begin(), one.end(), other.begin(), other.end());
  const auto shown = [](const auto& at, const auto& end) { return at == end ? std::string() : *at; };
  return {shown(a, one.end()), shown(b, other.end())};
}

/// Around the first octet that differs.
std::string shown(std::string_view body, std::string_view other) {
  constexpr std::size_t before = 20;
  constexpr std::size_t most = 80;
  const auto differs = std::mismatch(body.begin(), body.end(), other.begin(), other.end()).first;
  const auto common = static_cast<std::size_t>(differs - body.begin());
  const std::size_t begin = common - std::min(common, before);
  return fmt::format("{}'{}'{}", begin > 0 ? "... " : "", smtp::escape(body.substr(begin, most)),
                     body.size() > begin + most ? " ..." : "");
}

}  // namespace

bool are_the_same(const AcceptedMail& one, std::string_view token, const AcceptedMail& other,
                  std::string_view other_token) {
  if (!one.known || !other.known || !one.any_sent || !other.any_sent) return false;
  const auto is_same = [&](const AcceptedMail::Message& a, const AcceptedMail::Message& b) {
    return a.recipients == b.recipients && a.recipients == a.paths.size() && are_distinct(a.paths) &&
           are_distinct(b.paths) && body_of(a.content, token) == body_of(b.content, other_token);
  };
  return std::equal(one.messages.begin(), one.messages.end(), other.messages.begin(), other.messages.end(), is_same);
}

bool has_bodies(const AcceptedMail& accepted) {
  return std::all_of(accepted.messages.begin(), accepted.messages.end(), [](const auto& one) { return one.headed; });
}

std::string_view kind_of_bodies(const AcceptedMail& accepted) {
  for (const AcceptedMail::Message& one : accepted.messages)
    if (const auto kind = kind_of_text(record::part(one.content).body); kind != "plain") return kind;
  return "plain";
}

std::string shape_of_bodies(const AcceptedMail& accepted) {
  constexpr std::size_t longest_shape = 64;
  std::string shape;
  for (const AcceptedMail::Message& one : accepted.messages) {
    shape += "\r\r";  // no kind comes twice, so that this is none
    for (const char octet : record::part(one.content).body) {
      if (shape.size() >= longest_shape) return shape;
      if (const char kind = kind_of(octet); shape.back() != kind) shape += kind;
    }
  }
  return shape;
}

Delivered delivered_of(const ArrivedMail::Message& copy, std::string_view token) {
  Delivered delivered;
  const std::set<std::string> mailboxes(copy.mailboxes.begin(), copy.mailboxes.end());
  for (const std::string& one : mailboxes) delivered.envelopes.push_back(envelope_of(copy.reverse_path, one, token));
  delivered.bodies.assign(std::max<std::size_t>(mailboxes.size(), 1), body_of(copy.content, token));
  return delivered;
}

Delivered with_local_line_ends(Delivered delivered) {
  for (std::string& body : delivered.bodies) body = record::with_local_line_ends(body);
  return delivered;
}

std::optional<DeliveredDifference> difference(Delivered one, Delivered other, bool with_bodies) {
  if (one.bodies.size() != other.bodies.size())
    return DeliveredDifference{other_copies, fmt::format("{}", one.bodies.size()),
                               fmt::format("{}", other.bodies.size())};
  if (!one.envelopes.empty() && !other.envelopes.empty()) {
    const auto [a, b] = first_difference(std::move(one.envelopes), std::move(other.envelopes));
    if (a != b) return DeliveredDifference{other_envelope, smtp::escape(a), smtp::escape(b)};
  }
  const auto [a, b] = first_difference(std::move(one.bodies), std::move(other.bodies));
  if (!with_bodies || a == b) return std::nullopt;
  return DeliveredDifference{other_body, shown(a, b), shown(b, a)};
}

}  // namespace smtpspec::fuzz
