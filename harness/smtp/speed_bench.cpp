// How quick the core is, in octets a second, beside memcpy on the same buffer. Prints a table; `ci/bench` runs it.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>

#include "harness/smtp/data.hpp"
#include "harness/smtp/reply.hpp"

namespace {

using namespace smtpspec::smtp;
using Clock = std::chrono::steady_clock;

constexpr std::size_t segment = std::size_t{16} << 10;  // as a receiver reads them
volatile std::size_t seen = 0;                          // so that no work is thought to be idle

std::string repeated(std::string_view text, std::size_t octets) {
  std::string all;
  while (all.size() < octets) all += text;
  return all;
}

/// Prose in lines of 60 to 75 octets with a period or two in each.
constexpr std::string_view prose =
    "The quick brown fox jumps over the lazy dog. It was not amused, and\r\n"
    "said so at some length; the fox, for its part, had gone home by then.\r\n"
    "Yours sincerely, A. N. Other. Attached: report.2026.pdf, see page 3.\r\n"
    "\r\n"
    "It has been so ever since, and no one has thought of asking why not\r\n";
constexpr std::string_view base64 = "TWFuIGlzIGRpc3Rpbmd1aXNoZWQsIG5vdCBvbmx5IGJ5IGhpcyByZWFzb24sIGJ1dCBieSB0aGlz\r\n";
constexpr std::string_view dotted = ".A line that begins with a period, as each of them does here, to be stuffed\r\n";
constexpr std::string_view replies =
    "250-mx.example.test greets client.example\r\n250-PIPELINING\r\n250-SIZE 10485760\r\n250-8BITMIME\r\n"
    "250 ENHANCEDSTATUSCODES\r\n250 2.1.0 Sender accepted\r\n250 2.1.5 Recipient accepted\r\n"
    "354 End data with <CR><LF>.<CR><LF>\r\n250 2.0.0 Message accepted for delivery as 4F2A1B3C\r\n"
    "550 5.1.1 <nobody@example.test>: Recipient address rejected: User unknown in local recipient table\r\n";

void copy(const std::string& octets) {
  thread_local std::string to;
  to.resize(octets.size());
  std::memcpy(to.data(), octets.data(), octets.size());
  seen = seen + static_cast<unsigned char>(to[octets.size() / 2]);
}

void decode(const std::string& octets) {
  thread_local std::string message;
  message.clear();
  DataDecoder decoder;
  bool ended = false;
  for (std::size_t at = 0; at < octets.size() && !ended; at += segment) {
    std::string_view piece = std::string_view(octets).substr(at, segment);
    ended = decoder.decode(piece, message);
  }
  if (!ended) std::abort();
  seen = seen + message.size();
}

void encode(const std::string& octets) { seen = seen + encode_data(octets).size(); }

void parse(const std::string& octets) {
  ReplyParser parser;
  for (std::size_t at = 0; at < octets.size(); at += segment) {
    parser.feed(std::string_view(octets).substr(at, segment));
    while (const auto reply = parser.next()) seen = seen + static_cast<std::size_t>(reply->code);
  }
  if (!parser.idle()) std::abort();
}

/// The best of several rounds, in octets a second: what else the machine does only makes a round slower.
double speed(const std::function<void(const std::string&)>& work, const std::string& octets) {
  const std::size_t times = std::max<std::size_t>(1, (std::size_t{4} << 20) / octets.size());
  double best = 0;
  for (int round = 0; round < 30; ++round) {
    const auto begun = Clock::now();
    for (std::size_t i = 0; i < times; ++i) work(octets);
    const std::chrono::duration<double> took = Clock::now() - begun;
    best = std::max(best, static_cast<double>(octets.size() * times) / took.count());
  }
  return best;
}

void row(const char* what, const std::function<void(const std::string&)>& work, const std::string& octets) {
  const double ours = speed(work, octets);
  const double memcpys = speed(copy, octets);
  std::printf("%-44s %7zu KiB %9.0f MB/s %9.0f MB/s %8.2f\n", what, octets.size() >> 10, ours / 1e6, memcpys / 1e6,
              ours / memcpys);
}

}  // namespace

int main() {
  std::printf("%-44s %11s %14s %14s %8s\n", "", "buffer", "speed", "memcpy", "ratio");
  for (const std::size_t size : {std::size_t{64} << 10, std::size_t{1} << 20}) {
    row("DATA decoder, prose", decode, encode_data(repeated(prose, size)));
    row("DATA decoder, base64", decode, encode_data(repeated(base64, size)));
    row("DATA decoder, a period on each line", decode, encode_data(repeated(dotted, size)));
    row("DATA encoder, prose", encode, repeated(prose, size));
    row("DATA encoder, a period on each line", encode, repeated(dotted, size));
    row("reply parser", parse, repeated(replies, size));
  }
  return 0;
}
