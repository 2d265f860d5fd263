#include "fuzz/campaign/worker.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include <unistd.h>

#include "fuzz/campaign/awaited_mail.hpp"
#include "fuzz/campaign/counters_seen.hpp"
#include "fuzz/campaign/pairs.hpp"
#include "fuzz/oracles/features.hpp"
#include "fuzz/oracles/oracles.hpp"
#include "fuzz/require.hpp"
#include "fuzz/session/session_input.hpp"
#include "harness/delivery/token.hpp"

namespace {

/// What libFuzzer takes for coverage beside, here instead of, that of the code: one octet a counter. It sets them to 0
/// before each execution.
__attribute__((section("__libfuzzer_extra_counters"))) smtpspec::fuzz::Counters counters;  // NOLINT

}  // namespace

#ifdef SMTPSPEC_LIBFUZZER
extern "C" int LLVMFuzzerRunDriver(int* argc, char*** argv, int (*execute)(const std::uint8_t*, std::size_t));
#endif

namespace smtpspec::fuzz {

namespace {

class Worker {
 public:
  Worker(const Opponent& opponent, const CampaignFolder& folder, Progress& progress, const Feedback& feedback)
      : folder_(folder),
        progress_(progress),
        edges_(feedback.edges),
        incidents_(feedback.incidents),
        player_(opponent, delivery::make_secret()),
        awaited_(opponent, feedback.mail) {
    if (feedback.other != nullptr) {
      other_.emplace(*feedback.other, delivery::make_secret());
      pairs_ = Pairs(player_, &*other_);
    }
    player_.revive_by([this] { return wait_for_server(); });
  }

  void execute(std::string_view input) {
    if (progress_.stop) _exit(0);
    wait_while([this] { return progress_.alone.load(); });
    if (edges_ != nullptr) edges_->clear();
    judge::Played played = player_.play(decode(input), waits_);
    ++progress_.sessions;
    if (says_nothing(played)) ++progress_.silent;
    const bool is_new = count(played);
    learn_pace(played.transcript);
    for (const Breach& breach : breaches_of(played)) take(breach, input);
    compare(played, input, is_new);
    awaited_.expect(played.transcript, input);
    awaited_.look([this](std::string_view cause, const std::string& of) {
      keep({"delivered", std::string(cause), "", ""}, of);
    });
    recent_.emplace_back(input);
    if (recent_.size() > most_recent) recent_.pop_front();
  }

 private:
  using Seen = CampaignFolder::Seen;

  /// Waits for what the processes came to where that may be the cause of something new.
  std::vector<Breach> breaches_of(const judge::Played& played, bool wait = false) {
    std::vector<Breach> seen = breaches_in(played);
    if (incidents_ == nullptr) return seen;
    const auto is_new_crash = [&](const Breach& one) {
      return one.cause.starts_with("crash/") && !folder_.has_breach(one, Seen::again);
    };
    if (wait || std::any_of(seen.begin(), seen.end(), is_new_crash)) incidents_->wait_for_look();
    const std::uint64_t before = std::exchange(incidents_seen_, incidents_->count());
    return with_incidents(std::move(seen), incidents_->after(before));
  }

  /// With what it comes to on another server, where it showed something new; with itself held otherwise now and then.
  void compare(const judge::Played& played, std::string_view input, bool is_new) {
    constexpr std::uint64_t sessions_between = 16;
    if (is_new)
      if (const auto breach = pairs_.elsewhere(input, played)) take(*breach, input);
    if (++since_pair_ < sessions_between) return;
    const Variant variant = all_variants[pairs_played_ % all_variants.size()];
    if (since_pair_ > longest_wait) ++pairs_played_;  // none can be held so
    if (!pairs_.may_be_held(input, variant, played)) return;
    since_pair_ = 0;
    ++pairs_played_;
    if (const auto breach = pairs_.held_otherwise(input, variant, played)) take(*breach, input);
  }

  /// The breach as it shows again, with more patience.
  std::optional<Breach> shows_again(const Breach& breach, std::string_view input) {
    if (Pairs::are_behind(breach.cause)) return pairs_.show(input, breach.cause, 3);
    // What another worker does to the server may come between once.
    const bool of_processes = is_incident(breach.cause);
    std::optional<Breach> shown;
    for (int times = of_processes ? 2 : 1; times > 0; --times) {
      const judge::Played again = player_.play(decode(input), patient());
      shown.reset();
      for (Breach& one : breaches_of(again, of_processes))
        if (!shown && (one.cause == breach.cause || is_same_incident(one.cause, breach.cause))) shown = std::move(one);
      if (!shown) return std::nullopt;
    }
    return shown;
  }

  /// The first of each cause that shows again at once; one that does not is kept all the same.
  void take(const Breach& breach, std::string_view input) {
    if (folder_.has_breach(breach, Seen::again)) return;
    if (is_incident(breach.cause)) return take_incident(breach, input);
    if (const auto again = shows_again(breach, input)) return keep(*again, input);
    (void)folder_.add_breach(breach, Seen::once, input);
  }

  /// Whose doing it is shows while nobody else plays.
  void take_incident(const Breach& breach, std::string_view input) {
    wait_while([this] { return progress_.alone.exchange(true); });
    incidents_->wait_for_look();
    incidents_seen_ = incidents_->count();
    const auto again = shows_again(breach, input);
    if (again) keep(*again, input);
    if (!again && !look_for_culprit(breach)) (void)folder_.add_breach(breach, Seen::once, input);
    progress_.alone = false;
  }

  /// Not for ever: who was to end it may have died.
  template <class Condition>
  void wait_while(const Condition& condition) {
    constexpr int most = 2000;
    for (int i = 0; i < most && !progress_.stop && condition(); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }

  void keep(const Breach& breach, std::string_view input) {
    if (folder_.add_breach(breach, Seen::again, input)) ++progress_.findings;
  }

  /// What a process comes to may be seen late, and be some earlier session's doing.
  bool look_for_culprit(const Breach& breach) {
    constexpr int most = 8;
    if (++looked_for_[breach.cause] > most) return false;
    for (auto input = recent_.rbegin(); input != recent_.rend() && !progress_.stop; ++input) {
      const auto again = shows_again(breach, *input);
      if (!again) continue;
      keep(*again, *input);
      return true;
    }
    return false;
  }

  /// Whoever started it is told that it takes no connections, and starts it again perhaps.
  bool wait_for_server() {
    if (progress_.stop) return false;
    progress_.away = true;
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    return true;
  }

  /// Replies tell how long one takes here: several times that is quiet, and many times the slowest is a hang.
  void learn_pace(const record::Transcript& transcript) {
    record::Time asked{0};
    for (const record::Event& event : transcript.events) {
      if (event.kind != record::Event::Kind::octets) continue;
      if (event.by == record::Party::client) {
        asked = event.at;
        continue;
      }
      const record::Time took = event.at - asked;
      usual_ += (took > usual_ ? 1 : -1) * usual_ / 32;  // comes to the median, whatever single ones take
      slowest_ = std::max(slowest_, took);
    }
    using std::chrono::milliseconds;
    waits_.quiet = std::clamp(std::chrono::ceil<milliseconds>(4 * usual_), milliseconds(1), milliseconds(50));
    waits_.pause = waits_.quiet;
    waits_.reply = std::clamp(std::chrono::ceil<milliseconds>(20 * slowest_), milliseconds(1000), milliseconds(10000));
  }

  /// Whether something was new.
  bool count(const judge::Played& played) {
    const auto half = std::span(counters).first(counter_count / 2);
    count_features(played.transcript, half);
    if (edges_ != nullptr) edges_->add_to(std::span(counters).last(counter_count / 2));
    if (!seen_.add(counters)) return false;
    raise(progress_.features, seen_.features());
    raise(progress_.edges, seen_.edges());
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    progress_.last_news = std::chrono::duration_cast<std::chrono::seconds>(now).count();
    return true;
  }

  static constexpr std::size_t most_recent = 64;

  static void raise(std::atomic<std::uint64_t>& most, std::uint64_t value) {
    for (std::uint64_t known = most; known < value && !most.compare_exchange_weak(known, value);) {
    }
  }

  const CampaignFolder& folder_;
  Progress& progress_;
  EdgeMap* edges_;
  const SharedIncidents* incidents_;
  std::uint64_t incidents_seen_ = 0;
  std::deque<std::string> recent_;              ///< inputs, the latest last
  std::map<std::string, int> looked_for_ = {};  ///< by cause: how often
  LivePlayer player_;
  std::optional<LivePlayer> other_;
  Pairs pairs_{player_, nullptr};
  static constexpr std::uint64_t longest_wait = 256;
  std::uint64_t since_pair_ = 0;    ///< sessions
  std::uint64_t pairs_played_ = 0;  ///< of one session held otherwise
  AwaitedMail awaited_;
  Waits waits_;
  record::Time usual_{std::chrono::milliseconds(1)};  ///< time of a reply
  record::Time slowest_{0};
  CountersSeen seen_;
};

#ifdef SMTPSPEC_LIBFUZZER
Worker* the_worker = nullptr;  // libFuzzer hands nothing on to what it executes

int execute(const std::uint8_t* data, std::size_t size) {
  the_worker->execute(octets_of(data, size));
  return 0;
}
#endif

}  // namespace

bool has_fuzzing_engine() {
#ifdef SMTPSPEC_LIBFUZZER
  return true;
#else
  return false;
#endif
}

void work(const Opponent& opponent, const CampaignFolder& folder, Progress& progress, const Feedback& feedback,
          const WorkerSettings& settings) {
#ifdef SMTPSPEC_LIBFUZZER
  Worker worker(opponent, folder, progress, feedback);
  the_worker = &worker;
  std::vector<std::string> words = {"smtpspec",
                                    folder.queue().string(),
                                    "-max_total_time=" + std::to_string(settings.time.count()),
                                    "-seed=" + std::to_string(settings.seed % 0xfffffffe + 1),
                                    "-max_len=" + std::to_string(settings.longest_input),
                                    "-artifact_prefix=" + (folder.path() / "of-smtpspec-").string(),
                                    "-len_control=0",
                                    "-detect_leaks=0",
                                    "-timeout=600",
                                    "-rss_limit_mb=1024",
                                    "-print_final_stats=1",
                                    "-reload=10",
                                    "-handle_int=0",
                                    "-handle_term=0"};
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  int count = static_cast<int>(words.size());
  char** first = arguments.data();
  _exit(LLVMFuzzerRunDriver(&count, &first, execute));
#else
  (void)opponent, (void)folder, (void)progress, (void)feedback, (void)settings;
  _exit(70);
#endif
}

}  // namespace smtpspec::fuzz
