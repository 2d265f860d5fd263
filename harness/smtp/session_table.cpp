#include "harness/smtp/session_table.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace smtpspec::smtp {
namespace {

constexpr std::size_t state_count = static_cast<std::size_t>(State::closed) + 1;
constexpr std::size_t input_count = static_cast<std::size_t>(Input::auth_response) + 1;
constexpr std::size_t verb_count = static_cast<std::size_t>(Verb::unknown) + 1;

using States = unsigned;
constexpr States in(State state) { return 1U << static_cast<unsigned>(state); }

constexpr States open_transaction = in(State::mail) | in(State::rcpt) | in(State::bdat);
constexpr States idle = in(State::greeted) | in(State::ready);
/// Wherever a command line may stand. `connected` counts: there the server has refused the session with 554 or 521 and
/// waits for QUIT (RFC 5321 section 3.1).
constexpr States any_time = in(State::connected) | idle | open_transaction;
constexpr States everywhere = (1U << state_count) - 1;

// The positive codes. The negative ones are the same for every row, see `permits`.
constexpr int c220[] = {220};
constexpr int c221[] = {221};
constexpr int c250[] = {250};
constexpr int c250_251[] = {250, 251};
constexpr int c250_252[] = {250, 252};
constexpr int c250_251_252[] = {250, 251, 252};
constexpr int c211_214[] = {211, 214};
constexpr int c354[] = {354};
constexpr int c235_334[] = {235, 334};
constexpr std::span<const int> none;

/// One line of the table, for a set of states. A state left out stands for "stays as it is".
struct Rule {
  States states;
  Input input;
  Verb verb;
  std::span<const int> codes;
  std::optional<State> success;
  std::optional<State> intermediate;
  std::optional<State> failure;
  std::string_view section;
};
constexpr auto stays = std::nullopt;

constexpr Rule rules[] = {
    // The connection itself. After 554 or 521 the session goes on, refused, until QUIT (3.1, RFC 7504 section 3).
    {in(State::connected), Input::connect, Verb::unknown, c220, State::greeted, stays, stays, "RFC 5321 4.3.2"},

    // A new EHLO clears the transaction as RSET does; a refused one leaves everything as it was (4.1.4).
    {any_time, Input::command, Verb::ehlo, c250, State::ready, stays, stays, "RFC 5321 4.1.4"},
    {any_time, Input::command, Verb::helo, c250, State::ready, stays, stays, "RFC 5321 4.1.4"},
    {any_time, Input::command, Verb::lhlo, c250, State::ready, stays, stays, "RFC 2033 4.1"},

    // That EHLO comes first is asked of the client (4.1.4); a server may do without it.
    {idle, Input::command, Verb::mail, c250, State::mail, stays, stays, "RFC 5321 4.3.2"},
    // MAIL inside a transaction and RCPT outside one fall to the out-of-order row: 503 (4.1.4).
    {in(State::mail) | in(State::rcpt), Input::command, Verb::rcpt, c250_251, State::rcpt, stays, stays,
     "RFC 5321 4.3.2"},
    // No RFC says that recipients end with the first chunk.
    {in(State::bdat), Input::command, Verb::rcpt, c250_251, stays, stays, stays, "RFC 3030 2"},

    // 354 with no recipient left: RFC 2920 section 3.1 lets a server do that, and then refuse the message.
    {in(State::mail) | in(State::rcpt), Input::command, Verb::data, c354, stays, State::data, stays, "RFC 5321 4.3.2"},
    // Whatever the reply, the buffers are cleared (4.1.1.4).
    {in(State::data), Input::end_of_data, Verb::unknown, c250, State::ready, stays, State::ready, "RFC 5321 4.3.2"},

    // DATA does not follow BDAT in a transaction: 503 by the out-of-order row (RFC 3030 section 2).
    {open_transaction, Input::command, Verb::bdat, c250, State::bdat, stays, stays, "RFC 3030 2"},
    {open_transaction, Input::end_of_data, Verb::unknown, c250, State::ready, stays, State::ready, "RFC 3030 2"},

    // These may come at any time, also before EHLO (4.1.4).
    {any_time & ~(in(State::connected) | in(State::greeted)), Input::command, Verb::rset, c250, State::ready, stays,
     stays, "RFC 5321 4.3.2"},
    {in(State::connected) | in(State::greeted), Input::command, Verb::rset, c250, stays, stays, stays,
     "RFC 5321 4.3.2"},
    {any_time, Input::command, Verb::noop, c250, stays, stays, stays, "RFC 5321 4.3.2"},
    {any_time, Input::command, Verb::vrfy, c250_251_252, stays, stays, stays, "RFC 5321 4.3.2"},
    {any_time, Input::command, Verb::expn, c250_252, stays, stays, stays, "RFC 5321 4.3.2"},
    {any_time, Input::command, Verb::help, c211_214, stays, stays, stays, "RFC 5321 4.3.2"},
    {any_time, Input::command, Verb::quit, c221, State::closed, stays, stays, "RFC 5321 4.3.2"},

    // After the handshake the session begins again behind the greeting (RFC 3207 section 4.2).
    {idle | open_transaction, Input::command, Verb::starttls, c220, State::greeted, stays, stays, "RFC 3207 4"},

    // Inside a transaction AUTH is refused with 503, by the out-of-order row (RFC 4954 section 4).
    {idle, Input::command, Verb::auth, c235_334, stays, State::auth, stays, "RFC 4954 4"},
    {in(State::auth), Input::auth_response, Verb::unknown, c235_334, State::ready, State::auth, State::ready,
     "RFC 4954 4"},

    // Everything else: an unknown command, a known one out of order, an input that the state does not wait for.
    {everywhere, Input::command, Verb::unknown, none, stays, stays, stays, "RFC 5321 4.1.4"},
};

constexpr std::size_t row_count() {
  std::size_t count = 0;
  for (const Rule& rule : rules) {
    for (std::size_t state = 0; state < state_count; ++state) count += (rule.states >> state) & 1U;
  }
  return count;
}

/// The rules written out, one row a state.
constexpr auto table = [] {
  std::array<Transition, row_count()> rows{};
  std::size_t row = 0;
  for (const Rule& rule : rules) {
    for (std::size_t number = 0; number < state_count; ++number) {
      const auto state = static_cast<State>(number);
      if ((rule.states & in(state)) == 0) continue;
      rows[row++] = {state,
                     rule.input,
                     rule.verb,
                     rule.codes,
                     rule.success.value_or(state),
                     rule.intermediate.value_or(state),
                     rule.failure.value_or(state),
                     rule.section};
    }
  }
  return rows;
}();

/// Where in `table` the row of (state, input, verb) stands.
using Index = std::array<std::array<std::array<unsigned char, verb_count>, input_count>, state_count>;
constexpr Index index = [] {
  static_assert(table.size() < 255);
  Index numbers{};
  for (std::size_t row = table.size() - state_count; row < table.size(); ++row) {  // the out-of-order rows
    for (auto& input : numbers[static_cast<std::size_t>(table[row].state)]) input.fill(static_cast<unsigned char>(row));
  }
  for (std::size_t row = 0; row < table.size() - state_count; ++row) {
    auto& verbs = numbers[static_cast<std::size_t>(table[row].state)][static_cast<std::size_t>(table[row].input)];
    if (table[row].input == Input::command) {
      verbs[static_cast<std::size_t>(table[row].verb)] = static_cast<unsigned char>(row);
    } else {
      verbs.fill(static_cast<unsigned char>(row));
    }
  }
  return numbers;
}();

}  // namespace

std::string_view name(State state) {
  switch (state) {
    case State::connected: return "connected";
    case State::greeted: return "greeted";
    case State::ready: return "ready";
    case State::mail: return "mail";
    case State::rcpt: return "rcpt";
    case State::data: return "data";
    case State::bdat: return "bdat";
    case State::auth: return "auth";
    case State::closed: return "closed";
  }
  return "?";
}

const Transition& transition(State state, Input input, Verb verb) {
  return table[index[static_cast<std::size_t>(state)][static_cast<std::size_t>(input)][static_cast<std::size_t>(verb)]];
}

bool permits(const Transition& row, int code) {
  // Any input may be refused: RFC 5321 section 4.3.2 lists "usual possible replies", lets any command have 500, 501 and
  // 421, and other servers' codes are read by their first digit. The second digit is 0 to 5 (section 4.2).
  if (code >= 400 && code <= 599) return code % 100 < 60;
  return std::find(row.codes.begin(), row.codes.end(), code) != row.codes.end();
}

State next_state(const Transition& row, int code) {
  if (code == 421) return State::closed;
  switch (code / 100) {
    case 2: return row.codes.empty() ? row.state : row.success;
    case 3: return row.codes.empty() ? row.state : row.intermediate;
    case 4:
    case 5: return row.failure;
    default: return row.state;
  }
}

std::span<const Transition> session_table() { return table; }

}  // namespace smtpspec::smtp
