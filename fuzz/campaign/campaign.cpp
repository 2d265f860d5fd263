#include "fuzz/campaign/campaign.hpp"

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <iterator>
#include <optional>
#include <thread>

#include <fmt/format.h>
#include <unistd.h>

#include "fuzz/campaign/afl_stats.hpp"
#include "fuzz/campaign/mail_taker.hpp"
#include "fuzz/campaign/progress.hpp"
#include "fuzz/campaign/seeds.hpp"
#include "fuzz/campaign/shared_memory.hpp"
#include "fuzz/campaign/worker.hpp"
#include "fuzz/campaign/workers.hpp"
#include "harness/delivery/token.hpp"

namespace smtpspec::fuzz {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::seconds;

class Campaign {
 public:
  Campaign(const Opponent& opponent, const scenario::Suite& suite, const CampaignFolder& folder,
           const CampaignSettings& settings, const CampaignEvents& events)
      : opponent_(opponent), suite_(suite), folder_(folder), settings_(settings), events_(events) {}

  CampaignResult run() {
    if (!folder_.has_queue() && put_seeds(folder_, suite_, opponent_) == 0) {
      result_.failed = folder_.queue().string() + ": the seeds could not be written";
      return std::move(result_);
    }
    fuzz();
    if (result_.refused.empty()) make_findings();
    return std::move(result_);
  }

 private:
  void fuzz() {
    if (events_.sink_ready && mail_.port() != 0) events_.sink_ready(mail_.port());
    const Feedback feedback{mail_.port() == 0 ? nullptr : &shared_mail_, settings_.edges};
    Workers workers;
    for (std::size_t i = 0; i < settings_.jobs; ++i) {
      WorkerSettings one;
      one.seed = settings_.seed + i;
      one.time = settings_.time + seconds(5);  // it is told when to end
      const std::string log = (folder_.path() / fmt::format("worker-{}.log", i + 1)).string();
      if (!workers.start(log, [&] { work(opponent_, folder_, progress_, feedback, one); }))
        result_.failed = "no process could be started";
    }
    mail_.begin();
    begun_ = Clock::now();
    for (std::size_t turn = 0; !is_over() && workers.running() > 0; ++turn) {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      if (progress_.away.exchange(false)) start_server();
      if (turn % 10 == 9) tell();
    }
    progress_.stop = true;
    for (int i = 0; i < 50 && workers.running() > 0; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(100));
    tell();
    if (result_.failed.empty()) result_.failed = workers.failed();
    if (refused_) result_.refused = "the server takes no connections, and could not be started again";
  }

  [[nodiscard]] bool is_over() const {
    return Clock::now() - begun_ >= settings_.time || (events_.stop && events_.stop()) || refused_;
  }

  /// A worker may end it again before it is seen to be up: what it dies of is being played once more.
  void start_server() {
    constexpr int most = 5;
    std::optional<std::string> problem;
    for (int i = 0; i < most && !is_over(); ++i) {
      problem = events_.start_server ? events_.start_server() : std::nullopt;
      if (!problem) return;
    }
    if (!problem) return;
    note(*problem);
    refused_ = true;
  }

  void tell() {
    CampaignStatus& status = result_.status;
    const auto now = Clock::now();
    status.elapsed = std::chrono::duration_cast<seconds>(now - begun_);
    status.sessions = progress_.sessions;
    status.silent = progress_.silent;
    status.features = progress_.features;
    status.edges = progress_.edges;
    status.findings = progress_.findings;
    if (const std::int64_t news = progress_.last_news)
      status.since_news = std::chrono::duration_cast<seconds>(now.time_since_epoch()) - seconds(news);
    if (events_.progress) events_.progress(status);
    write_stats();
  }

  void write_stats() {
    std::error_code error;
    const std::filesystem::directory_iterator queue(folder_.queue(), error);
    const auto inputs = error ? 0 : static_cast<std::size_t>(std::distance(begin(queue), end(queue)));
    if (plot_.empty()) plot_ = plot_header();
    plot_ += plot_line(result_.status, inputs);
    const auto stats =
        fuzzer_stats(result_.status, inputs, std::time(nullptr), getpid(), file_name(opponent_.target.name));
    if (!folder_.put_stats(stats, plot_))
      result_.failed = folder_.path().string() + ": what is known of the campaign could not be written";
  }

  void make_findings() {
    LivePlayer player(opponent_, delivery::make_secret());
    player.revive_by([this] { return events_.start_server && !events_.start_server(); });
    const ArrivedMail* const arrived = mail_.port() == 0 ? nullptr : &mail_.arrived();
    for (const CampaignFolder::Broken& one : folder_.broken()) {
      if (events_.stop && events_.stop()) break;
      const auto is_it = [&](const Finding& found) { return file_name(found.breach.cause) == one.cause; };
      if (std::any_of(result_.findings.begin(), result_.findings.end(), is_it)) continue;
      note("shortens " + one.cause);
      Finding finding = make_finding(player, arrived, one, Clock::now() + seconds(20));
      if (finding.again == 0) {
        note(one.cause + " was seen once and not again; its input stays in " + folder_.crashes().string());
        continue;
      }
      if (!folder_.add_finding(finding.breach.cause, to_scenario_file(finding, suite_)))
        result_.failed = folder_.findings().string() + ": a finding could not be written";
      result_.findings.push_back(std::move(finding));
    }
  }

  void note(const std::string& line) const {
    if (events_.note) events_.note(line);
  }

  const Opponent& opponent_;
  const scenario::Suite& suite_;
  const CampaignFolder& folder_;
  const CampaignSettings& settings_;
  const CampaignEvents& events_;
  Progress& progress_ = share<Progress>();
  SharedMail& shared_mail_ = share<SharedMail>();
  MailTaker mail_{opponent_.target, shared_mail_};
  CampaignResult result_;
  Clock::time_point begun_;
  std::string plot_;
  bool refused_ = false;
};

}  // namespace

CampaignResult run_campaign(const Opponent& opponent, const scenario::Suite& suite, const CampaignFolder& folder,
                            const CampaignSettings& settings, const CampaignEvents& events) {
  return Campaign(opponent, suite, folder, settings, events).run();
}

}  // namespace smtpspec::fuzz
