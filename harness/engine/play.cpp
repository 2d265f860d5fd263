#include "harness/engine/play.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include "harness/engine/ladder.hpp"
#include "harness/engine/login.hpp"
#include "harness/scenario/octets.hpp"

namespace smtpspec::engine {

using scenario::Scenario;
using scenario::Step;
using wire::Event;

namespace {

/// How a step ended for the one who plays: only whether going on makes sense.
enum class Next { go_on, end, stop };

class Player {
 public:
  Player(const Scenario& scenario, const PlaySettings& settings)
      : scenario_(scenario),
        settings_(settings),
        recorder_(scenario.id),
        values_(*settings.target, settings.token),
        until_(std::chrono::steady_clock::now() + (scenario.timeout ? *scenario.timeout : settings.patience.scenario)) {
  }

  asio::awaitable<Played> run() {
    const std::string main;  // the first session has no name
    const bool opened = co_await open(main, scenario_.from, Event::ladder);
    Next next = opened ? Next::go_on : Next::stop;
    for (std::size_t i = 0; next == Next::go_on && i < scenario_.steps.size(); ++i)
      next = co_await step(scenario_.steps[i], static_cast<int>(i));
    const bool to_the_end = next == Next::go_on;
    if (next != Next::stop && scenario_.fence) co_await fence();
    for (auto& [name, conversation] : conversations_)
      if (conversation->open()) conversation->close();

    Played played;
    played.to_the_end = to_the_end;
    recorder_.transcript().token = settings_.token;
    recorder_.transcript().values = values_.kept();
    played.transcript = std::move(recorder_.transcript());
    co_return played;
  }

 private:
  asio::awaitable<bool> open(const std::string& name, scenario::Ladder from, int back_to) {
    const std::size_t session = recorder_.add_session(name);
    auto made = std::make_unique<Conversation>(recorder_, session, settings_.patience, until_);
    Conversation& conversation = *made;
    conversations_[name] = std::move(made);
    recorder_.begin_step(session, Event::ladder);
    on_ladder_ = true;
    const bool connected = co_await conversation.connect(*settings_.target, settings_.source, *settings_.tls);
    if (!connected) {
      stopped(session, "the connection could not be made");
      co_return false;
    }
    const auto climb = rungs(from, *settings_.target, conversation.under_tls(), settings_.starttls_offered);
    for (const Step& rung : climb) {
      const Next next = co_await perform(rung, conversation);
      if (next == Next::go_on) continue;
      stopped(session, "the ladder to '" + std::string(scenario::name(from)) + "' was not climbed");
      co_return false;
    }
    on_ladder_ = false;
    conversation.observer().discard();
    recorder_.begin_step(session, back_to);
    co_return true;
  }

  asio::awaitable<Next> step(const Step& step, int number) {
    if (step.action == Step::Action::open) {
      const auto from = scenario::ladder_named(step.from).value_or(scenario::Ladder::greeted);
      const bool opened = co_await open(step.session, from, number);
      if (!opened) co_return Next::stop;
      const Next next = co_await await_replies(step, *conversations_.at(step.session));
      co_return next;
    }
    const auto found = conversations_.find(step.session);
    if (found == conversations_.end()) co_return Next::stop;  // `check` has refused such a scenario
    recorder_.begin_step(found->second->session(), number);
    co_return co_await perform(step, *found->second);
  }

  asio::awaitable<Next> perform(const Step& step, Conversation& conversation) {
    switch (step.action) {
      case Step::Action::send:
        if (!co_await send(step, conversation)) co_return Next::stop;
        break;
      case Step::Action::pause: co_await pause(step.duration, conversation); break;
      case Step::Action::handshake: {
        // A handshake that fails is for the judge to see; what follows makes no sense, unless it may end so.
        const bool done = co_await conversation.handshake(*settings_.target, *settings_.tls);
        if (!done && !handshake_may_fail(step)) co_return Next::stop;
        break;
      }
      case Step::Action::close_notify: co_await conversation.close_notify(); break;
      case Step::Action::half_close: conversation.half_close(); break;
      case Step::Action::reset: conversation.reset(); break;
      case Step::Action::close: conversation.close(); break;
      case Step::Action::login: co_await login(step, conversation, values_, *settings_.target); break;
      case Step::Action::open:
      case Step::Action::expect: break;
    }
    if (conversation.out_of_time()) co_return Next::stop;
    const Next next = co_await await_replies(step, conversation);
    co_return next;
  }

  asio::awaitable<Next> await_replies(const Step& step, Conversation& conversation) {
    Next next = Next::go_on;
    for (const scenario::Expectation& expectation : step.replies) {
      // Behind an ending the rest of a pipelined group is still owed its replies: whatever they are, they are taken.
      if (next == Next::end) {
        const Observed rest = co_await conversation.observe(any_reply(), step.within);
        if (rest.what != Observed::What::reply) co_return next;
        continue;
      }
      next = co_await await_reply(step, expectation, conversation);
      if (next == Next::stop) co_return next;
    }
    co_return next;
  }

  /// What comes meanwhile is read; a session that has ended does not cut the pause short.
  asio::awaitable<void> pause(std::chrono::milliseconds duration, Conversation& conversation) {
    const auto end = std::min(std::chrono::steady_clock::now() + duration, until_);
    co_await conversation.listen(duration);
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor, end);
    asio::error_code ignored;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }

  asio::awaitable<bool> send(const Step& step, Conversation& conversation) {
    const auto octets = scenario::octets_of(step, values_.lookup());
    if (!octets) {
      stopped(conversation.session(), octets.error().message);
      co_return false;
    }
    // A write that fails is not the end: the server's last words may still be there to be read.
    const auto secrets = values_.secrets_in(step.octets);
    (void)co_await conversation.send(*octets, step.cut, step.beneath_tls, secrets);
    co_return true;
  }

  asio::awaitable<Next> await_reply(const Step& step, const scenario::Expectation& expectation,
                                    Conversation& conversation) {
    const Observed observed = co_await conversation.observe(expectation, step.within);
    Captures captures;
    const auto chosen = choose(expectation, observed, values_.lookup(), captures);
    if (!chosen) {
      if (observed.what == Observed::What::deadline && !asking_ && !on_ladder_)
        co_await ask_whether_alive(conversation);
      co_return Next::stop;
    }
    values_.capture(captures);
    co_return expectation.alternatives[*chosen].ends ? Next::end : Next::go_on;
  }

  /// Silence where a reply is due: does the session still answer at all? The judge tells the two apart.
  asio::awaitable<void> ask_whether_alive(Conversation& conversation) {
    if (!conversation.open()) co_return;
    asking_ = true;
    recorder_.begin_step(conversation.session(), Event::fence);
    const Step noop = engine::fence().front();
    (void)co_await perform(noop, conversation);
  }

  asio::awaitable<void> fence() {
    Conversation& conversation = *conversations_.at("");
    if (!conversation.open() || conversation.observer().closed()) co_return;
    const std::vector<Step> steps = engine::fence();
    for (const Step& step : steps) {
      recorder_.begin_step(conversation.session(), Event::fence);
      const Next next = co_await perform(step, conversation);
      if (next != Next::go_on) co_return;
    }
    // The server closes behind 221 (RFC 5321 section 4.1.1.10); what else it sends until then is an extra reply.
    co_await conversation.listen(settings_.patience.silence);
  }

  void stopped(std::size_t session, std::string why) {
    recorder_.add(Event::Kind::stopped, session, {}, std::move(why));
  }

  const Scenario& scenario_;
  const PlaySettings& settings_;
  wire::Recorder recorder_;
  Values values_;
  std::chrono::steady_clock::time_point until_;
  bool asking_ = false;     ///< whether the session still answers
  bool on_ladder_ = false;  ///< of the session that is being opened
  std::map<std::string, std::unique_ptr<Conversation>> conversations_;
};

}  // namespace

asio::awaitable<Played> play(const Scenario& scenario, const PlaySettings& settings) {
  Player player(scenario, settings);
  co_return co_await player.run();
}

}  // namespace smtpspec::engine
