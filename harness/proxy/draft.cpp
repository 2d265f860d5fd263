#include "harness/proxy/draft.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "harness/judge/referee_report.hpp"
#include "harness/record/secrets.hpp"
#include "harness/scenario/writer.hpp"
#include "harness/smtp/char_class.hpp"
#include "harness/smtp/escape.hpp"

namespace smtpspec::proxy {
namespace {

using record::Event;
using record::Party;
using scenario::Alternative;
using scenario::Step;

/// Of one step.
constexpr std::size_t most_replies = 1000;

/// What was done, and the replies that came before anything else was.
struct Turn {
  scenario::Action action;
  std::string sent;         ///< of Send
  std::size_t omitted = 0;  ///< octets that were sent after `sent` and were not kept
  std::vector<scenario::Expectation> replies;
  int last_code = 0;
};

Alternative alternative_of(int code) {
  Alternative reply;
  reply.code = code >= 200 && code < 600 ? std::to_string(code) : "xyz";
  return reply;
}

/// Cuts a transcript into turns.
class Turns {
 public:
  explicit Turns(bool lmtp) : watcher_{smtp::Referee(lmtp)} {}

  void show(const Event& event) {
    watcher_.show(event);
    const bool ours = event.by == Party::client;
    switch (event.kind) {
      case Event::Kind::octets: ours ? sent(event) : received(event.octets); break;
      case Event::Kind::tls_started:
        if (turns_.size() > 1 || !turns_.front().replies.empty()) begin(scenario::Handshake{});
        break;
      case Event::Kind::close_notify: ours ? end_by(scenario::CloseNotify{}) : server_ended(); break;
      case Event::Kind::half_closed: end_by(scenario::HalfClose{}); break;
      case Event::Kind::reset: ours ? end_by(scenario::Reset{}) : server_ended(); break;
      case Event::Kind::closed: ours ? end_by(scenario::Close{}) : server_ended(); break;
      default: break;
    }
  }
  /// What was sent once the server had gone gets no reply but the end.
  [[nodiscard]] const std::vector<Turn>& turns() {
    if (server_ended_ && turns_.back().replies.empty() && std::holds_alternative<scenario::Send>(turns_.back().action))
      turns_.back().replies.push_back(the_close());
    return turns_;
  }
  /// The server went first, and had said no goodbye.
  [[nodiscard]] bool left() const { return left_; }

 private:
  void begin(scenario::Action action) { turns_.push_back({std::move(action), {}, 0, {}, 0}); }

  static scenario::Expectation the_close() {
    Alternative close;
    close.kind = Alternative::Kind::close;
    return {{close}, {}};
  }

  void sent(const Event& event) {
    if (!std::holds_alternative<scenario::Send>(turns_.back().action) || !turns_.back().replies.empty())
      begin(scenario::Send{});
    turns_.back().sent += event.octets;
    turns_.back().omitted += event.omitted;
  }

  void received(std::string_view octets) {
    parser_.feed(octets, [this](smtp::Reply& reply) {
      Turn& turn = turns_.back();
      turn.last_code = reply.code;
      const Alternative fits = alternative_of(reply.code);
      // In LMTP one expectation is for each recipient's reply to the end of the data.
      const bool same_end = replies_ > 0 && watcher_.referee.more_after(replies_ - 1) > 0 && !turn.replies.empty();
      ++replies_;
      if (!same_end && turn.replies.size() >= most_replies) return;  // what comes unasked is the referee's to judge
      if (!same_end) return turn.replies.push_back({{fits}, {}});
      auto& alternatives = turn.replies.back().alternatives;
      if (std::find(alternatives.begin(), alternatives.end(), fits) == alternatives.end()) alternatives.push_back(fits);
    });
  }

  /// Once the server has gone, what the client does is nothing that is tested.
  void end_by(scenario::Action action) {
    if (!server_ended_ && turns_.back().last_code != 221) begin(std::move(action));
    client_ended_ = true;
  }

  void server_ended() {
    if (std::exchange(server_ended_, true) || client_ended_) return;
    Turn& turn = turns_.back();
    const bool said_goodbye = turn.last_code == 221 || turn.last_code == 421;
    left_ = !said_goodbye;
    if (turn.replies.empty()) {
      turn.replies.push_back(the_close());
    } else if (said_goodbye) {
      for (Alternative& one : turn.replies.back().alternatives) one.closes = true;
    }
  }

  judge::Watcher watcher_;
  smtp::ReplyParser parser_;
  std::vector<Turn> turns_ = std::vector<Turn>(1);  ///< the first awaits the greeting
  std::size_t replies_ = 0;
  bool server_ended_ = false;
  bool client_ended_ = false;
  bool left_ = false;
};

/// What there is no room for, taken out of the middle, in whole lines where there are any.
std::size_t shorten(std::string& octets) {
  constexpr std::size_t of_end = std::size_t{4} << 10;
  if (octets.size() <= most_of_a_step) return 0;
  const std::size_t last_line = octets.rfind('\n', most_of_a_step - of_end - 1);
  const std::size_t begin = last_line == std::string::npos ? most_of_a_step - of_end : last_line + 1;
  const std::size_t next_line = octets.find('\n', octets.size() - of_end);
  const bool has_line = next_line != std::string::npos && next_line + 1 < octets.size();
  const std::size_t end = has_line ? next_line + 1 : octets.size() - of_end;
  octets.erase(begin, end - begin);
  return end - begin;
}

/// "PLAIN" where the octets are one line of AUTH.
std::string mechanism_of(std::string_view line) {
  if (line.size() < 6 || smtp::to_upper(line.substr(0, 5)) != "AUTH " || line.find('\n') + 1 != line.size()) return {};
  return smtp::to_upper(line.substr(5, line.find_first_of(" \r\n", 5) - 5));
}

bool is_in_library(std::string_view mechanism) {
  constexpr std::string_view known[] = {"PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256"};
  return std::find(std::begin(known), std::end(known), mechanism) != std::end(known);
}

/// Makes steps of turns, and notes what the author should know.
class Writer {
 public:
  explicit Writer(scenario::Scenario& out) : out_(out) {}

  void add(const Turn& turn) {
    const bool in_text = std::exchange(last_code_, turn.last_code) == 354;
    if (out_.steps.size() >= most_steps || octets_ >= most_of_all_steps) {
      ++left_out_;
    } else if (!std::holds_alternative<scenario::Send>(turn.action)) {
      add_step(turn.action, turn);
    } else if (std::string mechanism = in_text || !login_.empty() ? login_ : mechanism_of(turn.sent);
               !mechanism.empty()) {
      add_login(std::move(mechanism), turn);
    } else {
      add_send(turn);
    }
  }

  [[nodiscard]] std::vector<std::string> notes() {
    if (!login_.empty()) notes_.emplace_back("The exchange of AUTH was not ended, and is left out.");
    if (left_out_ > 0) notes_.push_back(fmt::format("{} more steps are left out.", left_out_));
    return std::move(notes_);
  }

 private:
  void add_step(scenario::Action action, const Turn& turn) {
    if (std::holds_alternative<scenario::Await>(action) && turn.replies.empty()) return;
    if (std::holds_alternative<scenario::Handshake>(action)) need(scenario::Condition::Kind::keyword, "STARTTLS");
    Step step;
    step.action = std::move(action);
    step.replies = turn.replies;
    out_.steps.push_back(std::move(step));
  }

  void add_send(const Turn& turn) {
    std::string octets = turn.sent;
    const std::size_t cut = turn.omitted + shorten(octets);
    if (cut > 0) notes_.push_back(fmt::format("{} octets of step {} are left out.", cut, out_.steps.size() + 1));
    if (octets.find(record::secret_mark) != std::string::npos)
      notes_.push_back(fmt::format("Secrets of step {} are taken out.", out_.steps.size() + 1));
    octets_ += octets.size();
    scenario::Send send;
    if (octets.find('\n') + 1 == octets.size() && octets.ends_with("\r\n")) {
      send.framing = scenario::Send::Framing::line;
      octets.resize(octets.size() - 2);
    }
    send.octets = scenario::literal(octets);
    add_step(std::move(send), turn);
  }

  /// The exchange is one step, with the reply that ended it.
  void add_login(std::string mechanism, const Turn& turn) {
    if (login_.empty()) initial_ = turn.sent.find(' ', 5) != std::string::npos;
    login_ = turn.last_code == 334 || turn.replies.empty() ? mechanism : "";
    if (!login_.empty()) return;
    if (!is_in_library(mechanism)) {
      notes_.push_back(fmt::format("A login by {} is left out.", smtp::escape(mechanism)));
      return;
    }
    need(scenario::Condition::Kind::keyword, "AUTH", mechanism);
    need(scenario::Condition::Kind::fact, "auth");
    scenario::Login login;
    login.mechanism = std::move(mechanism);
    login.initial_response = initial_ || login.mechanism != "PLAIN";
    if (turn.last_code != 235) {
      login.password = scenario::literal("not-the-password");
      if (out_.tags.empty()) out_.tags.emplace_back("wrong-login");
    }
    Turn last = turn;
    last.replies.erase(last.replies.begin(), last.replies.end() - 1);
    add_step(std::move(login), last);
  }

  void need(scenario::Condition::Kind kind, std::string name, std::string parameter = {}) {
    scenario::Condition condition;
    condition.kind = kind;
    condition.name = std::move(name);
    condition.parameter = std::move(parameter);
    if (std::find(out_.needs.begin(), out_.needs.end(), condition) == out_.needs.end())
      out_.needs.push_back(std::move(condition));
  }

  scenario::Scenario& out_;
  std::vector<std::string> notes_;
  std::string login_;  ///< the mechanism of an exchange under way
  bool initial_ = false;
  int last_code_ = 0;
  std::size_t octets_ = 0;
  std::size_t left_out_ = 0;
};

}  // namespace

std::optional<std::string> draft(const record::Transcript& transcript, const std::vector<smtp::Violation>& violations,
                                 std::string_view target) {
  Turns turns(transcript.terms.lmtp);
  for (const Event& event : transcript.events) turns.show(event);
  scenario::Scenario out;
  out.id = transcript.scenario;
  out.title = "A session as it was recorded";
  out.from = scenario::Ladder::connected;
  Writer writer(out);
  for (const Turn& turn : turns.turns()) writer.add(turn);
  if (std::none_of(out.steps.begin(), out.steps.end(), [](const Step& step) { return !step.replies.empty(); }))
    return std::nullopt;
  std::string text = fmt::format(
      "# A draft, by `smtpspec record`, of a session with {}.\n"
      "# Give it an id and a title, name the sentence that it tests, allow every ending that the sentence allows, and\n"
      "# leave out what has nothing to do with it. Mailboxes are those of the session; {{accepted}}, {{sender}} and\n"
      "# {{header}} stand for what fits any target.\n"
      "# requirements = [\"rfc5321/...\"]\n",
      smtp::escape(target));
  for (const smtp::Violation& one : violations)
    text += fmt::format("# The server broke always/{}: {}.\n", name(one.rule), smtp::row_of(one.rule).asks);
  if (turns.left()) text += "# The server closed or reset the connection, and had said no goodbye.\n";
  if (transcript.shortened) text += "# What came after the last step was not kept.\n";
  for (const std::string& note : writer.notes()) text += fmt::format("# {}\n", note);
  return text + scenario::to_toml(out);
}

}  // namespace smtpspec::proxy
