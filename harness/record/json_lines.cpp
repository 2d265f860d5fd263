#include "harness/record/json_lines.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "harness/record/secrets.hpp"
#include "harness/smtp/char_class.hpp"
#include "harness/smtp/escape.hpp"

namespace smtpspec::record {

using nlohmann::ordered_json;

namespace {

constexpr const char* schema = "smtpspec-transcript/2";

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

ordered_json head_of(const Transcript& transcript) {
  ordered_json head = {{"schema", schema},
                       {"scenario", transcript.scenario},
                       {"token", transcript.token},
                       {"terms", terms_of(transcript.terms)},
                       {"sessions", transcript.sessions},
                       {"deliveries_observed", transcript.deliveries_observed}};
  ordered_json values = ordered_json::object();
  for (const auto& [name, value] : transcript.values) values[name] = smtp::escape(value);
  head["values"] = std::move(values);
  return head;
}

/// Octets in the notation of smtp::escape, as a JSON string. By hand, in one pass: a run writes a transcript for each
/// scenario, and some of them hold many megabytes.
void add_octets(std::string& json, std::string_view octets) {
  const auto special = [](char octet) {
    return smtp::is_control(octet) || smtp::is_eight_bit(octet) || octet == '"' || octet == '\\';
  };
  json += '"';
  for (std::size_t at = 0;; ++at) {
    const auto* const found = std::find_if(octets.begin() + at, octets.end(), special);
    const auto end = static_cast<std::size_t>(found - octets.begin());
    json.append(octets, at, end - at);
    at = end;
    if (at == octets.size()) break;
    if (octets[at] == '"') {
      json += "\\\"";
      continue;
    }
    // What `\0` means depends on what follows.
    const bool digit_follows = at + 1 < octets.size() && smtp::is_digit(octets[at + 1]);
    const std::string escaped = octets[at] == '\0' && digit_follows ? "\\x00" : smtp::escape(octets.substr(at, 1));
    for (const char letter : escaped) json.append(letter == '\\' ? 2 : 1, letter);
  }
  json += '"';
}

void add_field(std::string& json, std::string_view name, std::string_view octets) {
  json.append(",\"").append(name).append("\":");
  add_octets(json, octets);
}

void add_line(std::string& json, const Event& event) {
  json += fmt::format(R"({{"at_us":{},"event":"{}","session":{},"step":{})", event.at.count() / 1000, name(event.kind),
                      event.session, event.step);
  if (event.by == Party::server) json += ",\"by\":\"server\"";
  if (event.beneath_tls) json += ",\"beneath_tls\":true";
  if (event.kind == Event::Kind::waited) json += fmt::format(",\"waited_ms\":{}", event.waited.count());
  if (event.omitted > 0) json += fmt::format(",\"omitted\":{}", event.omitted);
  if (!event.octets.empty()) add_field(json, "octets", event.octets);
  if (!event.text.empty()) add_field(json, "text", event.text);
  json += "}\n";
}

/// "KEY=value" and "KEY", as they were written.
void add_parameters(std::string& json, const std::vector<smtp::Parameter>& parameters) {
  json += ",\"parameters\":[";
  for (const smtp::Parameter& parameter : parameters) {
    if (json.back() != '[') json += ',';
    add_octets(json, parameter.keyword + (parameter.value ? "=" + *parameter.value : ""));
  }
  json += ']';
}

void add_line(std::string& json, const Delivery& delivery) {
  json += fmt::format("{{\"at_us\":{}", delivery.at.count() / 1000);
  add_field(json, "delivery", delivery.road);
  if (!delivery.client.empty()) add_field(json, "client", delivery.client);
  if (delivery.reverse_path) add_field(json, "reverse_path", *delivery.reverse_path);
  if (delivery.mail_parameters) add_parameters(json, *delivery.mail_parameters);
  if (delivery.recipients) {
    json += ",\"recipients\":[";
    for (const Delivery::Recipient& recipient : *delivery.recipients) {
      json += json.back() == '[' ? "{\"forward_path\":" : ",{\"forward_path\":";
      add_octets(json, recipient.forward_path);
      if (recipient.parameters) add_parameters(json, *recipient.parameters);
      json += '}';
    }
    json += ']';
  }
  json += delivery.exact ? ",\"exact\":true" : ",\"exact\":false";
  if (delivery.omitted > 0) json += fmt::format(",\"omitted\":{}", delivery.omitted);
  add_field(json, "message", delivery.message);
  json += "}\n";
}

/// Shows each line to `take`, so that no transcript is held in memory twice.
template <class Take>
void each_line(const Transcript& transcript, Take take) {
  take(head_of(transcript).dump() + "\n");
  const auto show = [&take](const auto& list) {
    for (const auto& one : list) {
      std::string line;
      add_line(line, one);
      take(line);
    }
  };
  show(transcript.events);
  show(transcript.deliveries);
}

/// Octets in our notation. Throws on any other.
std::string unescaped(const std::string& text) {
  const auto octets = smtp::unescape(text);
  if (!octets) throw std::runtime_error("a broken escape in '" + text.substr(0, 80) + "'");
  return *octets;
}

/// Octets from a field; absent is empty. Throws nlohmann's exceptions on a wrong type.
std::string octets_from(const ordered_json& json, const char* field) {
  return unescaped(json.value(field, std::string()));
}

std::optional<std::vector<smtp::Parameter>> parameters_from(const ordered_json& json) {
  const auto list = json.find("parameters");
  if (list == json.end()) return std::nullopt;
  std::vector<smtp::Parameter> parameters;
  for (const auto& one : *list) {
    const std::string text = unescaped(one.get<std::string>());
    const std::size_t equals = text.find('=');
    parameters.push_back({text.substr(0, equals), std::nullopt});
    if (equals != std::string::npos) parameters.back().value = text.substr(equals + 1);
  }
  return parameters;
}

/// A number of a field, which must be from 0 to `most`: what we write is, and sums of these do not overflow.
std::int64_t number_from(const ordered_json& json, const char* field, std::int64_t most) {
  const auto number = json.at(field).get<std::int64_t>();
  if (number < 0 || number > most) throw std::runtime_error(std::string(field) + " is out of its range");
  return number;
}
constexpr std::int64_t longest_us = 1'000'000LL * 3600 * 24 * 30;

Event event_from(const ordered_json& json) {
  Event event;
  event.at = std::chrono::microseconds(number_from(json, "at_us", longest_us));
  const auto kind = event_kind_named(json.at("event").get<std::string>());
  if (!kind) throw std::runtime_error("unknown event " + json.at("event").get<std::string>());
  event.kind = *kind;
  event.session = json.at("session").get<std::size_t>();
  event.step = json.at("step").get<int>();
  event.by = json.value("by", "client") == "server" ? Party::server : Party::client;
  event.beneath_tls = json.value("beneath_tls", false);
  if (json.contains("waited_ms"))
    event.waited = std::chrono::milliseconds(number_from(json, "waited_ms", longest_us / 1000));
  event.omitted = json.value("omitted", std::size_t{0});
  event.octets = octets_from(json, "octets");
  event.text = octets_from(json, "text");
  return event;
}

Delivery delivery_from(const ordered_json& json) {
  Delivery delivery;
  delivery.at = std::chrono::microseconds(number_from(json, "at_us", longest_us));
  delivery.road = json.at("delivery").get<std::string>();
  delivery.client = octets_from(json, "client");
  if (json.contains("reverse_path")) delivery.reverse_path = octets_from(json, "reverse_path");
  delivery.mail_parameters = parameters_from(json);
  if (json.contains("recipients")) {
    delivery.recipients.emplace();
    for (const auto& one : json.at("recipients"))
      delivery.recipients->push_back({octets_from(one, "forward_path"), parameters_from(one)});
  }
  delivery.exact = json.value("exact", true);
  delivery.omitted = json.value("omitted", std::size_t{0});
  delivery.message = octets_from(json, "message");
  return delivery;
}

void read_head(const ordered_json& head, Transcript& transcript) {
  if (head.value("schema", "") != schema) throw std::runtime_error(std::string("not a ") + schema + " file");
  transcript.scenario = head.at("scenario").get<std::string>();
  transcript.token = head.at("token").get<std::string>();
  const auto& terms = head.at("terms");
  transcript.terms.lmtp = terms.at("lmtp").get<bool>();
  transcript.terms.implicit_tls = terms.at("implicit_tls").get<bool>();
  transcript.terms.starttls = terms.at("starttls").get<bool>();
  transcript.terms.login = terms.at("login").get<bool>();
  transcript.terms.tls_first = terms.value("tls_first", false);
  for (const auto& one : terms.value("deviations", ordered_json::array()))
    transcript.terms.deviations.push_back({one.at("fact").get<std::string>(), one.at("because").get<std::string>(),
                                           static_cast<std::size_t>(number_from(one, "after", longest_us))});
  const auto milliseconds = [&terms](const char* field) {
    return std::chrono::milliseconds(number_from(terms, field, longest_us / 1000));
  };
  transcript.terms.patience = {milliseconds("reply_ms"), milliseconds("silence_ms"), milliseconds("scenario_ms"),
                               terms.value("last", true)};
  transcript.sessions = head.at("sessions").get<std::vector<std::string>>();
  transcript.deliveries_observed = head.at("deliveries_observed").get<bool>();
  for (const auto& [name, value] : head.at("values").items())
    transcript.values.emplace_back(name, unescaped(value.get<std::string>()));
}

}  // namespace

std::string transcript_path(std::string_view scenario_id) {
  std::string name(scenario_id);
  std::replace(name.begin(), name.end(), '/', '.');
  return "transcripts/" + name + ".jsonl";
}

std::string to_json_lines(const Transcript& transcript) {
  std::string text;
  each_line(transcript, [&text](const std::string& line) { text += line; });
  return text;
}

std::optional<Transcript> from_json_lines(std::string_view text, std::string& problem) {
  Transcript transcript;
  std::size_t number = 0;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    ++number;
    try {
      const ordered_json json = ordered_json::parse(line);
      if (number == 1)
        read_head(json, transcript);
      else if (json.contains("event"))
        transcript.events.push_back(event_from(json));
      else
        transcript.deliveries.push_back(delivery_from(json));
      if (!transcript.events.empty() && transcript.events.back().session >= transcript.sessions.size())
        throw std::runtime_error("an event of a session that the head does not name");
    } catch (const std::exception& error) {
      problem = "line " + std::to_string(number) + ": " + error.what();
      return std::nullopt;
    }
  }
  if (number == 0) {
    problem = "the file is empty";
    return std::nullopt;
  }
  return transcript;
}

std::optional<std::string> save_transcript(const std::filesystem::path& run, const Transcript& transcript) {
  const auto path = run / transcript_path(transcript.scenario);
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  // Renamed when it is whole, so that a killed run leaves no half of a transcript.
  auto part = path;
  part += ".part";
  std::ofstream file(part, std::ios::binary | std::ios::trunc);
  const auto write = [&file](const std::string& line) { file << line; };
  if (transcript.secrets.empty())
    each_line(transcript, write);
  else
    each_line(Redactor(transcript.secrets).without_secrets(transcript), write);
  file.close();
  if (file) std::filesystem::rename(part, path, error);
  if (!file || error) return path.string() + " could not be written";
  return std::nullopt;
}

std::optional<Transcript> load_transcript(const std::filesystem::path& file, std::string& problem) {
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);  // of a regular file alone
  if (!error && size > max_transcript_file) {
    problem = fmt::format("{} has {} octets; no transcript has more than {}", file.string(), size, max_transcript_file);
    return std::nullopt;
  }
  std::ifstream stream(file, std::ios::binary);
  if (error || !stream) {
    problem = file.string() + " cannot be read";
    return std::nullopt;
  }
  const std::string text((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
  auto transcript = from_json_lines(text, problem);
  if (!transcript) problem = file.string() + ": " + problem;
  return transcript;
}

}  // namespace smtpspec::record
