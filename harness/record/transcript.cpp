#include "harness/record/transcript.hpp"

#include <algorithm>
#include <array>

#include "harness/smtp/char_class.hpp"

namespace smtpspec::record {
namespace {

using Kind = Event::Kind;

// In the order of the enumeration.
constexpr std::array<std::string_view, 13> kind_names = {
    "step",      "connected",    "refused",     "octets", "unsent", "tls-started", "tls-failed",
    "tls-alert", "close-notify", "half-closed", "closed", "reset",  "waited"};

/// A TLS alert record (RFC 8446 sections 5.1 and 6): type, version, length, level and description.
constexpr std::size_t alert_size = 7;

/// Where an alert begins at the begin of a line, perhaps cut short, or the end of the octets. No SMTP reply begins so.
std::size_t find_alert(std::string_view octets) {
  constexpr std::string_view type_and_version = "\x15\x03";
  std::size_t begin = 0;
  while (begin < octets.size() && !type_and_version.starts_with(octets.substr(begin, type_and_version.size()))) {
    const std::size_t line_end = octets.find("\r\n", begin);
    begin = line_end == std::string_view::npos ? octets.size() : line_end + 2;
  }
  return begin;
}

constexpr std::string_view starttls = "STARTTLS";

bool says_starttls(std::string_view octets) {
  const auto same = [](char a, char b) { return smtp::to_upper(a) == b; };
  return std::search(octets.begin(), octets.end(), starttls.begin(), starttls.end(), same) != octets.end();
}

}  // namespace

std::string_view name(Kind kind) { return kind_names[static_cast<std::size_t>(kind)]; }

std::optional<Kind> event_kind_named(std::string_view name) {
  const auto found = std::find(kind_names.begin(), kind_names.end(), name);
  if (found == kind_names.end()) return std::nullopt;
  return static_cast<Kind>(found - kind_names.begin());
}

const Deviation* Terms::lacks(std::string_view fact) const {
  for (const Deviation& deviation : deviations)
    if (deviation.fact == fact) return &deviation;
  return nullptr;
}

std::size_t octets_held(const Delivery& delivery) {
  std::size_t octets = sizeof delivery + delivery.message.size();
  const auto add = [&octets](const std::optional<std::vector<smtp::Parameter>>& parameters) {
    if (!parameters) return;
    for (const smtp::Parameter& one : *parameters)
      octets += sizeof one + one.keyword.size() + (one.value ? one.value->size() : 0) + 1;
  };
  if (delivery.reverse_path) octets += delivery.reverse_path->size();
  add(delivery.mail_parameters);
  if (!delivery.recipients) return octets;
  for (const Delivery::Recipient& recipient : *delivery.recipients) {
    octets += sizeof recipient + recipient.forward_path.size();
    add(recipient.parameters);
  }
  return octets;
}

std::size_t octets_held(const Transcript& transcript) {
  std::size_t octets = sizeof transcript;
  for (const Event& event : transcript.events) octets += sizeof event + event.octets.size() + event.text.size();
  for (const Delivery& delivery : transcript.deliveries) octets += octets_held(delivery);
  for (const auto& [name, value] : transcript.values) octets += name.size() + value.size();
  return octets;
}

Recorder::Recorder(std::string scenario, std::string token, Terms terms, Watch watch) : watch_(std::move(watch)) {
  transcript_.scenario = std::move(scenario);
  transcript_.token = std::move(token);
  transcript_.terms = terms;
  transcript_.events.reserve(32);  // as many as an ordinary session has
}

std::size_t Recorder::add_session(std::string name) {
  transcript_.sessions.push_back(std::move(name));
  sessions_.emplace_back();
  return sessions_.size() - 1;
}

void Recorder::add(Event event) {
  Session& of = sessions_.at(event.session);
  if (event.kind == Kind::step) of.step = event.step;
  event.step = of.step;
  if (event.kind == Kind::tls_started) of.tls = true;
  if (event.kind == Kind::octets && event.by == Party::server) return add_octets(std::move(event));
  if (event.kind == Kind::octets) look_for_starttls(of, event.octets);
  note(std::move(event));
}

void Recorder::look_for_starttls(Session& of, std::string_view sent) {
  if (of.said_starttls) return;
  of.said_starttls = says_starttls(sent) || says_starttls(of.last_sent.append(sent.substr(0, starttls.size())));
  if (sent.size() >= starttls.size()) of.last_sent = sent.substr(sent.size() - starttls.size());
  of.last_sent.erase(0, of.last_sent.size() - std::min(of.last_sent.size(), starttls.size()));
}

/// Octets that were sent in place of a ClientHello are answered in TLS, and this is no reply of any command. It may
/// come with the reply to STARTTLS, and in parts.
void Recorder::add_octets(Event event) {
  Session& of = sessions_.at(event.session);
  if (!of.said_starttls || of.tls) return note(std::move(event));
  std::string_view octets = event.octets;
  const auto note_part = [&](Kind kind, std::size_t count) {
    Event part = event;
    part.kind = kind;
    part.octets = std::string(octets.substr(0, count));
    octets.remove_prefix(part.octets.size());
    if (!part.octets.empty()) note(std::move(part));
  };
  while (!octets.empty()) {
    if (of.alert_left == 0) {
      note_part(Kind::octets, find_alert(octets));
      if (octets.empty()) return;
      of.alert_left = alert_size;
    }
    const std::size_t part = std::min(of.alert_left, octets.size());
    of.alert_left -= part;
    note_part(Kind::tls_alert, part);
  }
}

void Recorder::note(Event event) {
  if (watch_) watch_(event);
  keep(std::move(event));
}

void Recorder::keep(Event event) {
  Session& of = sessions_.at(event.session);
  if (event.kind == Kind::octets) {
    const bool sent = event.by == Party::client;
    std::size_t& kept = of.kept[sent ? 0 : 1];
    const std::size_t room = (sent ? max_octets_kept : max_octets_received) - kept;
    if (event.octets.size() > room) {
      event.omitted = event.octets.size() - room;
      event.octets.resize(room);
      event.octets.shrink_to_fit();
    }
    kept += event.octets.size();
    // A peer that sends octet by octet would make an event of each.
    if (!sent && transcript_.events.size() >= max_pieces_kept) {
      Event& last = transcript_.events.back();
      if (last.kind == event.kind && last.by == event.by && last.session == event.session && last.step == event.step) {
        last.octets += event.octets;
        last.omitted += event.omitted;
        return;
      }
    }
  }
  transcript_.events.push_back(std::move(event));
}

}  // namespace smtpspec::record
