#include "fuzz/campaign/live_player.hpp"

#include <algorithm>
#include <optional>
#include <thread>
#include <utility>
#include <variant>

#include <asio/co_spawn.hpp>

#include "fuzz/campaign/put_off.hpp"
#include "harness/delivery/lookout.hpp"
#include "harness/delivery/token.hpp"
#include "harness/engine/play.hpp"

namespace smtpspec::fuzz {

Waits patient() {
  Waits waits;
  waits.reply = std::chrono::milliseconds(10000);
  waits.quiet = std::chrono::milliseconds(100);
  waits.pause = std::chrono::hours(1);
  waits.close = record::Patience().close;
  return waits;
}

Waits most_patient(std::string_view cause) {
  Waits waits = patient();
  if (cause.starts_with("hang")) waits.reply = std::chrono::milliseconds(30000);
  return waits;
}

std::chrono::milliseconds time_of_mail(const Opponent& opponent) {
  const auto& road = opponent.target.delivery;
  const bool by_files = road && road->sink.empty();  // which are looked at now and then
  std::chrono::milliseconds least{1000};
  if (by_files) least += 2 * delivery::Lookout::longest_rest;
  return least + 5 * opponent.facts.delivery_takes.value_or(std::chrono::milliseconds(1000));
}

std::vector<std::string> watched_mailboxes(const Opponent& opponent) {
  std::vector<std::string> all = opponent.target.mail.accepts;
  // Every mailbox relays to a sink; a Maildir or an mbox is one mailbox's, the one that the survey saw.
  if (opponent.target.delivery && opponent.target.delivery->sink.empty() && all.size() > 1) all.resize(1);
  return all;
}

AcceptedMail accepted_by(const Opponent& opponent, const record::Transcript& transcript) {
  return accepted_in(transcript, watched_mailboxes(opponent));
}

bool keeps_line_ends(const Opponent& opponent) {
  return opponent.target.delivery && !opponent.target.delivery->sink.empty();
}

void shorten_pauses(scenario::Scenario& scenario, scenario::Duration most) {
  for (scenario::Step& step : scenario.steps)
    if (auto* const pause = std::get_if<scenario::Pause>(&step.action))
      pause->duration = std::min(pause->duration, most);
}

bool bodies_as_sent(const Opponent& opponent) { return opponent.facts.holding.count("body-as-sent") != 0; }

namespace {

/// No connection, or one that a server that is ending still let in.
bool nobody_was_there(const judge::Played& played) {
  if (played.judged.verdict.cause == judge::Cause::connect) return true;
  const auto& events = played.transcript.events;
  return played.judged.verdict.cause == judge::Cause::ladder &&
         std::none_of(events.begin(), events.end(), [](const record::Event& event) {
           return event.kind == record::Event::Kind::octets && event.by == record::Party::server;
         });
}

}  // namespace

LivePlayer::LivePlayer(const Opponent& opponent, std::string secret)
    : opponent_(opponent),
      secret_(std::move(secret)),
      terms_(engine::terms_of(opponent.target, opponent.facts)),
      tls_(wire::TlsContext::client({opponent.target.tls.verify, opponent.target.tls.ca})),
      sources_(opponent.target.sources) {
  if (opponent.near_only) allowed_ = [](const std::string& address) { return scenario::is_loopback(address); };
}

judge::Played LivePlayer::play(scenario::Scenario scenario, const Waits& waits) {
  constexpr int most = 20;
  shorten_pauses(scenario, waits.pause);
  judge::Played played = play_once(scenario, waits);
  for (int i = 0; i < most; ++i) {
    const bool nobody = nobody_was_there(played);
    if (!nobody && !was_put_off(played)) break;
    const bool lets_in = played.judged.verdict.cause != judge::Cause::connect;
    // It may have been put off for having spoken first, as it will be again: a second time tells.
    if (!nobody && spoke_first(played)) {
      if (i > 0) break;
    } else if (nobody ? !revive_ || !revive_(lets_in) : !step_aside(i)) {
      break;
    }
    played = play_once(scenario, waits);
  }
  return played;
}

void LivePlayer::when_put_off(const std::string& prefix, Again again) {
  if (!prefix.empty()) others_ = engine::Sources({prefix});
  again_ = std::move(again);
}

bool LivePlayer::step_aside(int times) {
  using std::chrono::milliseconds;
  if (!again_) return false;
  source_ = others_.next();
  if (times > 0 || source_.empty())
    std::this_thread::sleep_for(std::min(milliseconds(1000), milliseconds(50) * (1 << std::min(times, 10))));
  return again_(source_);
}

judge::Played LivePlayer::play_once(const scenario::Scenario& scenario, const Waits& waits) {
  const scenario::Target& target = opponent_.target;
  token_ = delivery::make_token(secret_, scenario.id, plays_++);
  terms_.patience.reply = waits.reply;
  terms_.patience.silence = waits.quiet;
  terms_.patience.scenario = 10 * waits.reply;
  terms_.patience.close = waits.close;
  terms_.patience.last = true;
  engine::PlaySettings settings{
      .connect =
          [&, source = source_.empty() ? sources_.next() : source_](wire::Time time) {
            return wire::connect_tcp_alone(target.host, target.port, source, time, allowed_);
          },
      .gather = {},
      .heard = {},
      .leaving = {},
      .tls = tls_.get(),
      .tls_name = target.tls.name.empty() ? target.host : target.tls.name,
      .host = target.host,
      .terms = terms_,
      .values = judge::Values(target, token_, engine::date_now()),
  };
  std::optional<judge::Played> played;
  std::exception_ptr failure;
  asio::co_spawn(context_, engine::play(scenario, std::move(settings)),
                 [&](std::exception_ptr thrown, judge::Played done) {
                   failure = std::move(thrown);
                   played = std::move(done);
                 });
  context_.restart();
  context_.run();
  if (failure) std::rethrow_exception(failure);
  played->transcript.token = token_;
  return std::move(*played);
}

}  // namespace smtpspec::fuzz
