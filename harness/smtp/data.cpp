#include "harness/smtp/data.hpp"

#include <algorithm>

namespace smtpspec::smtp {

namespace {

/// The first period from `from` on that follows an LF, or the size. `from` is 1 at least.
std::size_t find_period_after_lf(std::string_view octets, std::size_t from) {
  std::size_t at = from;
  while (at < octets.size() && (octets[at] != '.' || octets[at - 1] != '\n')) ++at;
  return std::min(at, octets.size());
}

}  // namespace

std::string encode_data(std::string_view message) {
  std::string octets;
  octets.reserve(message.size() + message.size() / 64 + 16);
  std::size_t kept = 0;  // everything before it is in `octets`
  if (message.starts_with('.')) octets += '.';
  for (std::size_t at = 1; (at = find_period_after_lf(message, at)) < message.size(); ++at) {
    if (at < 2 || message[at - 2] != '\r') continue;
    octets.append(message, kept, at - kept);
    octets += '.';
    kept = at;
  }
  octets.append(message, kept);
  octets += message.empty() || message.ends_with("\r\n") ? ".\r\n" : "\r\n.\r\n";
  return octets;
}

// What of the input is decided already:
//   line_start   the next octet is the first of a line
//   text         inside a line
//   cr           inside a line, the last octet was CR (it is part of the message whatever follows)
//   dot          a line began with a period; the period is held back
//   dot_cr       and a CR followed it; both are held back
//   ended        as line_start, but `decoded_` still counts the message before
bool DataDecoder::decode(std::string_view& octets, std::string& message) {
  if (state_ == At::ended && !octets.empty()) {
    state_ = At::line_start;
    decoded_ = 0;
  }
  while (!octets.empty()) {
    const bool begins_line = state_ == At::line_start && octets.front() != '.';
    if (skims_ && (begins_line || state_ == At::text || state_ == At::cr)) {
      skim(octets, message);
      continue;
    }
    if (state_ == At::text) pass_text(octets, message);
    if (octets.empty()) break;
    const bool taken = step(octets.front(), message);
    if (taken) octets.remove_prefix(1);
    if (state_ == At::ended) return true;
  }
  return false;
}

/// Takes one octet; false where the data ended before it, so that it belongs to what follows.
bool DataDecoder::step(char octet, std::string& message) {
  if (octet == '\0' && rules_.nul_is_dropped) return true;
  if (ends_data(octet)) {
    state_ = At::ended;
    return octet == '\n';
  }
  if (state_ == At::dot && octet == '\r') {
    state_ = At::dot_cr;
  } else if (octet == '.' && (state_ == At::line_start || (state_ == At::cr && rules_.cr_is_line_end))) {
    state_ = At::dot;
  } else {
    release(octet, message);
    put(octet, message);
    const bool starts_line = octet == '\n' && (state_ == At::cr || lf_starts_line_);
    state_ = octet == '\r' ? At::cr : starts_line ? At::line_start : At::text;
  }
  return true;
}

bool DataDecoder::ends_data(char octet) const {
  if (state_ == At::dot) return octet == '\n' && (rules_.lf_is_line_end || rules_.lf_after_dot);
  return state_ == At::dot_cr && (octet == '\n' || rules_.cr_is_line_end);
}

/// What is held back belongs to the message after all, as `next` follows it and the data did not end.
void DataDecoder::release(char next, std::string& message) {
  if (state_ == At::dot) {
    if (keeps_period(next)) put('.', message);
    state_ = At::text;
  } else if (state_ == At::dot_cr) {
    if (keeps_period('\r')) put('.', message);
    put('\r', message);
    state_ = At::cr;
  }
}

/// Whether the period at the start of a line stays when `next` follows it.
bool DataDecoder::keeps_period(char next) const {
  return rules_.keep_stuffing || (rules_.unstuff_only_double && next != '.');
}

void DataDecoder::put(char octet, std::string& message) {
  message += octet;
  ++decoded_;
}

/// The quick way through ordinary text: to the next period that begins a line, or to the end. Only where the first
/// octet is no such period, and for rules under which neither CR alone nor NUL matters.
void DataDecoder::skim(std::string_view& octets, std::string& message) {
  const auto line_ends_before = [&](std::size_t at) {
    const bool after_cr = at >= 2 ? octets[at - 2] == '\r' : state_ == At::cr;
    return octets[at - 1] == '\n' && (lf_starts_line_ || after_cr);
  };
  std::size_t at = find_period_after_lf(octets, 1);
  while (at < octets.size() && !line_ends_before(at)) at = find_period_after_lf(octets, at + 1);
  message.append(octets.data(), at);
  decoded_ += at;
  state_ = line_ends_before(at) ? At::line_start : octets[at - 1] == '\r' ? At::cr : At::text;
  octets.remove_prefix(at);
}

/// For all other rules: up to the next octet that matters to any of them, or to the end.
void DataDecoder::pass_text(std::string_view& octets, std::string& message) {
  std::size_t at = 0;
  while (at < octets.size() && octets[at] != '\n' && octets[at] != '\r' && octets[at] != '\0') ++at;
  message.append(octets.data(), at);
  decoded_ += at;
  octets.remove_prefix(at);
}

std::string encode_bdat(std::string_view chunk, bool last, std::optional<std::uint64_t> size) {
  std::string octets = "BDAT " + std::to_string(size.value_or(chunk.size())) + (last ? " LAST\r\n" : "\r\n");
  octets.append(chunk);
  return octets;
}

std::string_view ChunkReader::take(std::string_view& octets) {
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, octets.size()));
  const std::string_view taken = octets.substr(0, size);
  octets.remove_prefix(size);
  left_ -= size;
  return taken;
}

}  // namespace smtpspec::smtp
