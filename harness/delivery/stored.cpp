#include <algorithm>
#include <iterator>
#include <optional>

#include "harness/delivery/mailbox_files.hpp"
#include "harness/delivery/trace.hpp"
#include "harness/smtp/octets.hpp"

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

wire::Delivery read_stored(std::string_view octets, std::string_view road) {
  wire::Delivery delivery;
  delivery.message = octets;
  delivery.road = road;
  const std::vector<std::string> trace = part(octets).trace;
  for (const std::string& field : trace) {
    const auto path = value_of(field, "Return-Path");
    if (path) delivery.reverse_path = without_brackets(*path);
  }
  for (const std::string_view name : recipient_fields) {
    if (!delivery.forward_paths.empty()) break;
    for (const std::string& field : trace) {
      const auto path = value_of(field, name);
      if (path) delivery.forward_paths.emplace_back(without_brackets(*path));
    }
  }
  // A store with local line ends has no CRLF in the trace header that it wrote itself.
  const std::size_t lf = octets.find('\n');
  delivery.exact = lf != std::string_view::npos && lf > 0 && octets[lf - 1] == '\r';
  return delivery;
}

}  // namespace smtpspec::delivery
