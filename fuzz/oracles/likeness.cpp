#include "fuzz/oracles/likeness.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "harness/smtp/command.hpp"
#include "harness/smtp/escape.hpp"

namespace smtpspec::fuzz {

namespace {

constexpr std::size_t long_line = 500;

bool ends_line(std::string_view octets, std::size_t at) {
  return at >= octets.size() || (octets[at] == '\r' && at + 1 < octets.size() && octets[at + 1] == '\n');
}

/// Of an octet: 'w' in a line, '$' its end, '?' unusual itself.
char side_of(std::string_view octets, std::size_t at) {
  if (ends_line(octets, at)) return '$';
  return octets[at] > ' ' && octets[at] <= '~' ? 'w' : '?';
}

bool is_unusual(std::string_view octets, std::size_t at, std::size_t begin_of_line) {
  if (octets[at] == ' ') return at == begin_of_line || ends_line(octets, at + 1);
  return octets[at] < ' ' || octets[at] > '~';
}

std::string said_by_client(const record::Transcript& transcript) {
  std::string octets;
  for (const record::Event& event : transcript.events)
    if (event.kind == record::Event::Kind::octets && event.by == record::Party::client && event.step >= 0)
      octets += event.octets;
  return octets;
}

std::string unusual_octet_in(std::string_view octets) {
  std::string unusual;
  std::size_t begin = 0;
  for (std::size_t at = 0; at < octets.size(); ++at) {
    if (ends_line(octets, at)) {
      if (at - begin > long_line) unusual = "long";
      begin = at + 2;
      ++at;
    } else if (is_unusual(octets, at, begin) && (at == begin || octets[at] != octets[at - 1])) {
      const char before = at == begin ? '^' : side_of(octets, at - 1);
      const char after = side_of(octets, std::min(octets.find_first_not_of(octets[at], at), octets.size()));
      unusual = smtp::escape(octets.substr(at, 1)) + after;
      if (after != '$') unusual += before;  // what ends a line does so after whatever it is
    }
  }
  return unusual;
}

}  // namespace

std::string unusual_in(const record::Transcript& transcript) { return unusual_octet_in(said_by_client(transcript)); }

std::string ordinary_end_of(const record::Transcript& transcript) {
  const std::string all = said_by_client(transcript);
  const std::size_t end = all.size() < 2 ? all.npos : all.rfind('\n', all.size() - 2);
  const std::string_view line = std::string_view(all).substr(end == all.npos ? 0 : end + 1);
  if (!line.ends_with("\r\n") || !unusual_octet_in(line).empty()) return "";
  const smtp::Verb verb = smtp::verb_of(line.substr(0, line.find_first_of(" \r")));
  return verb == smtp::Verb::unknown ? "" : std::string(smtp::name(verb));
}

}  // namespace smtpspec::fuzz
