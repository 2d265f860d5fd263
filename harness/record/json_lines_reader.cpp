#include <limits>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "harness/record/json_lines.hpp"
#include "harness/smtp/escape.hpp"

namespace smtpspec::record {

using nlohmann::ordered_json;

namespace {

constexpr std::string_view schemas[] = {"smtpspec-transcript/2", "smtpspec-transcript/3"};
/// A line has few values, lists of sessions and recipients apart, and they are not deep.
constexpr int max_depth = 8;
constexpr std::size_t max_values = 200'000;
constexpr std::size_t max_sessions = 10'000;
constexpr std::int64_t longest_us = 1'000'000LL * 3600 * 24 * 30;
constexpr std::int64_t most_octets = std::int64_t{1} << 50;

/// One line as JSON. Throws where it is none, or would take far more memory than the line itself.
ordered_json parsed(std::string_view line) {
  std::size_t values = 0;
  return ordered_json::parse(line, [&values](int depth, ordered_json::parse_event_t, const ordered_json&) {
    if (depth > max_depth) throw std::runtime_error("it is nested too deep");
    if (++values > max_values) throw std::runtime_error("it has too many values");
    return true;
  });
}

/// A number of a field. What is written with a fraction, or is too large for 64 bits, is no whole number.
std::int64_t whole_number(const ordered_json& json, const char* field) {
  const ordered_json& number = json.at(field);
  if (!number.is_number_integer()) throw std::runtime_error(std::string(field) + " is no whole number");
  return number.get<std::int64_t>();
}

/// One that must be from `least` to `most`: what we write is, and sums of these do not overflow.
std::int64_t number_from(const ordered_json& json, const char* field, std::int64_t most, std::int64_t least = 0) {
  const std::int64_t number = whole_number(json, field);
  if (number < least || number > most) throw std::runtime_error(std::string(field) + " is out of its range");
  return number;
}

/// What is iterated over: of what is no list that would be itself.
const ordered_json& list_from(const ordered_json& json) {
  if (!json.is_array()) throw std::runtime_error("a list was expected");
  return json;
}

/// Reads line by line; whatever is wrong is thrown.
class Reader {
 public:
  void take(std::string_view line) {
    const ordered_json json = parsed(line);
    if (++lines_ == 1) return read_head(json);
    if (json.contains("event"))
      transcript_.events.push_back(event_from(json));
    else
      transcript_.deliveries.push_back(delivery_from(json));
  }

  Transcript end() {
    if (lines_ == 0) throw std::runtime_error("the file is empty");
    if (events_ && (*events_ != transcript_.events.size() || *deliveries_ != transcript_.deliveries.size()))
      throw std::runtime_error(fmt::format("it has {} of {} events and {} of {} deliveries", transcript_.events.size(),
                                           *events_, transcript_.deliveries.size(), *deliveries_));
    return std::move(transcript_);
  }

 private:
  void hold(std::size_t octets, std::size_t times = 1) {
    if (octets > (max_transcript_held - held_) / times)
      throw std::runtime_error(fmt::format("it holds more than {} octets", max_transcript_held));
    held_ += octets * times;
  }

  /// Octets in our notation.
  std::string unescaped(const ordered_json& json, std::size_t times = 1) {
    const std::string& text = json.get_ref<const std::string&>();
    const auto octets = smtp::unescape(text);
    if (!octets) throw std::runtime_error("a broken escape in '" + text.substr(0, 80) + "'");
    hold(octets->size(), times);
    return *octets;
  }

  /// Octets in one, or in parts, of which some come many times.
  std::string octets_from(const ordered_json& json, const char* field) {
    const auto found = json.find(field);
    if (found == json.end()) return {};
    if (!found->is_array()) return unescaped(*found);
    std::string octets;
    for (const ordered_json& part : *found) {
      const std::int64_t times = part.is_object() ? number_from(part, "times", most_octets) : 1;
      if (times == 0) throw std::runtime_error("times is out of its range");
      const std::string one = unescaped(part.is_object() ? part.at("octets") : part, static_cast<std::size_t>(times));
      if (one.empty() && times > 1) throw std::runtime_error("times is out of its range");  // no room bounds it
      for (std::int64_t i = 0; i < times; ++i) octets += one;
    }
    return octets;
  }

  static std::size_t omitted_from(const ordered_json& json) {
    return json.contains("omitted") ? static_cast<std::size_t>(number_from(json, "omitted", most_octets)) : 0;
  }

  std::optional<std::vector<smtp::Parameter>> parameters_from(const ordered_json& json) {
    const auto list = json.find("parameters");
    if (list == json.end()) return std::nullopt;
    std::vector<smtp::Parameter> parameters;
    for (const ordered_json& one : list_from(*list)) {
      hold(sizeof(smtp::Parameter));
      const std::string text = unescaped(one);
      const std::size_t equals = text.find('=');
      parameters.push_back({text.substr(0, equals), std::nullopt});
      if (equals != std::string::npos) parameters.back().value = text.substr(equals + 1);
    }
    return parameters;
  }

  Event event_from(const ordered_json& json) {
    hold(sizeof(Event));
    Event event;
    event.at = std::chrono::microseconds(number_from(json, "at_us", longest_us));
    const auto kind = event_kind_named(json.at("event").get<std::string>());
    if (!kind) throw std::runtime_error("unknown event " + json.at("event").get<std::string>());
    event.kind = *kind;
    event.session = static_cast<std::size_t>(whole_number(json, "session"));
    if (event.session >= transcript_.sessions.size())
      throw std::runtime_error("an event of a session that the head does not name");
    event.step = static_cast<int>(number_from(json, "step", std::numeric_limits<int>::max(), Event::fence));
    event.by = json.value("by", "client") == "server" ? Party::server : Party::client;
    event.beneath_tls = json.value("beneath_tls", false);
    if (json.contains("waited_ms"))
      event.waited = std::chrono::milliseconds(number_from(json, "waited_ms", longest_us / 1000));
    event.omitted = omitted_from(json);
    event.octets = octets_from(json, "octets");
    event.text = octets_from(json, "text");
    return event;
  }

  Delivery delivery_from(const ordered_json& json) {
    hold(sizeof(Delivery));
    Delivery delivery;
    delivery.at = std::chrono::microseconds(number_from(json, "at_us", longest_us));
    if (!json.contains("delivery")) throw std::runtime_error("neither an event nor a delivery");
    delivery.road = octets_from(json, "delivery");
    delivery.client = octets_from(json, "client");
    if (json.contains("reverse_path")) delivery.reverse_path = octets_from(json, "reverse_path");
    delivery.mail_parameters = parameters_from(json);
    if (json.contains("recipients")) {
      delivery.recipients.emplace();
      for (const ordered_json& one : list_from(json.at("recipients"))) {
        hold(sizeof(Delivery::Recipient));
        delivery.recipients->push_back({unescaped(one.at("forward_path")), parameters_from(one)});
      }
    }
    delivery.exact = json.value("exact", true);
    delivery.omitted = omitted_from(json);
    delivery.message = octets_from(json, "message");
    return delivery;
  }

  void read_terms(const ordered_json& json) {
    Terms& terms = transcript_.terms;
    terms.lmtp = json.at("lmtp").get<bool>();
    terms.implicit_tls = json.at("implicit_tls").get<bool>();
    terms.starttls = json.at("starttls").get<bool>();
    terms.login = json.at("login").get<bool>();
    terms.tls_first = json.value("tls_first", false);
    const ordered_json deviations = json.value("deviations", ordered_json::array());
    for (const ordered_json& one : list_from(deviations))
      terms.deviations.push_back({one.at("fact").get<std::string>(), one.at("because").get<std::string>(),
                                  static_cast<std::size_t>(number_from(one, "after", longest_us))});
    const auto milliseconds = [&json](const char* field) {
      return std::chrono::milliseconds(number_from(json, field, longest_us / 1000));
    };
    terms.patience.reply = milliseconds("reply_ms");
    terms.patience.silence = milliseconds("silence_ms");
    terms.patience.scenario = milliseconds("scenario_ms");
    terms.patience.last = json.value("last", true);
  }

  void read_head(const ordered_json& json) {
    const std::string schema = json.value("schema", "");
    if (schema != schemas[0] && schema != schemas[1])
      throw std::runtime_error(fmt::format("not a {} file", schemas[1]));
    transcript_.scenario = json.at("scenario").get<std::string>();
    transcript_.token = json.at("token").get<std::string>();
    if (schema == schemas[1]) {  // the first did not say
      events_ = static_cast<std::size_t>(number_from(json, "events", most_octets));
      deliveries_ = static_cast<std::size_t>(number_from(json, "deliveries", most_octets));
    }
    transcript_.shortened = json.value("shortened", false);
    read_terms(json.at("terms"));
    transcript_.sessions = json.at("sessions").get<std::vector<std::string>>();
    if (transcript_.sessions.size() > max_sessions) throw std::runtime_error("it has too many sessions");
    transcript_.deliveries_observed = json.at("deliveries_observed").get<bool>();
    for (const auto& [name, value] : json.at("values").items()) transcript_.values.emplace_back(name, unescaped(value));
  }

  Transcript transcript_;
  std::size_t lines_ = 0;
  std::size_t held_ = 0;
  std::optional<std::size_t> events_;  ///< as the head says
  std::optional<std::size_t> deliveries_;
};

}  // namespace

std::optional<Transcript> from_json_lines(std::string_view text, std::string& problem) {
  Reader reader;
  std::size_t number = 0;
  try {
    while (!text.empty()) {
      const auto end = text.find('\n');
      ++number;
      reader.take(text.substr(0, end));
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    number = 0;
    return reader.end();
  } catch (const std::exception& error) {
    problem = number == 0 ? error.what() : fmt::format("line {}: {}", number, error.what());
    return std::nullopt;
  }
}

}  // namespace smtpspec::record
