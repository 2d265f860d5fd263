#include <algorithm>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "harness/record/json_lines.hpp"
#include "harness/smtp/char_class.hpp"
#include "harness/smtp/escape.hpp"

namespace smtpspec::record {

using nlohmann::ordered_json;

namespace {

constexpr const char* schema = "smtpspec-transcript/3";

ordered_json terms_of(const Terms& terms) {
  ordered_json deviations = ordered_json::array();
  for (const Deviation& one : terms.deviations)
    deviations.push_back({{"fact", one.fact}, {"because", one.because}, {"after", one.after}});
  return {{"lmtp", terms.lmtp},
          {"implicit_tls", terms.implicit_tls},
          {"starttls", terms.starttls},
          {"login", terms.login},
          {"tls_first", terms.tls_first},
          {"deviations", std::move(deviations)},
          {"reply_ms", terms.patience.reply.count()},
          {"silence_ms", terms.patience.silence.count()},
          {"scenario_ms", terms.patience.scenario.count()},
          {"last", terms.patience.last}};
}

ordered_json head_of(const Transcript& transcript, bool shortened) {
  ordered_json head = {{"schema", schema},
                       {"scenario", transcript.scenario},
                       {"token", transcript.token},
                       {"events", transcript.events.size()},
                       {"deliveries", transcript.deliveries.size()},
                       {"terms", terms_of(transcript.terms)},
                       {"sessions", transcript.sessions},
                       {"deliveries_observed", transcript.deliveries_observed}};
  if (shortened) head["shortened"] = true;
  ordered_json values = ordered_json::object();
  for (const auto& [name, value] : transcript.values) values[name] = smtp::escape(value);
  head["values"] = std::move(values);
  return head;
}

/// Octets that stand there so many times.
struct Part {
  std::string_view octets;
  std::size_t times = 1;
};

/// Test messages are large by the same line, many times over.
std::vector<Part> parts_of(std::string_view octets) {
  constexpr std::size_t worth_it = 1024;  // octets of lines that are alike
  std::vector<Part> parts;
  std::size_t plain = 0;  // where what is in no part yet begins
  for (std::size_t at = 0; octets.size() - at >= worth_it;) {
    const std::size_t end = octets.find('\n', at);
    if (end == std::string_view::npos) break;
    const std::string_view line = octets.substr(at, end + 1 - at);
    std::size_t times = 1;
    while (octets.substr(at + times * line.size(), line.size()) == line) ++times;
    if (times > 1 && times * line.size() >= worth_it) {
      if (at > plain) parts.push_back({octets.substr(plain, at - plain)});
      parts.push_back({line, times});
      plain = at + times * line.size();
    }
    at += times * line.size();
  }
  if (plain < octets.size() || parts.empty()) parts.push_back({octets.substr(plain)});
  return parts;
}

/// Writes by hand, in one pass: a run writes a transcript for each scenario, and some of them hold many megabytes.
class Writer {
 public:
  explicit Writer(const Room& room) : room_(room) {}

  /// False where there was no room.
  bool write(const Transcript& transcript) {
    const auto is_cut = [this](const auto& one) { return octets_of(one).size() > room_.of_each; };
    const bool shortened = transcript.shortened ||
                           std::any_of(transcript.events.begin(), transcript.events.end(), is_cut) ||
                           std::any_of(transcript.deliveries.begin(), transcript.deliveries.end(), is_cut);
    text_ = head_of(transcript, shortened).dump(-1, ' ', true, ordered_json::error_handler_t::replace) + "\n";
    for (const Event& event : transcript.events)
      if (has_room()) add_line(event);
    for (const Delivery& delivery : transcript.deliveries)
      if (has_room()) add_line(delivery);
    return has_room();
  }
  [[nodiscard]] std::string& text() { return text_; }

 private:
  static std::string_view octets_of(const Event& event) { return event.octets; }
  static std::string_view octets_of(const Delivery& delivery) { return delivery.message; }
  [[nodiscard]] bool has_room() const { return text_.size() <= room_.octets; }

  /// Octets in the notation of smtp::escape, as a JSON string.
  void add_string(std::string_view octets) {
    const auto special = [](char octet) {
      return smtp::is_control(octet) || smtp::is_eight_bit(octet) || octet == '"' || octet == '\\';
    };
    text_ += '"';
    for (std::size_t at = 0; has_room(); ++at) {
      const auto* const found = std::find_if(octets.begin() + at, octets.end(), special);
      const auto end = static_cast<std::size_t>(found - octets.begin());
      text_.append(octets, at, end - at);
      at = end;
      if (at == octets.size()) break;
      if (octets[at] == '"') {
        text_ += "\\\"";
        continue;
      }
      // What `\0` means depends on what follows.
      const bool digit_follows = at + 1 < octets.size() && smtp::is_digit(octets[at + 1]);
      const std::string escaped = octets[at] == '\0' && digit_follows ? "\\x00" : smtp::escape(octets.substr(at, 1));
      for (const char letter : escaped) text_.append(letter == '\\' ? 2 : 1, letter);
    }
    text_ += '"';
  }

  void add_field(std::string_view name, std::string_view octets) {
    text_.append(",\"").append(name).append("\":");
    const std::vector<Part> parts = parts_of(octets);
    if (parts.size() == 1 && parts.front().times == 1) return add_string(octets);
    for (const Part& part : parts) {
      text_ += &part == &parts.front() ? '[' : ',';
      if (part.times > 1) text_ += fmt::format("{{\"times\":{},\"octets\":", part.times);
      add_string(part.octets);
      if (part.times > 1) text_ += '}';
    }
    text_ += ']';
  }

  /// What is kept of an event or a message, and how much is not.
  void add_kept(std::string_view name, std::string_view octets, std::size_t omitted) {
    const std::string_view kept = octets.substr(0, room_.of_each);
    omitted += octets.size() - kept.size();
    if (omitted > 0) text_ += fmt::format(",\"omitted\":{}", omitted);
    if (!kept.empty() || name == "message") add_field(name, kept);
  }

  void add_line(const Event& event) {
    text_ += fmt::format(R"({{"at_us":{},"event":"{}","session":{},"step":{})", event.at.count() / 1000,
                         name(event.kind), event.session, event.step);
    if (event.by == Party::server) text_ += ",\"by\":\"server\"";
    if (event.beneath_tls) text_ += ",\"beneath_tls\":true";
    if (event.kind == Event::Kind::waited) text_ += fmt::format(",\"waited_ms\":{}", event.waited.count());
    add_kept("octets", event.octets, event.omitted);
    if (!event.text.empty()) add_field("text", event.text);
    text_ += "}\n";
  }

  /// "KEY=value" and "KEY", as they were written.
  void add_parameters(const std::vector<smtp::Parameter>& parameters) {
    text_ += ",\"parameters\":[";
    for (const smtp::Parameter& parameter : parameters) {
      if (text_.back() != '[') text_ += ',';
      add_string(parameter.keyword + (parameter.value ? "=" + *parameter.value : ""));
    }
    text_ += ']';
  }

  void add_line(const Delivery& delivery) {
    text_ += fmt::format("{{\"at_us\":{}", delivery.at.count() / 1000);
    add_field("delivery", delivery.road);
    if (!delivery.client.empty()) add_field("client", delivery.client);
    if (delivery.reverse_path) add_field("reverse_path", *delivery.reverse_path);
    if (delivery.mail_parameters) add_parameters(*delivery.mail_parameters);
    if (delivery.recipients) {
      text_ += ",\"recipients\":[";
      for (const Delivery::Recipient& recipient : *delivery.recipients) {
        text_ += text_.back() == '[' ? "{\"forward_path\":" : ",{\"forward_path\":";
        add_string(recipient.forward_path);
        if (recipient.parameters) add_parameters(*recipient.parameters);
        text_ += '}';
      }
      text_ += ']';
    }
    text_ += delivery.exact ? ",\"exact\":true" : ",\"exact\":false";
    add_kept("message", delivery.message, delivery.omitted);
    text_ += "}\n";
  }

  Room room_;
  std::string text_;
};

}  // namespace

std::optional<std::string> to_json_lines(const Transcript& transcript, const Room& room) {
  Writer writer(room);
  if (!writer.write(transcript)) return std::nullopt;
  return std::move(writer.text());
}

std::string to_json_lines(const Transcript& transcript) { return *to_json_lines(transcript, Room()); }

}  // namespace smtpspec::record
