// The report that people look at: one HTML page, which needs nothing but itself. What it shows is one block of JSON in
// it; everything in that is a text that the page's script puts in as text. The page's own files are in html/.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "harness/engine/result.hpp"
#include "harness/record/transcript.hpp"
#include "harness/smtp/session_table.hpp"
#include "reports/report.hpp"

namespace smtpspec::reports {

using PageJson = nlohmann::ordered_json;

/// Texts that stand in a page many times are in it once, and go by their numbers. Fit to be shown, and cut where they
/// are long.
class Texts {
 public:
  static constexpr std::size_t longest = 6000;  ///< columns of one, about
  std::size_t number_of(std::string_view text);
  /// Of all of them.
  [[nodiscard]] std::size_t octets() const { return octets_; }
  [[nodiscard]] const std::vector<std::string>& all() const { return all_; }

 private:
  std::unordered_map<std::string, std::size_t> numbers_;
  std::vector<std::string> all_;
  std::size_t octets_ = 0;
};

/// Of a line of an excerpt: "c", "s", and "-" of what is neither's.
[[nodiscard]] const char* side_letter(engine::ExcerptLine::Side side);

/// A requirement as the page has it; `fit` makes a text fit to be shown.
[[nodiscard]] PageJson requirement_json(const engine::CitedRequirement& cited,
                                        const std::function<std::string(std::string_view)>& fit);

/// The states of a session, in their order.
inline constexpr smtp::State session_states[] = {smtp::State::connected, smtp::State::greeted, smtp::State::ready,
                                                 smtp::State::mail,      smtp::State::rcpt,    smtp::State::data,
                                                 smtp::State::bdat,      smtp::State::auth,    smtp::State::closed};

/// A conversation as the page draws it: events with their times, what was sent as a message, what was delivered.
[[nodiscard]] PageJson conversation_json(const record::Transcript& transcript,
                                         const std::vector<engine::ExcerptLine>& excerpt, Texts& texts);

/// What a server did on each edge of the session table.
class SessionTally {
 public:
  /// `row`: a number of the caller's, which goes with the first of each kind.
  void add(const record::Transcript& transcript, std::size_t row);
  /// The edges of the table, and what was seen on them.
  [[nodiscard]] PageJson json() const;

 private:
  struct Seen {
    std::size_t times = 0;
    std::size_t row = 0;
  };
  std::map<std::tuple<smtp::State, smtp::Input, smtp::Verb, int>, Seen> seen_;
  std::size_t conversations_ = 0;
};

/// All that the page shows of a run.
[[nodiscard]] PageJson page_data(const engine::RunResult& run, const Transcripts& transcripts);
/// A page that shows such data. `notice` is what it says where no script runs.
[[nodiscard]] std::string page_of(PageJson data, std::string_view title, std::string_view notice);

}  // namespace smtpspec::reports
