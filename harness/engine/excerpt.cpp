#include "harness/engine/excerpt.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "harness/judge/machine.hpp"
#include "harness/record/trace.hpp"
#include "harness/smtp/escape.hpp"

namespace smtpspec::engine {

using record::Event;

std::string words_of(const Event& event) {
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

namespace {

constexpr std::size_t lines_before = 20;
constexpr std::size_t lines_after = 8;
constexpr std::size_t most_of_body = 200;
constexpr std::size_t most_deliveries = 4;
constexpr std::size_t whole = std::numeric_limits<std::size_t>::max();
constexpr std::size_t longest_line = std::size_t{16} << 10;  // beyond that a line is shown in parts

using Take = std::function<void(ExcerptLine)>;

void take_event(const Take& take, const std::string& session, std::string text) {
  take({ExcerptLine::Side::event, session, std::move(text), false});
}

/// Octets of one event, a line of the excerpt for each line of the conversation, or for a part of a long one.
void take_octets(const Take& take, ExcerptLine::Side side, const std::string& session, bool beneath_tls,
                 std::string_view octets, std::size_t most_octets) {
  if (octets.size() > most_octets) {
    const std::size_t tail = most_octets / 8;
    take_octets(take, side, session, beneath_tls, octets.substr(0, most_octets / 4), most_octets);
    take_event(take, session, fmt::format("[{} octets left out]", octets.size() - most_octets / 4 - tail));
    return take_octets(take, side, session, beneath_tls, octets.substr(octets.size() - tail), most_octets);
  }
  while (!octets.empty()) {
    const auto end = octets.substr(0, longest_line).find('\n');
    const std::size_t size = end == std::string_view::npos ? std::min(octets.size(), longest_line) : end + 1;
    take({side, session, (beneath_tls ? "(beneath TLS) " : "") + smtp::escape(octets.substr(0, size)), false});
    octets.remove_prefix(size);
  }
}

/// The first line from `from` on that shows the octets, else the last line.
std::size_t line_with(const std::vector<ExcerptLine>& lines, std::size_t from, std::string_view octets) {
  const std::string wanted = smtp::escape(octets);
  for (std::size_t i = from; i < lines.size() && !octets.empty(); ++i)
    if (lines[i].text == wanted) return i;
  return lines.size() - 1;
}

void take_omitted(const Take& take, const std::string& session, std::size_t omitted) {
  if (omitted > 0) take_event(take, session, fmt::format("[{} octets more, not kept]", omitted));
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

/// Octets that follow one another and are shown as one: the borders of segments are in the transcript.
bool is_more_of(const Event& event, const Event& before) {
  return event.kind == Event::Kind::octets && before.kind == event.kind && event.by == before.by &&
         event.session == before.session && event.beneath_tls == before.beneath_tls;
}

/// The next event that is more of the same; of what we send, after pauses between the segments of one step as well.
/// Their number where there is none.
std::size_t next_of_the_same(const std::vector<Event>& events, std::size_t last, const Event& first) {
  const auto is_pause = [&](const Event& event) {
    return first.by == record::Party::client && event.kind == Event::Kind::waited && event.session == first.session;
  };
  std::size_t next = last + 1;
  while (next < events.size() && is_pause(events[next])) ++next;
  const bool pauses = next > last + 1;
  if (next == events.size() || !is_more_of(events[next], first) || (pauses && events[next].step != first.step))
    return events.size();
  return next;
}

/// The lines of an event and of what is more of the same; gives the index of the last event that was shown.
std::size_t take_lines(const record::Transcript& transcript, std::size_t index, std::size_t most_octets,
                       const Take& take) {
  const auto& events = transcript.events;
  const Event& first = events[index];
  const std::string session =
      first.session < transcript.sessions.size() ? transcript.sessions[first.session] : std::string();
  if (first.kind != Event::Kind::octets) {
    if (std::string text = words_of(first); !text.empty()) take_event(take, session, std::move(text));
    return index;
  }
  std::size_t last = index;
  std::string octets = first.octets;
  std::size_t omitted = first.omitted;
  std::chrono::milliseconds paused{0};
  for (std::size_t next = 0; (next = next_of_the_same(events, last, first)) < events.size(); last = next) {
    for (std::size_t i = last + 1; i < next; ++i) paused += events[i].waited;
    octets += events[next].octets;
    omitted += events[next].omitted;
  }
  const auto side = first.by == record::Party::client ? ExcerptLine::Side::client : ExcerptLine::Side::server;
  take_octets(take, side, session, first.beneath_tls, octets, most_octets);
  take_omitted(take, session, omitted);
  if (paused.count() > 0)
    take_event(take, session, fmt::format("in segments, with {} ms between them; nothing came", paused.count()));
  return last;
}

}  // namespace

/// What is far from that event is not kept on the way to it.
std::vector<ExcerptLine> excerpt(const record::Transcript& transcript, std::size_t event, bool deliveries,
                                 std::string_view octets_of_key) {
  constexpr std::size_t most_octets = 2000;
  std::vector<ExcerptLine> lines;
  std::size_t key_line = 0;
  bool seen = false;
  for (std::size_t i = 0; i < transcript.events.size() && (!seen || lines.size() <= key_line + lines_after); ++i) {
    const std::size_t before = lines.size();
    const bool is_key = event >= i;
    i = take_lines(transcript, i, most_octets, [&lines](ExcerptLine line) { lines.push_back(std::move(line)); });
    if (is_key && event <= i && !lines.empty()) {
      seen = true;
      key_line =
          transcript.events[i].kind == Event::Kind::octets ? line_with(lines, before, octets_of_key) : lines.size() - 1;
    } else if (!seen && event < transcript.events.size() && lines.size() > lines_before) {
      lines.erase(lines.begin(), lines.end() - lines_before);
    }
  }
  if (!lines.empty()) lines[std::min(key_line, lines.size() - 1)].key = true;
  const std::size_t first = key_line > lines_before ? key_line - lines_before : 0;
  const std::size_t end = std::min(lines.size(), key_line + lines_after + 1);
  std::vector<ExcerptLine> kept(lines.begin() + static_cast<std::ptrdiff_t>(first),
                                lines.begin() + static_cast<std::ptrdiff_t>(end));
  if (deliveries) add_deliveries(kept, transcript.deliveries);
  return kept;
}

void conversation(const record::Transcript& transcript, const TakeLine& take) {
  std::size_t event = 0;
  const Take take_line = [&](ExcerptLine line) { take(std::move(line), event); };
  for (; event < transcript.events.size(); ++event) event = take_lines(transcript, event, whole, take_line);
  for (const record::Delivery& delivery : transcript.deliveries) {
    take_event(take_line, "",
               fmt::format("delivered to the {}: {}, {} octets:", delivery.road, judge::describe_envelope(delivery),
                           delivery.message.size() + delivery.omitted));
    take_octets(take_line, ExcerptLine::Side::event, "", false, delivery.message, whole);
    take_omitted(take_line, "", delivery.omitted);
  }
}

std::optional<LinePlace> line_that_decided(const record::Transcript& transcript,
                                           const std::vector<ExcerptLine>& excerpt) {
  const auto key = key_line(excerpt);
  if (key == excerpt.end()) return std::nullopt;
  std::optional<LinePlace> found;
  std::size_t number = 0;
  std::string before;
  conversation(transcript, [&](const ExcerptLine& line, std::size_t event) {
    const bool follows = key == excerpt.begin() || (number > 0 && before == std::prev(key)->text);
    if (follows && line.text == key->text && line.session == key->session) found = LinePlace{number, event};
    before = line.text;
    ++number;
  });
  return found;
}

}  // namespace smtpspec::engine
