#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "harness/engine/run.hpp"
#include "harness/judge/machine.hpp"
#include "harness/record/trace.hpp"
#include "harness/smtp/escape.hpp"

namespace smtpspec::engine {

using record::Event;

namespace {

constexpr std::size_t lines_before = 20;
constexpr std::size_t lines_after = 8;
constexpr std::size_t most_of_body = 200;
constexpr std::size_t most_deliveries = 4;
constexpr std::size_t whole = std::numeric_limits<std::size_t>::max();

std::string shown(std::string_view octets, std::size_t most_octets) {
  if (octets.size() <= most_octets) return smtp::escape(octets);
  const std::size_t half = most_octets / 2;
  return fmt::format("{} [{} octets left out] {}", smtp::escape(octets.substr(0, half)), octets.size() - 2 * half,
                     smtp::escape(octets.substr(octets.size() - half)));
}

std::string what_happened(const Event& event) {
  const bool ours = event.by == record::Party::client;
  const auto with = [&](std::string words) {
    return event.text.empty() ? words : words + ": " + smtp::escape(event.text);
  };
  switch (event.kind) {
    case Event::Kind::connected: return with("connected");
    case Event::Kind::refused: return with("connection refused");
    case Event::Kind::unsent: return with("could not write");
    case Event::Kind::tls_started: return with("TLS started");
    case Event::Kind::tls_failed: return with("TLS failed");
    case Event::Kind::tls_alert: return "the server sent a TLS alert: " + smtp::escape(event.octets);
    case Event::Kind::closed: return ours ? "we closed the connection" : "the server closed the connection";
    case Event::Kind::reset: return ours ? "we reset the connection" : "the server reset the connection";
    case Event::Kind::waited: return fmt::format("waited {} ms, nothing came", event.waited.count());
    case Event::Kind::close_notify: return ours ? "we ended TLS and kept the connection" : "the server ended TLS";
    case Event::Kind::half_closed: return "we closed our side";
    case Event::Kind::step:
    case Event::Kind::octets: break;
  }
  return {};
}

/// Octets of one event, a line of the excerpt for each line of the conversation.
void add_octets(std::vector<ExcerptLine>& lines, ExcerptLine::Side side, const std::string& session, bool beneath_tls,
                std::string_view octets, std::size_t most_octets) {
  if (octets.size() > most_octets) {
    const std::size_t tail = most_octets / 8;
    add_octets(lines, side, session, beneath_tls, octets.substr(0, most_octets / 4), most_octets);
    const std::string left_out = fmt::format("[{} octets left out]", octets.size() - most_octets / 4 - tail);
    lines.push_back({ExcerptLine::Side::event, session, left_out, false});
    return add_octets(lines, side, session, beneath_tls, octets.substr(octets.size() - tail), most_octets);
  }
  while (!octets.empty()) {
    const auto end = octets.find('\n');
    const std::size_t size = end == std::string_view::npos ? octets.size() : end + 1;
    lines.push_back(
        {side, session, (beneath_tls ? "(beneath TLS) " : "") + shown(octets.substr(0, size), most_octets), false});
    octets.remove_prefix(size);
  }
}

/// The first line from `from` on that shows the octets, else the last line.
std::size_t line_with(const std::vector<ExcerptLine>& lines, std::size_t from, std::string_view octets,
                      std::size_t most_octets) {
  const std::string wanted = shown(octets, most_octets);
  for (std::size_t i = from; i < lines.size() && !octets.empty(); ++i)
    if (lines[i].text == wanted) return i;
  return lines.size() - 1;
}

void add_omitted(std::vector<ExcerptLine>& lines, const std::string& session, std::size_t omitted) {
  if (omitted > 0)
    lines.push_back({ExcerptLine::Side::event, session, fmt::format("[{} octets more, not kept]", omitted), false});
}

void add_deliveries(std::vector<ExcerptLine>& lines, const std::vector<record::Delivery>& deliveries) {
  for (std::size_t i = 0; i < deliveries.size() && i < most_deliveries; ++i) {
    const record::Delivery& delivery = deliveries[i];
    lines.push_back({ExcerptLine::Side::event, "",
                     fmt::format("delivered: {}, {} octets, body: {}", judge::describe_envelope(delivery),
                                 delivery.message.size() + delivery.omitted,
                                 smtp::escape(record::part(delivery.message).body.substr(0, most_of_body))),
                     false});
  }
  if (deliveries.size() > most_deliveries)
    lines.push_back({ExcerptLine::Side::event, "",
                     fmt::format("[{} deliveries left out]", deliveries.size() - most_deliveries), false});
}

/// All lines of a conversation, and which of them shows event `key`, or the line `octets_of_key` of it.
std::pair<std::vector<ExcerptLine>, std::size_t> lines_of(const record::Transcript& transcript, std::size_t most_octets,
                                                          std::size_t key, std::string_view octets_of_key) {
  std::vector<ExcerptLine> lines;
  std::size_t key_line = 0;
  for (std::size_t i = 0; i < transcript.events.size(); ++i) {
    const Event& shown_event = transcript.events[i];
    const std::string session =
        shown_event.session < transcript.sessions.size() ? transcript.sessions[shown_event.session] : std::string();
    const std::size_t before = lines.size();
    if (shown_event.kind == Event::Kind::octets) {
      const bool sent = shown_event.by == record::Party::client;
      // Segments of the same text are shown as one: their borders are in the transcript.
      std::string octets = shown_event.octets;
      std::size_t last = i;
      std::size_t omitted = shown_event.omitted;
      while (last + 1 < transcript.events.size() && transcript.events[last + 1].kind == shown_event.kind &&
             transcript.events[last + 1].by == shown_event.by &&
             transcript.events[last + 1].session == shown_event.session &&
             transcript.events[last + 1].beneath_tls == shown_event.beneath_tls) {
        octets += transcript.events[++last].octets;
        omitted += transcript.events[last].omitted;
      }
      add_octets(lines, sent ? ExcerptLine::Side::client : ExcerptLine::Side::server, session, shown_event.beneath_tls,
                 octets, most_octets);
      add_omitted(lines, session, omitted);
      if (key >= i && key <= last && !lines.empty()) key_line = line_with(lines, before, octets_of_key, most_octets);
      i = last;
      continue;
    }
    if (const std::string text = what_happened(shown_event); !text.empty())
      lines.push_back({ExcerptLine::Side::event, session, text, false});
    if (i == key && lines.size() > before) key_line = lines.size() - 1;
  }
  return {std::move(lines), key_line};
}

}  // namespace

std::vector<ExcerptLine> excerpt(const record::Transcript& transcript, std::size_t event, bool deliveries,
                                 std::string_view octets_of_key) {
  constexpr std::size_t most_octets = 2000;
  auto [lines, key_line] = lines_of(transcript, most_octets, event, octets_of_key);
  if (!lines.empty()) lines[std::min(key_line, lines.size() - 1)].key = true;
  const std::size_t first = key_line > lines_before ? key_line - lines_before : 0;
  const std::size_t end = std::min(lines.size(), key_line + lines_after + 1);
  std::vector<ExcerptLine> kept(lines.begin() + static_cast<std::ptrdiff_t>(first),
                                lines.begin() + static_cast<std::ptrdiff_t>(end));
  if (deliveries) add_deliveries(kept, transcript.deliveries);
  return kept;
}

std::vector<ExcerptLine> conversation(const record::Transcript& transcript) {
  std::vector<ExcerptLine> lines = lines_of(transcript, whole, transcript.events.size(), "").first;
  for (const record::Delivery& delivery : transcript.deliveries) {
    lines.push_back({ExcerptLine::Side::event, "",
                     fmt::format("delivered to the {}: {}, {} octets:", delivery.road,
                                 judge::describe_envelope(delivery), delivery.message.size() + delivery.omitted),
                     false});
    add_octets(lines, ExcerptLine::Side::event, "", false, delivery.message, whole);
    add_omitted(lines, "", delivery.omitted);
  }
  return lines;
}

}  // namespace smtpspec::engine
