#include "harness/engine/run_folder.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>

#include <nlohmann/json.hpp>

#include "harness/smtp/bytes.hpp"

namespace smtpspec::engine {

using nlohmann::ordered_json;
using wire::Event;

namespace {

constexpr const char* schema = "smtpspec-transcript/1";

ordered_json head_of(const wire::Transcript& transcript) {
  ordered_json head = {{"schema", schema},
                       {"scenario", transcript.scenario},
                       {"token", transcript.token},
                       {"sessions", transcript.sessions},
                       {"deliveries_observed", transcript.deliveries_observed}};
  ordered_json values = ordered_json::object();
  for (const auto& [name, value] : transcript.values) values[name] = smtp::escape(value);
  head["values"] = std::move(values);
  return head;
}

ordered_json json_of(const Event& event) {
  ordered_json json = {{"at_us", event.at.count() / 1000}, {"event", name(event.kind)}, {"session", event.session}};
  json["step"] = event.step;
  if (event.beneath_tls) json["beneath_tls"] = true;
  if (!event.octets.empty()) json["octets"] = smtp::escape(event.octets);
  if (!event.text.empty()) json["text"] = smtp::escape(event.text);
  return json;
}

ordered_json json_of(const wire::Delivery& delivery) {
  std::vector<std::string> forward_paths;
  for (const std::string& path : delivery.forward_paths) forward_paths.push_back(smtp::escape(path));
  return {{"at_us", delivery.at.count() / 1000},
          {"delivery", delivery.road},
          {"reverse_path", smtp::escape(delivery.reverse_path)},
          {"forward_paths", forward_paths},
          {"exact", delivery.exact},
          {"message", smtp::escape(delivery.message)}};
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

Event event_from(const ordered_json& json) {
  Event event;
  event.at = std::chrono::microseconds(json.at("at_us").get<long long>());
  const auto kind = wire::event_kind_named(json.at("event").get<std::string>());
  if (!kind) throw std::runtime_error("unknown event " + json.at("event").get<std::string>());
  event.kind = *kind;
  event.session = json.at("session").get<std::size_t>();
  event.step = json.at("step").get<int>();
  event.beneath_tls = json.value("beneath_tls", false);
  event.octets = octets_from(json, "octets");
  event.text = octets_from(json, "text");
  return event;
}

wire::Delivery delivery_from(const ordered_json& json) {
  wire::Delivery delivery;
  delivery.at = std::chrono::microseconds(json.at("at_us").get<long long>());
  delivery.road = json.at("delivery").get<std::string>();
  delivery.reverse_path = octets_from(json, "reverse_path");
  for (const auto& path : json.at("forward_paths"))
    delivery.forward_paths.push_back(unescaped(path.get<std::string>()));
  delivery.exact = json.value("exact", true);
  delivery.message = octets_from(json, "message");
  return delivery;
}

void read_head(const ordered_json& head, wire::Transcript& transcript) {
  if (head.value("schema", "") != schema) throw std::runtime_error(std::string("not a ") + schema + " file");
  transcript.scenario = head.at("scenario").get<std::string>();
  transcript.token = head.at("token").get<std::string>();
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

std::string to_json_lines(const wire::Transcript& transcript) {
  std::string text = head_of(transcript).dump() + "\n";
  for (const Event& event : transcript.events) text += json_of(event).dump() + "\n";
  for (const wire::Delivery& delivery : transcript.deliveries) text += json_of(delivery).dump() + "\n";
  return text;
}

std::optional<wire::Transcript> from_json_lines(std::string_view text, std::string& problem) {
  wire::Transcript transcript;
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

std::optional<std::string> save_transcript(const std::filesystem::path& run, const wire::Transcript& transcript) {
  const auto path = run / transcript_path(transcript.scenario);
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  // Renamed when it is whole, so that a killed run leaves no half of a transcript.
  auto part = path;
  part += ".part";
  std::ofstream file(part, std::ios::binary | std::ios::trunc);
  file << to_json_lines(transcript);
  file.close();
  if (file) std::filesystem::rename(part, path, error);
  if (!file || error) return path.string() + " could not be written";
  return std::nullopt;
}

std::optional<wire::Transcript> load_transcript(const std::filesystem::path& file, std::string& problem) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) {
    problem = file.string() + " cannot be read";
    return std::nullopt;
  }
  const std::string text((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
  auto transcript = from_json_lines(text, problem);
  if (!transcript) problem = file.string() + ": " + problem;
  return transcript;
}

}  // namespace smtpspec::engine
