#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "harness/smtp/session_table.hpp"
#include "harness/smtp/visible.hpp"
#include "reports/campaign.hpp"
#include "reports/html.hpp"
#include "reports/layout.hpp"
#include "reports/terminal_style.hpp"

namespace smtpspec::reports {
namespace {

using smtp::visible;

constexpr std::size_t most_moments = 600;
constexpr std::size_t most_of_field = 1500;                          // columns
constexpr std::size_t most_of_conversations = std::size_t{2} << 20;  // octets of all texts in them
constexpr std::size_t most_replies = 2000;
constexpr std::size_t most_of_word = 40;  // columns
constexpr std::size_t most_of_text = std::size_t{16} << 10;

std::string field(std::string_view text) { return cut_middle(visible(text), most_of_field); }

/// As many as a plot can show; the last one always.
PageJson moments_json(const std::vector<Campaign::Moment>& moments) {
  PageJson json = PageJson::array();
  const std::size_t every = moments.size() / most_moments + 1;
  for (std::size_t i = 0; i < moments.size(); ++i)
    if (i % every == 0 || i + 1 == moments.size())
      json.push_back({moments[i].seconds, moments[i].sessions, moments[i].edges, moments[i].findings});
  return json;
}

/// The states that there are, and what was answered in them; like what a run's conversations show of its session.
PageJson session_json(const std::vector<Campaign::Reply>& replies) {
  PageJson json = {{"states", PageJson::array()}, {"seen", PageJson::array()}};
  for (const smtp::State state : session_states) json["states"].push_back(name(state));
  for (const Campaign::Reply& one : replies) {
    if (json["seen"].size() == most_replies) break;
    json["seen"].push_back({{"from", cut_middle(visible(one.state), most_of_word)},
                            {"on", cut_middle(visible(one.on), most_of_word)},
                            {"code", one.code},
                            {"times", one.times}});
  }
  return json;
}

PageJson found_json(const Campaign::Found& found) {
  PageJson json = {{"id", field(found.id)},
                   {"title", field(found.title)},
                   {"rationale", field(found.rationale)},
                   {"text", smtp::visible_lines(std::string_view(found.text).substr(0, most_of_text))},
                   {"again", field(found.again)},
                   {"requirements", PageJson::array()}};
  for (const engine::CitedRequirement& cited : found.requirements)
    json["requirements"].push_back(requirement_json(cited, field));
  return json;
}

}  // namespace

std::string Campaign::stat(const std::string& key) const {
  for (const auto& [one, value] : stats)
    if (one == key) return value;
  return {};
}

namespace {

std::string found_in_words(const Campaign& campaign) {
  const std::size_t shown = campaign.findings.size();
  if (shown == 0) return "Nothing found";
  const std::string all = counted(shown + campaign.left_out, "finding");
  return campaign.left_out == 0 ? all : fmt::format("{}, of which {} are shown,", all, shown);
}

}  // namespace

std::string verdict(const Campaign& campaign) {
  const std::string sessions = campaign.stat("execs_done");
  const std::string seconds = campaign.stat("run_time");
  return fmt::format("{} in {} sessions{}.", found_in_words(campaign),
                     sessions.empty() ? "an unknown number of" : sessions,
                     seconds.empty() ? "" : fmt::format(", {} s", seconds));
}

std::string to_html(const Campaign& campaign) {
  PageJson data = {{"page", "smtpspec-page/1"},         {"verdict", visible(verdict(campaign))},
                   {"texts", PageJson::array()},        {"rows", PageJson::array()},
                   {"requirements", PageJson::array()}, {"findings", PageJson::array()},
                   {"conversations", PageJson::array()}};
  PageJson shown = {{"name", field(campaign.name)},
                    {"moments", moments_json(campaign.moments)},
                    {"session", session_json(campaign.replies)}};
  shown["stats"] = PageJson::array();
  for (const auto& [key, value] : campaign.stats) shown["stats"].push_back(PageJson::array({field(key), field(value)}));
  shown["findings"] = PageJson::array();
  Texts texts;
  for (const Campaign::Found& found : campaign.findings) {
    shown["findings"].push_back(found_json(found));
    const bool room = texts.octets() < most_of_conversations;
    const auto transcript = room && campaign.transcripts ? campaign.transcripts(found.transcript) : std::nullopt;
    if (!transcript) continue;
    shown["findings"].back()["conversation"] = data["conversations"].size();
    data["conversations"].push_back(conversation_json(*transcript, {}, texts));
  }
  data["texts"] = texts.all();
  data["campaign"] = std::move(shown);
  return page_of(std::move(data), fmt::format("smtpspec fuzz: {}", campaign.name), verdict(campaign));
}

}  // namespace smtpspec::reports
