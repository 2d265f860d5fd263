#include "harness/wire/transcript.hpp"

#include <algorithm>
#include <array>

namespace smtpspec::wire {
namespace {

struct Named {
  Event::Kind kind;
  std::string_view name;
};

constexpr std::array<Named, 17> names{{
    {Event::Kind::step, "step"},
    {Event::Kind::connected, "connected"},
    {Event::Kind::refused, "refused"},
    {Event::Kind::sent, "sent"},
    {Event::Kind::send_failed, "send-failed"},
    {Event::Kind::received, "received"},
    {Event::Kind::tls_started, "tls-started"},
    {Event::Kind::tls_failed, "tls-failed"},
    {Event::Kind::tls_closed, "tls-closed"},
    {Event::Kind::closed, "closed"},
    {Event::Kind::reset, "reset"},
    {Event::Kind::deadline, "deadline"},
    {Event::Kind::quiet, "quiet"},
    {Event::Kind::close_notify, "close-notify"},
    {Event::Kind::half_closed, "half-closed"},
    {Event::Kind::hung_up, "hung-up"},
    {Event::Kind::stopped, "stopped"},
}};

}  // namespace

std::string_view name(Event::Kind kind) {
  const auto* found =
      std::find_if(names.begin(), names.end(), [kind](const Named& named) { return named.kind == kind; });
  return found == names.end() ? std::string_view() : found->name;
}

std::optional<Event::Kind> event_kind_named(std::string_view name) {
  const auto* found =
      std::find_if(names.begin(), names.end(), [name](const Named& named) { return named.name == name; });
  if (found == names.end()) return std::nullopt;
  return found->kind;
}

Recorder::Recorder(std::string scenario) : start_(std::chrono::steady_clock::now()) {
  transcript_.scenario = std::move(scenario);
  transcript_.events.reserve(32);  // as many as an ordinary session has
}

std::chrono::nanoseconds Recorder::elapsed() const { return std::chrono::steady_clock::now() - start_; }

std::size_t Recorder::add_session(std::string name) {
  transcript_.sessions.push_back(std::move(name));
  sessions_.emplace_back();
  return sessions_.size() - 1;
}

void Recorder::begin_step(std::size_t session, int step) {
  sessions_.at(session).step = step;
  add(Event::Kind::step, session);
}

void Recorder::add(Event::Kind kind, std::size_t session, std::string octets, std::string text, bool beneath_tls) {
  Session& of = sessions_.at(session);
  if (kind == Event::Kind::sent || kind == Event::Kind::received) {
    const bool sent = kind == Event::Kind::sent;
    std::size_t& kept = sent ? of.sent : of.received;
    const std::size_t room = (sent ? max_octets_kept : max_octets_received) - kept;
    const bool cut = octets.size() > room;
    if (cut) octets.resize(room);
    kept += octets.size();
    if (cut && octets.empty()) return;
    // A peer that sends octet by octet would make an event of each.
    if (kind == Event::Kind::received && transcript_.events.size() >= max_pieces_kept) {
      Event& last = transcript_.events.back();
      if (last.kind == kind && last.session == session && last.step == of.step && last.beneath_tls == beneath_tls) {
        last.octets += octets;
        return;
      }
    }
  }
  transcript_.events.push_back({kind, elapsed(), session, of.step, beneath_tls, std::move(octets), std::move(text)});
}

}  // namespace smtpspec::wire
