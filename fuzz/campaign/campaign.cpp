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
#include "fuzz/campaign/growth_watch.hpp"
#include "fuzz/campaign/mail_roads.hpp"
#include "fuzz/campaign/put_off.hpp"
#include "fuzz/campaign/seeds.hpp"
#include "fuzz/campaign/shared_memory.hpp"
#include "fuzz/campaign/worker.hpp"
#include "fuzz/campaign/workers.hpp"
#include "fuzz/oracles/incidents.hpp"
#include "fuzz/oracles/likeness.hpp"
#include "harness/delivery/token.hpp"

namespace smtpspec::fuzz {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::seconds;

constexpr std::chrono::milliseconds between_looks{10};
constexpr seconds time_to_shorten{15};
constexpr std::size_t looks_between_news = 100;
constexpr std::size_t looks_between_measures = 25;

class Campaign {
 public:
  Campaign(const Opponent& opponent, const scenario::Suite& suite, const CampaignFolder& folder,
           const CampaignSettings& settings, const CampaignEvents& events)
      : opponent_(opponent), suite_(suite), folder_(folder), settings_(settings), events_(events) {}

  CampaignResult run() {
    may_move_ = serves_other_addresses_alike(opponent_, events_.stop);
    if (part_.number != 0) {
      follow();
      return std::move(result_);
    }
    if (!folder_.has_queue() && put_seeds(folder_, suite_, opponent_) == 0) {
      result_.not_written = folder_.queue().string() + ": the seeds could not be written";
      return std::move(result_);
    }
    fuzz();
    end_others();
    look_for_growth();
    tell();
    if (result_.refused.empty())
      make_findings();
    else
      tell_of_inputs();
    return std::move(result_);
  }

 private:
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
    for (int i = 0; i < 100 && std::any_of(part_.all.begin(), part_.all.end(), is_playing); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }

  void fuzz() {
    if (mail_.port() != 0) events_.sink_ready(mail_.port());
    const Feedback feedback{settings_.other, mail_.seen(),    mail_.seen_of_other(),
                            part_.replies,   settings_.edges, settings_.watch == nullptr ? nullptr : &shared_culprits_};
    // What the survey has brought about was told already, and is to be told again of a session of ours.
    if (settings_.watch != nullptr && !settings_.watch->look().empty()) start_anew();
    Workers workers;
    for (std::size_t i = 0; i < settings_.jobs; ++i) {
      WorkerSettings one;
      const std::size_t number = part_.number + i;
      one.seed = settings_.seed + number;
      one.time = settings_.time + seconds(5);  // it is told when to end
      if (may_move_) one.other_addresses = addresses_of_worker(number);
      const std::string log = (folder_.path() / fmt::format("worker-{}.log", number + 1)).string();
      if (!workers.start(log, [&] { work(opponent_, folder_, progress_, feedback, one); }))
        result_.failed = "no process could be started";
    }
    mail_.begin();
    begun_ = Clock::now();
    progress_.playing = true;
    if (part_.number == 0) (void)folder_.begin_plot(plot_header());
    for (std::size_t turn = 1; !is_over() && workers.running() > 0; ++turn) {
      std::this_thread::sleep_for(between_looks);
      look_at_server();
      if (progress_.away.exchange(false)) start_server();
      if (progress_.hangs.exchange(false)) end_what_hangs();
      if (shared_culprits_.anew) start_anew();
      if (turn % looks_between_measures == 0) measure();
      if (turn % looks_between_news == 0) tell();
    }
    progress_.stop = true;
    for (int i = 0; i < 50 && workers.running() > 0; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(100));
    progress_.playing = false;
    tell();
    if (result_.failed.empty()) result_.failed = workers.failed();
    if (progress_.unwritten)
      result_.not_written = folder_.crashes().string() + ": an input that breaks something could not be written";
    if (refused_ || hangs_for_all()) result_.refused = why_it_cannot_be_played();
  }

  [[nodiscard]] std::string why_it_cannot_be_played() const {
    if (settings_.watch != nullptr) return "it takes no connections, and could not be started again";
    return std::string(hangs_for_all() ? "it lets everybody in and says nothing any more"
                                       : "it takes no connections any more") +
           "; with `[server] start` in the target file it would be started again";
  }

  [[nodiscard]] bool is_over() const {
    return Clock::now() - begun_ >= settings_.time || events_.stop() || refused_ || progress_.stop ||
           progress_.unwritten;
  }

  /// A server that has grown too large for this machine goes on as a new one.
  void measure() {
    growth_.measure(progress_.sessions);
    if (settings_.watch == nullptr || !growth_.is_too_much()) return;
    note("the server's processes take too much of this machine; it is started anew");
    look_for_growth();
    start_anew();
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
      if (is_found(one.cause) || (of_queue && one.cause == growth_of_memory)) continue;
      Finding finding;
      finding.breach = one;
      finding.again = Finding::replays;
      finding.figures = growth_.table();
      write(finding);
      result_.findings.push_back(std::move(finding));
      ++progress_.findings;
    }
  }

  void look_at_server() {
    if (settings_.watch == nullptr) return;
    for (const Incident& one : settings_.watch->look()) shared_culprits_.incidents.add(one);
    shared_culprits_.incidents.looked(settings_.watch->report_is_under_way());
  }

  [[nodiscard]] std::uint64_t sessions_answered() const { return progress_.sessions - progress_.silent; }

  /// Where it says nothing to anybody, twice in a row: it is not merely slow, or busy with one session.
  void end_what_hangs() {
    constexpr seconds patience{150};
    const std::uint64_t answered = sessions_answered();
    if (std::exchange(answered_when_it_hung_, answered) != answered) {
      hangs_since_ = Clock::now();
      return;
    }
    if (settings_.watch == nullptr) {
      refused_ = Clock::now() - hangs_since_ > patience;
      return;
    }
    note("the server lets everybody in and says nothing; it is started anew");
    start_anew();
  }

  /// And it is not ours to start.
  [[nodiscard]] bool hangs_for_all() const {
    return settings_.watch == nullptr && answered_when_it_hung_ == sessions_answered();
  }

  /// One that is not ours to start may be started again by whoever did.
  void wait_for_return() {
    constexpr seconds patience{30};
    const std::uint64_t answered = sessions_answered();
    if (std::exchange(answered_when_away_, answered) != answered) away_since_ = Clock::now();
    refused_ = Clock::now() - away_since_ > patience;
  }

  /// A worker may end it again before it is seen to be up: what it dies of is being played once more.
  void start_server() {
    constexpr int most = 5;
    if (settings_.watch == nullptr) return wait_for_return();
    std::optional<std::string> problem;
    for (int i = 0; i < most && !is_over(); ++i) {
      problem = events_.start_server();
      if (!problem) return;
    }
    if (!problem) return;
    note(*problem);
    refused_ = true;
  }

  /// What it tells at its end is no session's doing.
  void start_anew() {
    events_.stop_server();
    (void)settings_.watch->look_until_told();
    (void)events_.start_server();
    shared_culprits_.anew = false;
  }

  void tell() {
    const bool leads = part_.number == 0;
    result_.status = status_of(leads ? part_.all : std::span(&progress_, 1),
                               std::chrono::duration_cast<seconds>(Clock::now() - begun_));
    if (!leads) return;
    tell_of_limits();
    if (events_.progress) events_.progress(result_.status);
    write_stats();
  }

  /// How it goes on where the server has limits; what it comes to is in the status.
  void tell_of_limits() {
    if (result_.status.put_off == 0 || std::exchange(told_of_limits_, true)) return;
    if (may_move_)
      note("the server puts sessions off; they go on from other addresses of 127.77.0.0/16, which it serves alike");
    else
      note(
          "the server puts sessions off; they are tried again later. Where it counts them by address, name others that "
          "it serves alike in the target file: source = '127.1.0.0/16'");
  }

  void write_stats() {
    std::error_code error;
    const std::filesystem::directory_iterator queue(folder_.queue(), error);
    const auto inputs = error ? 0 : static_cast<std::size_t>(std::distance(begin(queue), end(queue)));
    const auto stats =
        fuzzer_stats(result_.status, inputs, std::time(nullptr), part_.process, file_name(opponent_.target.name));
    if (!folder_.put_stats(stats) || !folder_.put_states(part_.replies->text()) ||
        !folder_.add_to_plot(plot_line(result_.status, inputs)))
      result_.not_written = folder_.path().string() + ": what is known of the campaign could not be written";
  }

  /// Whoever started it may start it again; half a minute is waited in all.
  bool may_be_back() {
    constexpr int most = 100;
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    return ++waits_for_return_ < most;
  }

  /// Where nobody else plays.
  bool revive(bool hangs) {
    if (events_.stop()) return false;
    if (settings_.watch == nullptr) return !hangs && may_be_back();
    if (hangs) start_anew();
    return hangs || !events_.start_server();
  }

  void make_findings() {
    LivePlayer player(opponent_, delivery::make_secret());
    std::optional<LivePlayer> other;
    if (settings_.other != nullptr) other.emplace(*settings_.other, delivery::make_secret());
    player.revive_by([this](bool hangs) { return revive(hangs); });
    player.when_put_off(may_move_ ? addresses_of_worker(0) : "",
                        [this](const std::string& /*source*/) { return !events_.stop(); });
    Sight sight;
    sight.arrived = mail_.arrived();
    sight.arrived_there = mail_.arrived_of_other();
    if (other) sight.other = &*other;
    sight.happened = processes_of(settings_.watch);
    if (settings_.watch != nullptr) sight.start_anew = [this] { start_anew(); };
    for (const CampaignFolder::Broken& one : folder_.broken()) {
      if (events_.stop()) break;
      if (is_found(one.cause)) continue;
      note("shortens " + one.cause);
      Finding finding = make_finding(player, sight, one, Clock::now() + time_to_shorten);
      if (finding.again == 0) {
        note(one.cause + " was seen once and not again; its input stays in " + folder_.crashes().string());
        continue;
      }
      if (is_found(finding.breach.cause)) continue;
      if (Finding* const alike = like(finding)) {
        alike->also.push_back(finding.breach.cause);
        continue;
      }
      write(finding);
      result_.findings.push_back(std::move(finding));
    }
  }

  /// Where there is nobody to show it again.
  void tell_of_inputs() {
    for (const CampaignFolder::Broken& one : folder_.broken())
      note(one.cause + " was seen; its input is in " + folder_.crashes().string());
  }

  [[nodiscard]] bool is_found(std::string_view cause) const {
    const auto is_it = [&](const Finding& found) { return file_name(found.breach.cause) == file_name(cause); };
    return std::any_of(result_.findings.begin(), result_.findings.end(), is_it);
  }

  /// One that ends the same way by the same octets, after another command: of the same cause.
  Finding* like(const Finding& finding) {
    const std::string unusual = finding.breach.rule == "crash" ? unusual_in(finding.transcript) : "";
    const auto of_processes = [](const Finding& one) { return is_incident(one.breach.cause); };
    const auto is_like = [&](const Finding& one) {
      return one.breach.rule == "crash" && of_processes(one) == of_processes(finding) &&
             (!of_processes(one) || is_same_incident(one.breach.cause, finding.breach.cause)) &&
             unusual_in(one.transcript) == unusual;
    };
    const auto found = std::find_if(result_.findings.begin(), result_.findings.end(), is_like);
    return unusual.empty() || found == result_.findings.end() ? nullptr : &*found;
  }

  /// The scenario, and beside it what was seen.
  void write(const Finding& finding) {
    CampaignFolder::Evidence evidence;
    evidence.transcript = finding.transcript;
    evidence.figures = finding.figures;
    if (settings_.watch != nullptr) {
      evidence.server_output = settings_.watch->tail();
      evidence.sanitizer_report = settings_.watch->report(finding.breach.cause);
    }
    const std::string scenario = finding.has_session() ? to_scenario_file(finding, suite_) : "";
    if (!folder_.add_finding(finding.breach.cause, scenario, std::move(evidence)))
      result_.not_written = folder_.findings().string() + ": a finding could not be written";
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
  MailRoads mail_{opponent_, settings_.other};
  GrowthWatch growth_{opponent_.target};
  CampaignResult result_;
  Clock::time_point begun_ = Clock::now();
  bool refused_ = false;
  Clock::time_point hangs_since_;
  std::uint64_t answered_when_it_hung_ = ~std::uint64_t{0};  ///< sessions
  std::uint64_t answered_when_away_ = ~std::uint64_t{0};
  Clock::time_point away_since_;
  int waits_for_return_ = 0;
  bool may_move_ = false;  ///< to other addresses of this machine
  bool told_of_limits_ = false;
};

}  // namespace

CampaignResult run_campaign(const Opponent& opponent, const scenario::Suite& suite, const CampaignFolder& folder,
                            const CampaignSettings& settings, const CampaignEvents& events) {
  return Campaign(opponent, suite, folder, settings, events).run();
}

}  // namespace smtpspec::fuzz
