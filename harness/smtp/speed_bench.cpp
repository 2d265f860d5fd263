// How quick the core is, in octets a second. Prints a table; `ci/bench` runs it.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "harness/smtp/data.hpp"
#include "harness/smtp/referee.hpp"
#include "harness/smtp/reply.hpp"

namespace {

using namespace smtpspec::smtp;
using Clock = std::chrono::steady_clock;

constexpr std::size_t size = std::size_t{1} << 20;      // of each input
constexpr std::size_t segment = std::size_t{16} << 10;  // as a receiver reads them
volatile std::size_t seen = 0;                          // so that no work is thought to be idle

std::string repeated(std::string_view text) {
  std::string all;
  while (all.size() < size) all += text;
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
/// What the client sends, and the reply to it.
constexpr std::pair<std::string_view, std::string_view> session[] = {
    {"MAIL FROM:<sender@client.example>\r\n", "250 2.1.0 OK\r\n"},
    {"RCPT TO:<alice@example.test>\r\n", "250 2.1.5 OK\r\n"},
    {"DATA\r\n", "354 Go ahead\r\n"},
    {"Subject: a short letter\r\n\r\nNothing but this line.\r\n.\r\n", "250 2.0.0 OK\r\n"}};

/// Decodes `octets`, which hold the end of data.
std::size_t decode(const std::string& octets) {
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
  return octets.size();
}

std::size_t encode(const std::string& octets) {
  seen = seen + encode_data(octets).size();
  return octets.size();
}

std::size_t parse(const std::string& octets) {
  ReplyParser parser;
  for (std::size_t at = 0; at < octets.size(); at += segment) {
    parser.feed(std::string_view(octets).substr(at, segment));
    while (const auto reply = parser.next()) seen = seen + static_cast<std::size_t>(reply->code);
  }
  if (!parser.idle()) std::abort();
  return octets.size();
}

/// One session of many messages; the octets of both sides.
std::size_t watch() {
  std::size_t octets = 0;
  Referee referee;
  const auto exchange = [&](std::string_view sent, std::string_view received) {
    referee.sent(sent);
    referee.received(received);
    octets += sent.size() + received.size();
  };
  exchange("", "220 mx.example.test ESMTP\r\n");
  exchange("EHLO client.example\r\n", "250-mx.example.test\r\n250 ENHANCEDSTATUSCODES\r\n");
  while (octets < size)
    for (const auto& [command, reply] : session) exchange(command, reply);
  if (!referee.violations().empty() || referee.owed() != 0) std::abort();
  return octets;
}

/// Prints the best of several rounds, in octets a second: what else the machine does only makes a round slower. `work`
/// gives the number of octets that it was about.
void row(const char* what, const std::function<std::size_t()>& work) {
  double best = 0;
  for (int round = 0; round < 30; ++round) {
    const auto begun = Clock::now();
    const std::size_t octets = work();
    const std::chrono::duration<double> took = Clock::now() - begun;
    best = std::max(best, static_cast<double>(octets) / took.count());
  }
  std::printf("%-44s %9.0f MB/s\n", what, best / 1e6);
}

void decoder_row(const char* what, std::string_view text) {
  const std::string octets = encode_data(repeated(text));
  row(what, [&] { return decode(octets); });
}

void encoder_row(const char* what, std::string_view text) {
  const std::string octets = repeated(text);
  row(what, [&] { return encode(octets); });
}

}  // namespace

int main() {
  decoder_row("DATA decoder, prose", prose);
  decoder_row("DATA decoder, base64", base64);
  decoder_row("DATA decoder, a period on each line", dotted);
  decoder_row("DATA decoder, periods alone", "x......");
  decoder_row("DATA decoder, line ends alone", "\r\n");
  decoder_row("DATA decoder, LF alone", "\n");
  encoder_row("DATA encoder, prose", prose);
  encoder_row("DATA encoder, a period on each line", dotted);
  const std::string octets = repeated(replies);
  row("reply parser", [&] { return parse(octets); });
  row("referee, both sides of a session", watch);
  return 0;
}
