#include "harness/delivery/stored_message.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "harness/record/trace.hpp"
#include "harness/smtp/char_class.hpp"

namespace smtpspec::delivery {
namespace {

/// The value of an unfolded field where it has this name.
std::optional<std::string_view> value_of(std::string_view field, std::string_view name) {
  const std::size_t colon = field.find(':');
  if (colon == std::string_view::npos || !smtp::same_word(field.substr(0, colon), name)) return std::nullopt;
  std::string_view value = field.substr(colon + 1);
  value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
  return value.substr(0, value.find_last_not_of(" \t") + 1);
}

std::string_view without_brackets(std::string_view path) {
  return path.size() >= 2 && path.front() == '<' && path.back() == '>' ? path.substr(1, path.size() - 2) : path;
}

/// X-Original-To comes first: it is the address of RCPT, where Delivered-To may be what an alias made of it.
constexpr std::string_view recipient_fields[] = {"X-Original-To", "Envelope-To", "X-Envelope-To", "Delivered-To"};

}  // namespace

void note_unknown(Look& look, std::string_view words) {
  look.unknown = true;
  look.notes.push_back(std::string(words) + "; what was under way then decides nothing");
}

void put_in(Look& look, Incoming incoming, void (*read)(record::Delivery&)) {
  if (!incoming.searched && incoming.tokens.empty())
    note_unknown(look, "a message in it is larger than what is searched of one");
  if (incoming.tokens.empty()) return;
  read(incoming.delivery);
  look.messages.push_back(std::move(incoming));
}

void read_stored(record::Delivery& delivery, std::string road) {
  delivery.road = std::move(road);
  const std::vector<std::string> trace = record::part(delivery.message).trace;
  for (const std::string& field : trace) {
    const auto path = value_of(field, "Return-Path");
    if (path) delivery.reverse_path = std::string(without_brackets(*path));
  }
  for (const std::string_view name : recipient_fields) {
    if (delivery.recipients) break;
    for (const std::string& field : trace) {
      const auto path = value_of(field, name);
      if (!path) continue;
      if (!delivery.recipients) delivery.recipients.emplace();
      delivery.recipients->push_back({std::string(without_brackets(*path)), std::nullopt});
    }
  }
  // A store with local line ends has no CRLF in the trace header that it wrote itself.
  const std::size_t lf = delivery.message.find('\n');
  delivery.exact = lf != std::string::npos && lf > 0 && delivery.message[lf - 1] == '\r';
}

}  // namespace smtpspec::delivery
