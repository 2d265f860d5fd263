#include "fuzz/campaign/worker.hpp"

#include <algorithm>
#include <bit>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <unistd.h>

#include "fuzz/campaign/awaited_mail.hpp"
#include "fuzz/campaign/counters_seen.hpp"
#include "fuzz/campaign/culprits.hpp"
#include "fuzz/campaign/pairs.hpp"
#include "fuzz/campaign/reply_pace.hpp"
#include "fuzz/campaign/seeds.hpp"
#include "fuzz/mutators/session_mutator.hpp"
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
  Worker(const Opponent& opponent, const CampaignFolder& folder, Progress& progress, const Feedback& feedback,
         const std::string& other_addresses)
      : folder_(folder),
        progress_(progress),
        replies_(feedback.replies),
        edges_(feedback.edges),
        player_(opponent, delivery::make_secret()),
        culprits_(player_, folder, progress, feedback.culprits),
        awaited_(opponent, feedback.mail, {feedback.other, feedback.mail_of_other}) {
    if (feedback.other != nullptr) {
      other_.emplace(*feedback.other, delivery::make_secret());
      pairs_ = Pairs(player_, &*other_, &pace_);
    }
    player_.revive_by([this](bool lets_in) { return wait_for_server(lets_in); });
    const auto again = [this](const std::string& source) {
      ++progress_.put_off;
      if (!source.empty()) ++progress_.moves;
      return !progress_.stop;
    };
    player_.when_put_off(other_addresses, again);
    if (other_) other_->when_put_off("", again);
  }

  void execute(std::string_view input) {
    if (progress_.stop) end();
    culprits_.begin(input);
    if (edges_ != nullptr) edges_->clear();
    judge::Played played = player_.play(session_of(input), pace_.waits());
    ++progress_.sessions;
    if (says_nothing(played)) ++progress_.silent;
    const bool is_new = count(played);
    pace_.learn(played.transcript);
    for (const Breach& breach : culprits_.breaches_of(played)) take(breach, input);
    compare(played, input, is_new);
    awaited_.expect(played.transcript, input);
    awaited_.look([this](std::string_view cause, const AwaitedMail::Suspected& one) { suspect(cause, one); });
    culprits_.end();
  }

 private:
  using Seen = CampaignFolder::Seen;

  /// In no more time than this server calls for. A hundredth of the time may go by waiting for a 221 that is held back.
  [[nodiscard]] scenario::Scenario session_of(std::string_view input) {
    scenario::Scenario session = decode(input);
    pace_.set(session);
    const record::Time held_back = pace_.holds_221_back();
    const auto now = std::chrono::steady_clock::now();
    if (held_back.count() == 0 || now < waits_for_221_at_) {
      pace_.leave_at_once(session);
      return session;
    }
    scenario::Scenario in_haste = session;
    if (pace_.leave_at_once(in_haste)) waits_for_221_at_ = now + 100 * held_back;
    return session;
  }

  /// With what it comes to on another server, where it showed something new or had such mail accepted; with itself held
  /// otherwise now and then.
  void compare(const judge::Played& played, std::string_view input, bool is_new) {
    constexpr std::uint64_t sessions_between = 16;
    if (is_new || awaited_.may_be_delivered_otherwise(played.transcript)) {
      const auto breach = pairs_.elsewhere(input, played);
      awaited_.expect_the_same(played.transcript, pairs_.there().transcript, input);
      if (breach) take(*breach, input);
    }
    if (++since_pair_ < sessions_between) return;
    const Variant variant = all_variants[pairs_played_ % all_variants.size()];
    if (since_pair_ > longest_wait) ++pairs_played_;  // none can be held so
    if (!pairs_.may_be_held(input, variant, played)) return;
    since_pair_ = 0;
    ++pairs_played_;
    const auto difference = pairs_.held_otherwise(input, variant, played);
    const bool breaks_more = take_so(input, variant, played);
    if (difference && !breaks_more) take(*difference, input);
  }

  /// Whether the session breaks something where it is held otherwise, and only there: that is what is found then, and
  /// no difference. Its mail is followed as any.
  bool take_so(std::string_view input, Variant variant, const judge::Played& usual) {
    const auto session = fuzz::held_otherwise(input, cause_of(variant));
    const auto otherwise = session ? encode(*session) : std::nullopt;
    if (!otherwise) return false;
    auto own = culprits_.breaches_of(pairs_.so());
    for (const Breach& one : own.empty() ? std::vector<Breach>() : breaches_in(usual))
      std::erase_if(own, [&](const Breach& other) { return other.cause == one.cause; });
    for (const Breach& one : own) take(one, *otherwise);
    awaited_.expect(pairs_.so().transcript, *otherwise);
    return !own.empty();
  }

  /// The breach as it shows again, with more patience: all that there is of it comes with the findings.
  std::optional<Breach> shows_again(const Breach& breach, std::string_view input) {
    constexpr std::chrono::milliseconds enough{3000};
    if (Pairs::is_of_pairs(breach.cause)) return pairs_.show(input, breach.cause, 3);
    Waits waits = patient();
    waits.reply = enough;
    for (Breach& one : culprits_.breaches_of(player_.play(decode(input), waits)))
      if (one.cause == breach.cause) return std::move(one);
    return std::nullopt;
  }

  /// To look takes patience: at what has not shown again so far, the second time, the fourth, the eighth ...
  bool is_worth_a_look(const Breach& breach) { return std::has_single_bit(++times_seen_[breach.cause]); }

  /// The first of each cause that shows again at once. It is kept before: what looks takes time, and may be ended.
  void take(const Breach& breach, std::string_view input) {
    if (folder_.has_breach(breach, Seen::again)) return;
    if (is_incident(breach.cause)) return culprits_.look_for(breach, input, pace_.waits());
    if (!is_worth_a_look(breach)) return;
    fuzz::keep(breach, Seen::once, input, folder_, progress_);
    if (const auto again = shows_again(breach, input)) keep(*again, input);
  }

  /// Mail may be late for reasons of the server's own: so the input is played once more. Where nothing comes any more
  /// that would show nothing, and its input is all that there is.
  void suspect(std::string_view cause, const AwaitedMail::Suspected& one) {
    const Breach breach{"delivered", std::string(cause), "", ""};
    if (!one.stuck && (one.again || !one.alone)) return keep(breach, one.input);
    if (folder_.has_breach(breach, Seen::again) || !is_worth_a_look(breach)) return;
    fuzz::keep(breach, Seen::once, one.input, folder_, progress_);
    if (!one.stuck) awaited_.expect(player_.play(session_of(one.input), pace_.waits()).transcript, one.input, true);
  }

  /// What is missing yet is waited for until it is due. Its input is kept, to be played again with the findings; that
  /// of a server that is gone says nothing.
  [[noreturn]] void end() {
    const auto keep_input = [this](std::string_view cause, const AwaitedMail::Suspected& one) {
      suspect(cause, {one.input, one.alone, one.again, true});
    };
    while (!progress_.away && awaited_.lacks_anything()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      awaited_.look(keep_input, true);
    }
    _exit(0);
  }

  void keep(const Breach& breach, std::string_view input) {
    fuzz::keep(breach, Seen::again, input, folder_, progress_);
  }

  /// Whoever started it is told that it takes no connections, or that it hangs, and starts it again perhaps.
  bool wait_for_server(bool lets_in) {
    if (progress_.stop) return false;
    (lets_in ? progress_.hangs : progress_.away) = true;
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    return true;
  }

  /// Whether something was new.
  bool count(const judge::Played& played) {
    const auto half = std::span(counters).first(counter_count / 2);
    count_features(played.transcript, half, replies_);
    if (edges_ != nullptr) edges_->add_to(std::span(counters).last(counter_count / 2));
    if (!seen_.add(counters)) return false;
    raise(progress_.features, seen_.features());
    raise(progress_.edges, seen_.edges());
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    progress_.last_news = std::chrono::duration_cast<std::chrono::seconds>(now).count();
    return true;
  }

  static void raise(std::atomic<std::uint64_t>& most, std::uint64_t value) {
    for (std::uint64_t known = most; known < value && !most.compare_exchange_weak(known, value);) {
    }
  }

  const CampaignFolder& folder_;
  Progress& progress_;
  RepliesSeen* replies_;
  EdgeMap* edges_;
  LivePlayer player_;
  Culprits culprits_;
  std::optional<LivePlayer> other_;
  Pairs pairs_{player_, nullptr, &pace_};
  std::map<std::string, std::uint64_t> times_seen_;  ///< causes that have not shown again
  static constexpr std::uint64_t longest_wait = 256;
  std::uint64_t since_pair_ = 0;    ///< sessions
  std::uint64_t pairs_played_ = 0;  ///< of one session held otherwise
  AwaitedMail awaited_;
  ReplyPace pace_;
  std::chrono::steady_clock::time_point waits_for_221_at_;
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
  Worker worker(opponent, folder, progress, feedback, settings.other_addresses);
  the_worker = &worker;
  use_own_words(own_words(opponent));
  std::vector<std::string> words = {
      "smtpspec",
      folder.queue().string(),
      "-max_total_time=" + std::to_string(settings.time.count()),
      "-seed=" + std::to_string(settings.seed % 0xfffffffe + 1),
      "-max_len=" + std::to_string(longest_input),
      "-artifact_prefix=" + (folder.path() / "of-smtpspec-").string(),
      "-len_control=0",
      "-entropic_scale_per_exec_time=1",
      "-detect_leaks=0",
      "-timeout=86400",  // an input may be tried again for long, and its plays have bounds of their own
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
