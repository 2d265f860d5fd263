#include <algorithm>
#include <limits>
#include <map>
#include <numeric>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "harness/engine/findings.hpp"
#include "harness/record/transcript.hpp"
#include "harness/smtp/visible.hpp"
#include "reports/html.hpp"
#include "reports/layout.hpp"
#include "reports/parts.hpp"
#include "reports/terminal_style.hpp"

namespace smtpspec::reports {
namespace {

using engine::Finding;
using engine::RunResult;
using engine::ScenarioResult;
using smtp::visible;

constexpr std::size_t most_of_conversations = std::size_t{3} << 20;  // octets of the page, about
constexpr std::size_t most_held = std::size_t{1} << 30;
constexpr std::size_t most_of_excerpts = std::size_t{1} << 20;  // the same, where conversations are missing
constexpr std::size_t most_of_fields = std::size_t{6} << 20;    // octets of all others, about
constexpr std::size_t most_of_field = 1500;                     // columns of one of them
constexpr std::size_t most_of_short_field = 100;                // the same, where they are too many
constexpr std::size_t most_of_list = 1000;
constexpr std::size_t most_of_tags = 30;
constexpr std::size_t of_an_event = 16;  // octets beside its text
constexpr std::size_t of_a_number = 6;

/// Of a text of the suite, which has line ends where its file has them.
std::string on_one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

class Page {
 public:
  Page(const RunResult& run, const Transcripts& transcripts) : run_(run), transcripts_(transcripts) {
    for (std::size_t i = 0; i < run.scenarios.size(); ++i) numbers_.emplace(run.scenarios[i].id, i);
    new_ = engine::findings(run);
    known_ = engine::known_findings(run);
  }

  PageJson data() {
    put_head();
    put_rows();
    put_conversations();
    data_["findings"] = PageJson::array();
    for (const Finding& one : new_) data_["findings"].push_back(finding_json(one, false));
    for (const Finding& one : known_) data_["findings"].push_back(finding_json(one, true));
    data_["rows"] = std::move(rows_);
    data_["requirements"] = std::move(requirements_);
    data_["texts"] = texts_.all();
    return std::move(data_);
  }

 private:
  std::string field(std::string_view text) {
    std::string fit = cut_middle(visible(text), fields_ < most_of_fields ? most_of_field : most_of_short_field);
    fields_ += fit.size();
    return fit;
  }
  /// What is empty or nothing out of the ordinary is not in the page.
  void put_field(PageJson& json, const char* key, const std::string& text) {
    if (!text.empty()) json[key] = field(text);
  }

  /// The number of a text that many rows may have: it is stored, and counts, once.
  std::size_t shared(std::string_view text) {
    const std::size_t before = texts_.octets();
    const bool room = fields_ < most_of_fields;
    const std::size_t number = texts_.number_of(cut_middle(visible(text), room ? most_of_field : most_of_short_field));
    fields_ += texts_.octets() - before + of_a_number;
    return number;
  }
  /// As many as there is room for.
  PageJson shared_list(const std::vector<std::string>& list, std::size_t most) {
    PageJson numbers = PageJson::array();
    for (const std::string& one : list)
      if (numbers.size() < most && fields_ < most_of_fields) numbers.push_back(shared(one));
    return numbers;
  }

  void put_head() {
    const engine::TargetFacts& target = run_.target;
    data_ = {{"page", "smtpspec-page/1"},
             {"verdict", PageJson::array()},
             {"smtpspec",
              {{"version", visible(run_.version)},
               {"seed", std::to_string(run_.seed)},
               {"command", field(run_.command)},
               {"filters", fields(run_.filters)},
               {"shard", run_.shards == 1 ? "" : fmt::format("{}/{}", run_.shard, run_.shards)},
               {"started", visible(run_.started)},
               {"duration_ms", run_.duration.count()}}},
             {"complete", run_.complete},
             {"baseline",
              {{"given", run_.has_baseline},
               {"notes", fields(run_.baseline_notes)},
               {"otherwise", fields(run_.other_endings)}}},
             {"target",
              {{"name", field(target.name)},
               {"address", field(target.address)},
               {"profile", field(target.profile)},
               {"greeting", field(target.greeting)},
               {"keywords", fields(target.keywords)},
               {"learnt", PageJson::array()}}}};
    for (const VerdictPart& part : verdict_parts(run_, {}))
      data_["verdict"].push_back({{"kind", part.kind}, {"text", field(part.text)}});
    PageJson& learnt = data_["target"]["learnt"];
    for (const engine::Learnt& fact : target.learnt)
      if (learnt.size() < most_of_list) learnt.push_back({field(fact.name), field(fact.value)});
  }

  std::vector<std::string> fields(const std::vector<std::string>& list) {
    std::vector<std::string> shown;
    for (const std::string& one : list)
      if (shown.size() < most_of_list) shown.push_back(field(one));
    return shown;
  }

  std::size_t requirement_number(const engine::CitedRequirement& cited) {
    const auto [found, is_new] = requirement_numbers_.emplace(cited.id, requirements_.size());
    if (is_new) requirements_.push_back(requirement_json(cited, [this](std::string_view text) { return field(text); }));
    return found->second;
  }

  PageJson row_json(const ScenarioResult& row) {
    PageJson json = {
        {"id", field(row.id)}, {"title", field(row.title)}, {"level", name(row.level)}, {"outcome", name(row.outcome)}};
    if (row.expectation != engine::BaselineStatus::as_expected) json["expectation"] = name(row.expectation);
    if (run_.foreseen(row)) json["known"] = true;
    put_field(json, "known_because", known_because(row));
    put_field(json, "known_link", known_link(row));
    for (const engine::CitedRequirement& cited : row.requirements) {
      const std::size_t number = requirement_number(cited);
      json["requirements"].push_back(number);
      if (!row.decided_by.empty() && cited.id == row.decided_by) json["decided_by"] = number;
    }
    if (row.cause != engine::Cause::none) json["cause"] = judge::name(row.cause);
    put_field(json, "expected", row.expected);
    put_field(json, "actual", row.actual);
    put_field(json, "reason", row.reason);
    if (!row.rationale.empty()) json["rationale"] = shared(on_one_line(row.rationale));
    json["file"] = shared(row.file);
    json["line"] = row.line;
    json["area"] = shared(area(row));
    if (!row.tags.empty()) json["tags"] = shared_list(row.tags, most_of_tags);
    if (row.duration.count() > 0) json["ms"] = row.duration.count();
    put_field(json, "again", row.again);
    if (row.attempts != 1) json["attempts"] = row.attempts;
    if (row.checked > 0) json["checked"] = row.checked;
    if (!row.seen_in.empty()) json["seen_in"] = shared_list(row.seen_in, most_of_list);
    return json;
  }

  void put_rows() {
    for (const ScenarioResult& row : run_.scenarios) rows_.push_back(row_json(row));
  }

  /// The rows by how much their conversations matter: the evidence of findings first, then the worst.
  [[nodiscard]] std::vector<std::size_t> in_order() const {
    std::vector<std::size_t> order(run_.scenarios.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::vector<int> ranks(order.size());
    for (const std::size_t i : order) ranks[i] = judge::rank(run_.scenarios[i].outcome);
    for (const auto* findings : {&new_, &known_})
      for (const Finding& one : *findings)
        if (const auto found = numbers_.find(one.evidence); found != numbers_.end())
          ranks[found->second] = std::numeric_limits<int>::max();
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return ranks[a] > ranks[b]; });
    return order;
  }

  void put_conversations() {
    PageJson& all = data_["conversations"] = PageJson::array();
    SessionTally session;
    const std::size_t texts_before = texts_.octets();
    std::size_t events = 0;
    std::size_t missing = 0;
    std::map<std::string, bool> read;  // whether it could be, once
    std::size_t held = 0;              // by all that were read: a small file may unfold to a large one
    for (const std::size_t i : in_order()) {
      const ScenarioResult& row = run_.scenarios[i];
      const bool room = texts_.octets() - texts_before + events * of_an_event < most_of_conversations;
      const bool named = transcripts_ && !row.transcript.empty();
      const auto [known, is_new] = read.try_emplace(row.transcript);
      const bool to_be_read = named && held < most_held && (is_new || (known->second && room));
      const auto transcript = to_be_read ? transcripts_(row.transcript) : std::nullopt;
      if (is_new) known->second = transcript.has_value();
      if (transcript) held += record::octets_held(*transcript);
      if (is_new && transcript) session.add(*transcript, i);
      missing += named && !known->second ? 1 : 0;
      if (transcript && room) {
        rows_[i]["conversation"] = all.size();
        all.push_back(conversation_json(*transcript, row.excerpt, texts_));
        events += all.back()["events"].size() + 4;
      } else if (!row.excerpt.empty()) {
        put_excerpt(rows_[i], row);
      }
    }
    data_["missing_transcripts"] = missing;
    data_["session"] = session.json();
  }

  /// In place of a conversation.
  void put_excerpt(PageJson& json, const ScenarioResult& row) {
    if (excerpts_ > most_of_excerpts) return;
    for (const engine::ExcerptLine& line : row.excerpt) {
      const std::string text = field(line.text);
      PageJson one = {0, side_letter(line.side), texts_.number_of(text)};
      if (line.key) one.push_back("key");
      json["excerpt"].push_back(std::move(one));
      excerpts_ += text.size() + of_an_event;
    }
  }

  [[nodiscard]] std::vector<std::size_t> rows_named(const std::vector<std::string>& ids) const {
    std::vector<std::size_t> rows;
    for (const std::string& id : ids)
      if (const auto found = numbers_.find(id); found != numbers_.end()) rows.push_back(found->second);
    return rows;
  }

  PageJson finding_json(const Finding& finding, bool known) {
    PageJson json = {{"id", field(finding.id)},
                     {"severity", name(finding.severity)},
                     {"outcome", name(finding.outcome)},
                     {"what", field(finding.what)},
                     {"expected", field(finding.expected)},
                     {"actual", field(finding.actual)},
                     {"evidence", numbers_.at(finding.evidence)},
                     {"rows", rows_named(finding.rows)}};
    if (!finding.requirement.id.empty()) json["requirement"] = requirement_number(finding.requirement);
    if (finding.cause != engine::Cause::none) json["cause"] = judge::name(finding.cause);
    if (!finding.consequences.empty()) json["consequences"] = rows_named(finding.consequences);
    if (!finding.blocked.empty()) json["blocked"] = rows_named(finding.blocked);
    if (known) json["known"] = true;
    return json;
  }

  const RunResult& run_;
  const Transcripts& transcripts_;
  std::map<std::string_view, std::size_t> numbers_;  ///< of rows, by their ids
  std::vector<Finding> new_;
  std::vector<Finding> known_;
  PageJson data_;
  PageJson rows_ = PageJson::array();
  PageJson requirements_ = PageJson::array();
  std::map<std::string, std::size_t> requirement_numbers_;
  Texts texts_;
  std::size_t excerpts_ = 0;
  std::size_t fields_ = 0;
};

}  // namespace

PageJson page_data(const RunResult& run, const Transcripts& transcripts) { return Page(run, transcripts).data(); }

}  // namespace smtpspec::reports
