// The folder of a campaign, laid out as AFL's tools know it: what was found is in files as soon as it is found, so that
// nothing is lost whatever ends the campaign.
//
//   queue/            inputs that showed something new, and the seeds
//   crashes/          the first input of each cause that broke a rule
//   shortened/        the least of such an input that broke the same each time
//   findings/         what came of those: NAME.toml to be played by `smtpspec run`, and beside it the conversation, the
//                     server's last words and a sanitizer's report
//   no-longer/        findings of an earlier time that do not show any more, or are part of another now
//   fuzzer_stats, plot_data
//   states            which replies came in which states of a session
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/oracles/oracles.hpp"
#include "harness/record/transcript.hpp"

namespace smtpspec::fuzz {

class CampaignFolder {
 public:
  explicit CampaignFolder(std::filesystem::path path) : path_(std::move(path)) {}

  /// Makes it and sees whether it can be written; what an earlier campaign left there stays, and is gone on with. Gives
  /// what went wrong, or nothing.
  [[nodiscard]] std::optional<std::string> prepare() const;
  [[nodiscard]] std::filesystem::path queue() const { return path_ / "queue"; }
  [[nodiscard]] std::filesystem::path crashes() const { return path_ / "crashes"; }
  [[nodiscard]] std::filesystem::path findings() const { return path_ / "findings"; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  /// Whether inputs are there, and all seeds that were to be put; else seeds are wanted.
  [[nodiscard]] bool has_queue() const;
  /// How many are in the queue.
  [[nodiscard]] std::size_t inputs() const;
  /// Around all `add_seed`. False where it could not be written.
  bool begin_seeds() const;
  bool end_seeds() const;
  /// False where it could not be written.
  bool add_seed(const std::string& name, std::string_view input) const;
  /// How a breach was seen: by one session, or by a second one as well.
  enum class Seen { once, again };
  [[nodiscard]] bool has_breach(const Breach& breach, Seen seen) const;
  enum class Added { first, known, not_written };
  /// Whether it is the first of its cause, in all processes of the campaign.
  [[nodiscard]] Added add_breach(const Breach& breach, Seen seen, std::string_view input) const;
  /// Where it is kept, it is not any more.
  void drop(const Breach& breach, Seen seen) const;
  /// An input that broke something.
  struct Broken {
    std::string cause;  ///< as a file name
    std::string input;
    Seen seen = Seen::again;
  };
  /// What was seen of a finding.
  struct Evidence {
    record::Transcript transcript;
    std::string server_output;     ///< the end of it; empty where it is not known
    std::string sanitizer_report;  ///< empty where there is none
    std::string figures;           ///< empty where there are none
  };
  /// NAME.toml and transcripts/fuzz-NAME.jsonl where there is a scenario, NAME.log, NAME.sanitizer, NAME.txt, for the
  /// owner alone, without secrets. False where it could not be written.
  bool add_finding(std::string_view cause, std::string_view scenario, Evidence evidence) const;
  /// The least that was found of an input of crashes/, by the name of its cause. False where it could not be written.
  bool add_shortened(std::string_view cause, std::string_view input) const;
  [[nodiscard]] std::optional<std::string> shortened(std::string_view cause) const;
  /// The names of those that are scenarios.
  [[nodiscard]] std::vector<std::string> written_findings() const;
  /// What was written of it before is in findings/ no longer. False where it could not be moved.
  bool put_aside(std::string_view cause) const;
  /// What AFL's tools read: how it stands, and a line more of its history. What they read from an earlier time is kept.
  /// False where it could not be written.
  bool put_stats(std::string_view fuzzer_stats) const;
  /// As RepliesSeen has them.
  bool put_states(std::string_view states) const;
  /// As they were put last; empty where they were not.
  [[nodiscard]] std::string stats() const;
  [[nodiscard]] std::string states() const;
  bool begin_plot(std::string_view head) const;
  bool add_to_plot(std::string_view line) const;
  /// Those that were seen again first.
  [[nodiscard]] std::vector<Broken> broken() const;

 private:
  std::filesystem::path path_;
};

/// A cause as a file name: "crash/BDAT" is "crash-bdat".
[[nodiscard]] std::string file_name(std::string_view cause);
/// The cause that an input of crashes/ has its name from, as a file name.
[[nodiscard]] std::string cause_of_input(std::string_view name);
/// The id of the scenario that a finding is written as.
[[nodiscard]] std::string scenario_id(std::string_view cause);

}  // namespace smtpspec::fuzz
