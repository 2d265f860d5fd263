#include "fuzz/campaign/campaign.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include <fmt/format.h>
#include <unistd.h>

#include "fuzz/campaign/campaign_history.hpp"
#include "fuzz/campaign/finding_maker.hpp"
#include "fuzz/campaign/findings.hpp"
#include "fuzz/campaign/growth_watch.hpp"
#include "fuzz/campaign/mail_roads.hpp"
#include "fuzz/campaign/put_off.hpp"
#include "fuzz/campaign/seeds.hpp"
#include "fuzz/campaign/server_keeper.hpp"
#include "fuzz/campaign/shared_memory.hpp"
#include "fuzz/campaign/worker.hpp"
#include "fuzz/campaign/workers.hpp"

namespace smtpspec::fuzz {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::seconds;

constexpr std::chrono::milliseconds between_looks{10};
constexpr std::size_t looks_between_news = 100;
constexpr seconds longest_last_play{120};
constexpr std::size_t looks_between_measures = 25;

class Campaign {
 public:
  Campaign(const Opponent& opponent, const scenario::Suite& suite, const CampaignFolder& folder,
           const CampaignSettings& settings, const CampaignEvents& events, bool may_move)
      : opponent_(opponent),
        suite_(suite),
        folder_(folder),
        settings_(settings),
        events_(events),
        may_move_(may_move) {}

  CampaignResult run() {
    if (part_.number != 0) {
      follow();
      return std::move(result_);
    }
    const bool goes_on = folder_.has_queue();
    if (!goes_on && !put_all_seeds()) {
      result_.not_written = folder_.queue().string() + ": the seeds could not be written";
      return std::move(result_);
    }
    inputs_ = folder_.inputs();
    take_up_history(goes_on);
    fuzz();
    end_others();
    look_for_growth();
    tell();
    make_findings();
    result_.findings = findings_.all();
    if (result_.refused.empty()) result_.status.findings = result_.findings.size();  // what did not show again is none
    if (!history_.put(result_.status, part_.replies->text())) result_.not_written = history_is_not_written();
    tell_what_it_is_worth();
    return std::move(result_);
  }

 private:
  /// Whoever is killed meanwhile begins anew.
  bool put_all_seeds() {
    return folder_.begin_seeds() && put_seeds(folder_, suite_, opponent_) > 0 && folder_.end_seeds();
  }

  void take_up_history(bool goes_on) {
    if (!history_.begin()) result_.not_written = history_is_not_written();
    progress_.findings = history_.earlier().findings;
    for (CampaignFolder::Broken& one : folder_.broken()) before_.insert(std::move(one.cause));
    if (goes_on)
      note(fmt::format("goes on with {} inputs, after {} sessions in {} s", inputs_, history_.earlier().sessions,
                       history_.earlier().elapsed.count()));
  }

  /// Plays while the one that leads does.
  void follow() {
    const Progress& first = part_.all.front();
    const auto is_ended = [this] { return progress_.stop || events_.stop(); };
    while (!first.playing && !is_ended()) std::this_thread::sleep_for(between_looks);
    if (!is_ended()) fuzz();
  }

  void end_others() {
    for (Progress& one : part_.all) one.stop = true;
    const auto is_playing = [](const Progress& one) { return one.playing.load(); };
    const auto end = Clock::now() + seconds(10) + longest_way_of_mail();
    while (Clock::now() < end && std::any_of(part_.all.begin(), part_.all.end(), is_playing))
      std::this_thread::sleep_for(between_looks);
  }

  void fuzz() {
    if (mail_.port() != 0) events_.sink_ready(mail_.port());
    const Feedback feedback{settings_.other, mail_.seen(),    mail_.seen_of_other(),
                            part_.replies,   settings_.edges, settings_.watch == nullptr ? nullptr : &shared_culprits_};
    keeper_.begin();
    Workers workers;
    for (std::size_t i = 0; i < settings_.jobs; ++i) {
      WorkerSettings one;
      const std::size_t number = part_.number + i;
      one.seed = settings_.seed + number;
      one.time = settings_.time + longest_last_play;  // it is told when to end
      if (may_move_) one.other_addresses = addresses_of_worker(number);
      const std::string log = (folder_.path() / fmt::format("worker-{}.log", number + 1)).string();
      if (!workers.start(log, [&] { work(opponent_, folder_, progress_, feedback, one); }))
        result_.failed = "no process could be started";
    }
    mail_.begin();
    begun_ = Clock::now();
    progress_.playing = true;
    for (std::size_t turn = 1; !is_over() && workers.running() > 0; ++turn) {
      std::this_thread::sleep_for(between_looks);
      keeper_.look_after();
      if (turn % looks_between_measures == 0) measure();
      if (turn % looks_between_news == 0) tell();
    }
    progress_.stop = true;
    ended_ = Clock::now();
    end(workers);
    progress_.playing = false;
    tell();
    if (result_.failed.empty()) result_.failed = workers.failed();
    if (progress_.unwritten)
      result_.not_written = folder_.crashes().string() + ": an input that breaks something could not be written";
    if (keeper_.is_lost_at_end()) result_.refused = keeper_.why_it_cannot_be_played();
  }

  /// They wait for mail that is not due yet; not where somebody ends the campaign.
  void end(Workers& workers) const {
    constexpr seconds usual{5};
    const auto begun = Clock::now();
    const auto is_late = [&] {
      const auto since = Clock::now() - begun;
      return since > usual && (events_.stop() || since > usual + longest_way_of_mail());
    };
    while (workers.running() > 0 && !is_late()) std::this_thread::sleep_for(between_looks);
  }

  [[nodiscard]] std::chrono::milliseconds longest_way_of_mail() const {
    const auto here = time_of_mail(opponent_);
    return settings_.other == nullptr ? here : std::max(here, time_of_mail(*settings_.other));
  }

  [[nodiscard]] bool is_over() const {
    return Clock::now() - begun_ >= settings_.time || events_.stop() || keeper_.is_lost() || progress_.stop ||
           progress_.unwritten;
  }

  /// A server that has grown too large for this machine goes on as a new one.
  void measure() {
    growth_.measure(progress_.sessions);
    if (!keeper_.is_ours() || !growth_.is_too_much()) return;
    note("the server's processes take too much of this machine; it is started anew");
    look_for_growth();
    keeper_.start_anew();
  }

  /// Whether no mail comes any more: what a queue holds is no growth.
  bool queue_is_empty() {
    constexpr int longest = 20;
    constexpr seconds quiet{3};
    if (mail_.arrived() == nullptr) return true;
    for (int i = 0; i < longest && !events_.stop(); ++i) {
      const std::uint64_t before = mail_.arrived()->total();
      std::this_thread::sleep_for(quiet);
      if (mail_.arrived() == nullptr || mail_.arrived()->total() == before) return true;
    }
    return false;
  }

  void look_for_growth() {
    if (!growth_.seems()) return;
    const bool of_queue = !queue_is_empty();
    for (const Breach& one : growth_.found()) {
      if (findings_.has(one.cause) || (of_queue && one.cause == growth_of_memory)) continue;
      Finding finding;
      finding.breach = one;
      finding.again = Finding::replays;
      finding.figures = growth_.table();
      if (!findings_.add(std::move(finding))) result_.not_written = not_written();
      ++progress_.findings;
    }
  }

  void tell() {
    const bool leads = part_.number == 0;
    result_.status = status_of(leads ? part_.all : std::span(&progress_, 1),
                               std::chrono::duration_cast<seconds>(ended_.value_or(Clock::now()) - begun_));
    if (!leads) return;
    const std::string states = part_.replies->text();
    result_.status.replies = static_cast<std::uint64_t>(std::count(states.begin(), states.end(), '\n'));
    tell_of_limits();
    tell_of_edges();
    if (events_.progress) events_.progress(result_.status);
    if (!history_.put(result_.status, states)) result_.not_written = history_is_not_written();
  }

  void tell_of_edges() {
    if (result_.status.edges == 0 || settings_.jobs == 1 || std::exchange(told_of_edges_, true)) return;
    note(
        "the server shows its edges, of all workers' sessions in one: --jobs 1, or a server for each worker (--apart), "
        "tells whose they are");
  }

  /// How it goes on where the server has limits; what it comes to is in the status.
  void tell_of_limits() {
    if (result_.status.put_off == 0 || std::exchange(told_of_limits_, true)) return;
    note(how_it_goes_on(may_move_, scenario::is_loopback(opponent_.target.host)));
  }

  void make_findings() {
    const FindingMaker::Stage stage{opponent_, settings_.other, mail_, may_move_ ? addresses_of_worker(0) : "",
                                    before_};
    FindingMaker maker(stage, folder_, events_, settings_.watch, keeper_, findings_);
    maker.make_all(result_.refused);
    if (!maker.written()) result_.not_written = not_written();
  }

  void tell_what_it_is_worth() {
    const std::string little =
        why_it_tells_little(progress_of_all(&Progress::sessions), progress_of_all(&Progress::silent), inputs_);
    const auto is_broken_must = [this](const Finding& one) {
      return one.is_firm() && level_of(one.breach, suite_) == ledger::Level::must;
    };
    const bool any = std::any_of(result_.findings.begin(), result_.findings.end(), is_broken_must);
    if (!little.empty() && !any && result_.failed.empty()) result_.failed = little;
    if (!little.empty() && any) note(little);
    const std::uint64_t sessions = progress_of_all(&Progress::sessions);
    if (little.empty() && sessions < inputs_)
      note(fmt::format("{} sessions are less than the {} inputs to begin with; more --time shows more", sessions,
                       inputs_));
  }

  [[nodiscard]] std::uint64_t progress_of_all(std::atomic<std::uint64_t> Progress::*count) const {
    std::uint64_t all = 0;
    for (const Progress& one : part_.all) all += one.*count;
    return all;
  }

  [[nodiscard]] std::string history_is_not_written() const {
    return folder_.path().string() + ": what is known of the campaign could not be written";
  }

  [[nodiscard]] std::string not_written() const {
    return folder_.findings().string() + ": a finding could not be written";
  }

  void note(const std::string& line) const { events_.note(line); }

  const Opponent& opponent_;
  const scenario::Suite& suite_;
  const CampaignFolder& folder_;
  const CampaignSettings& settings_;
  const CampaignEvents& events_;
  const Part part_ =
      settings_.part.all.empty() ? Part{{&share<Progress>(), 1}, &share<RepliesSeen>(), 0, getpid()} : settings_.part;
  Progress& progress_ = part_.all[part_.number];
  SharedCulprits& shared_culprits_ = share<SharedCulprits>();
  ServerKeeper keeper_{settings_.watch, events_, progress_, shared_culprits_, [this] { return is_over(); }};
  MailRoads mail_{opponent_, settings_.other};
  GrowthWatch growth_{opponent_.target};
  Findings findings_{suite_, folder_, settings_.watch};
  CampaignHistory history_{folder_, *part_.replies, part_.process, file_name(opponent_.target.name)};
  CampaignResult result_;
  Clock::time_point begun_ = Clock::now();
  std::optional<Clock::time_point> ended_;  ///< no more sessions are played
  const bool may_move_;                     ///< to other addresses of this machine
  std::size_t inputs_ = 0;                  ///< to begin with
  std::set<std::string> before_;            ///< what an earlier time has kept inputs of
  bool told_of_limits_ = false;
  bool told_of_edges_ = false;
};

/// Who relays at once is served meanwhile, and waits for no sink.
bool may_move(const Opponent& opponent, const CampaignEvents& events) {
  MailRoads mail(opponent, nullptr);
  mail.begin();
  if (mail.port() != 0) events.sink_ready(mail.port());
  return serves_other_addresses_alike(opponent, events.stop);
}

}  // namespace

CampaignResult run_campaign(const Opponent& opponent, const scenario::Suite& suite, const CampaignFolder& folder,
                            const CampaignSettings& settings, const CampaignEvents& events) {
  return Campaign(opponent, suite, folder, settings, events, may_move(opponent, events)).run();
}

}  // namespace smtpspec::fuzz
