#include <algorithm>

#include <nlohmann/json.hpp>

#include "harness/engine/excerpt.hpp"
#include "harness/judge/referee_report.hpp"
#include "harness/record/trace.hpp"
#include "harness/smtp/escape.hpp"
#include "harness/smtp/visible.hpp"
#include "reports/html.hpp"
#include "reports/layout.hpp"

namespace smtpspec::reports {
namespace {

using record::Event;

constexpr std::size_t most_events = 240;       // of one conversation
constexpr std::size_t most_of_octets = 4096;   // of one event
constexpr std::size_t most_of_message = 8192;  // of a message
constexpr std::size_t most_messages = 8;

/// Escaped; of many the first and the last, and how many are left out.
std::string shown(std::string_view octets, std::size_t most, std::size_t omitted) {
  if (octets.size() + omitted <= most) return smtp::escape(octets);
  const std::size_t head = std::min(octets.size(), most * 3 / 4);
  const std::size_t tail = omitted > 0 ? 0 : std::min(octets.size() - head, most / 8);
  return smtp::escape(octets.substr(0, head)) + " [" + std::to_string(octets.size() + omitted - head - tail) +
         " octets left out] " + smtp::escape(octets.substr(octets.size() - tail));
}

/// "c" and "s": octets of the client, of the server; in capitals where they went beneath TLS. ">": a step begins; "-":
/// anything else.
const char* side_of(const Event& event) {
  if (event.kind == Event::Kind::step) return ">";
  if (event.kind != Event::Kind::octets) return "-";
  if (event.by == record::Party::client) return event.beneath_tls ? "C" : "c";
  return event.beneath_tls ? "S" : "s";
}

std::string text_of(const Event& event) {
  if (event.kind == Event::Kind::octets) return shown(event.octets, most_of_octets, event.omitted);
  if (event.kind != Event::Kind::step) return engine::words_of(event);
  if (event.step == Event::ladder) return "ladder";
  return event.step == Event::fence ? "fence" : std::to_string(event.step);
}

/// Which events are shown where they are too many: the first, the last, and those around the one that decided.
bool is_kept(std::size_t index, std::size_t count, std::size_t key) {
  constexpr std::size_t third = most_events / 3;
  return count <= most_events || index < third || index + third >= count ||
         (index + third / 2 >= key && index < key + third / 2);
}

void put_events(PageJson& json, const record::Transcript& transcript, std::size_t key, Texts& texts) {
  PageJson events = PageJson::array();
  std::size_t left_out = 0;
  const auto put_gap = [&] {
    if (left_out > 0) events.push_back({0, "-", texts.number_of(std::to_string(left_out) + " events left out")});
    left_out = 0;
  };
  for (std::size_t i = 0; i < transcript.events.size(); ++i) {
    const Event& event = transcript.events[i];
    const std::string text = text_of(event);
    if (text.empty()) continue;
    if (!is_kept(i, transcript.events.size(), key)) {
      ++left_out;
      continue;
    }
    put_gap();
    if (i == key) json["key"] = events.size();
    PageJson one = {std::chrono::duration_cast<std::chrono::microseconds>(event.at).count(), side_of(event),
                    texts.number_of(text)};
    if (event.session > 0) one.push_back(event.session);
    events.push_back(std::move(one));
  }
  put_gap();
  json["events"] = std::move(events);
}

/// The messages that the server took, as they were meant: dots taken out again.
void put_sent(PageJson& json, const record::Transcript& transcript, Texts& texts) {
  std::vector<std::size_t> sent;
  std::string chunks;
  for (std::size_t session = 0; session < transcript.sessions.size(); ++session)
    (void)judge::watched(transcript, session, [&](const smtp::Answer& answer) {
      const bool taken = answer.reply.klass() == 2 && sent.size() < most_messages;
      if (answer.input == smtp::Input::end_of_data && taken)
        sent.push_back(texts.number_of(shown(chunks + answer.message, most_of_message, 0)));
      if (answer.input == smtp::Input::command && answer.verb == smtp::Verb::bdat && taken)
        chunks += answer.message;
      else
        chunks.clear();
    });
  if (!sent.empty()) json["sent"] = sent;
}

PageJson delivery_json(const record::Delivery& delivery, Texts& texts) {
  const record::Parted parted = record::part(delivery.message);
  PageJson json = {{"at", std::chrono::duration_cast<std::chrono::microseconds>(delivery.at).count()},
                   {"road", smtp::visible(delivery.road)},
                   {"octets", delivery.message.size() + delivery.omitted}};
  if (delivery.reverse_path) json["from"] = texts.number_of(smtp::escape(*delivery.reverse_path));
  if (delivery.recipients) {
    PageJson& to = json["to"] = PageJson::array();
    for (const auto& recipient : *delivery.recipients)
      if (to.size() < most_messages) to.push_back(texts.number_of(smtp::escape(recipient.forward_path)));
  }
  const std::string_view trace =
      std::string_view(delivery.message).substr(0, delivery.message.size() - parted.message.size());
  json["trace"] = texts.number_of(shown(trace, most_of_octets, 0));
  json["message"] = texts.number_of(shown(parted.message, most_of_message, delivery.omitted));
  if (!delivery.exact) json["local_line_ends"] = true;
  return json;
}

}  // namespace

std::size_t Texts::number_of(std::string_view text) {
  std::string fit = smtp::visible(text);
  if (fit.size() > longest) fit = cut_middle(fit, longest);
  const auto [found, is_new] = numbers_.emplace(std::move(fit), all_.size());
  if (is_new) {
    all_.push_back(found->first);
    octets_ += found->first.size();
  }
  return found->second;
}

PageJson conversation_json(const record::Transcript& transcript, const std::vector<engine::ExcerptLine>& excerpt,
                           Texts& texts) {
  PageJson json = PageJson::object();
  json["of"] = texts.number_of(transcript.scenario);
  if (transcript.sessions.size() > 1) {
    PageJson& names = json["sessions"] = PageJson::array();
    for (const std::string& name : transcript.sessions) names.push_back(texts.number_of(name));
  }
  const auto decided = engine::line_that_decided(transcript, excerpt);
  put_events(json, transcript, decided ? decided->event : transcript.events.size(), texts);
  if (decided) json["key_line"] = texts.number_of(engine::key_line(excerpt)->text);
  if (transcript.deliveries_observed) json["observed"] = true;
  if (transcript.shortened) json["shortened"] = true;
  if (transcript.deliveries.empty()) return json;
  put_sent(json, transcript, texts);
  PageJson& deliveries = json["deliveries"] = PageJson::array();
  for (const record::Delivery& delivery : transcript.deliveries)
    if (deliveries.size() < most_messages) deliveries.push_back(delivery_json(delivery, texts));
  if (transcript.deliveries.size() > most_messages)
    json["deliveries_left_out"] = transcript.deliveries.size() - most_messages;
  return json;
}

}  // namespace smtpspec::reports
