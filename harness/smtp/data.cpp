#include "harness/smtp/data.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace smtpspec::smtp {

namespace {

constexpr std::size_t block = 128;
constexpr std::size_t a_while = 32 * block;

/// Whether within a block some period follows an LF; the octet before the block is read too. Vectors of g++ and clang,
/// which any processor has in some form.
bool holds_period_behind_lf(const char* octets) {
  using Vector = unsigned char __attribute__((vector_size(16)));
  using Words = std::uint64_t __attribute__((vector_size(16)));
  const auto found_at = [octets](std::size_t at) {
    Vector here, before;
    std::memcpy(&here, octets + at, sizeof here);
    std::memcpy(&before, octets + at - 1, sizeof before);
    return reinterpret_cast<Vector>((here == '.') & (before == '\n'));
  };
  // Written out, because -O2 leaves a loop as it is.
  const Vector found = (found_at(0) | found_at(16) | found_at(32) | found_at(48)) |
                       (found_at(64) | found_at(80) | found_at(96) | found_at(112));
  const Words words = reinterpret_cast<Words>(found);
  return (words[0] | words[1]) != 0;
}

/// The first period from `from` on that follows an LF, or the size. `from` is 1 at least. The C library is quickest to
/// the next period; where they are many, blocks are looked at for a while.
std::size_t find_period_behind_lf(std::string_view octets, std::size_t from) {
  const char* const begin = octets.data();
  const std::size_t size = octets.size();
  for (std::size_t at = from; at < size; ++at) {
    const void* const period = std::memchr(begin + at, '.', size - at);
    if (period == nullptr) break;
    at = static_cast<std::size_t>(static_cast<const char*>(period) - begin);
    if (begin[at - 1] == '\n') return at;
    const std::size_t end = std::min(size, at + a_while);
    while (end - at > block && !holds_period_behind_lf(begin + at + 1)) at += block;
  }
  return size;
}

}  // namespace

std::string encode_data(std::string_view message) {
  std::string octets;
  octets.reserve(message.size() + message.size() / 64 + 16);
  std::size_t kept = 0;  // everything before it is in `octets`
  if (message.starts_with('.')) octets += '.';
  for (std::size_t at = 1; (at = find_period_behind_lf(message, at)) < message.size(); ++at) {
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
    // A period that was added, at once; the end of data goes step by step.
    if (state_ == At::line_start && skims_ && octets.size() > 1 && octets[0] == '.' && octets[1] != '\r' &&
        octets[1] != '\n') {
      if (keeps_period(octets[1])) put('.', message);
      octets.remove_prefix(1);
      state_ = At::text;
    }
    if (state_ == At::text && skims_) {
      skim(octets, message);
      continue;
    }
    if (state_ == At::text && !skims_) pass_text(octets, message);
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
  switch (state_) {
    case At::dot:
      if (octet == '\r') {
        state_ = At::dot_cr;
        return true;
      }
      if (octet == '\n' && (rules_.lf_is_line_end || rules_.lf_after_dot)) {
        state_ = At::ended;
        return true;
      }
      if (keeps_period(octet)) put('.', message);
      state_ = At::text;
      break;
    case At::dot_cr:
      if (octet == '\n') {
        state_ = At::ended;
        return true;
      }
      if (rules_.cr_is_line_end) {
        state_ = At::ended;
        return false;
      }
      if (keeps_period('\r')) put('.', message);
      put('\r', message);
      state_ = At::cr;
      break;
    case At::line_start:
    case At::ended:
      if (octet == '.') {
        state_ = At::dot;
        return true;
      }
      break;
    case At::cr:
      if (octet == '.' && rules_.cr_is_line_end) {
        state_ = At::dot;
        return true;
      }
      break;
    case At::text: break;
  }
  put(octet, message);
  if (octet == '\r') {
    state_ = At::cr;
  } else if (octet == '\n' && (state_ == At::cr || lf_starts_line_)) {
    state_ = At::line_start;
  } else {
    state_ = At::text;
  }
  return true;
}

/// Whether the period at the start of a line stays when `next` follows it.
bool DataDecoder::keeps_period(char next) const {
  return rules_.keep_stuffing || (rules_.unstuff_only_double && next != '.');
}

void DataDecoder::put(char octet, std::string& message) {
  message += octet;
  ++decoded_;
}

/// The quick way through ordinary text: from inside a line to the next period that begins one, or to the end.
/// Only for rules under which neither CR alone nor NUL matters.
void DataDecoder::skim(std::string_view& octets, std::string& message) {
  const auto line_ends_before = [&](std::size_t at) {
    return at >= 1 && octets[at - 1] == '\n' && (lf_starts_line_ || (at >= 2 && octets[at - 2] == '\r'));
  };
  std::size_t at = find_period_behind_lf(octets, 1);
  while (at < octets.size() && !line_ends_before(at)) at = find_period_behind_lf(octets, at + 1);
  message.append(octets.data(), at);
  decoded_ += at;
  if (line_ends_before(at)) {
    state_ = At::line_start;
  } else {
    state_ = octets[at - 1] == '\r' ? At::cr : At::text;
  }
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

}  // namespace smtpspec::smtp
