#include "harness/smtp/session_table.hpp"

#include <algorithm>
#include <iterator>

namespace smtpspec::smtp {
namespace {

constexpr States open_transaction = in(State::mail) | in(State::rcpt) | in(State::bdat);
constexpr States idle = in(State::greeted) | in(State::ready);
/// Wherever a command line may stand. `connected` counts: there the server has refused the session with 554 or 521 and
/// waits for QUIT (RFC 5321 section 3.1).
constexpr States any_time = in(State::connected) | idle | open_transaction;
constexpr States everywhere = ~States{0};

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

constexpr auto stays = std::nullopt;

constexpr Transition rows[] = {
    // The connection itself. After 554 or 521 the session goes on, refused, until QUIT (3.1, RFC 7504 section 3).
    {in(State::connected), Input::connect, Verb::unknown, c220, State::greeted},

    // A new EHLO clears the transaction as RSET does; a refused one leaves everything as it was (4.1.4).
    {any_time, Input::command, Verb::ehlo, c250, State::ready},
    {any_time, Input::command, Verb::helo, c250, State::ready},
    {any_time, Input::command, Verb::lhlo, c250, State::ready},

    // That EHLO comes first is asked of the client (4.1.4); a server may do without it.
    {idle, Input::command, Verb::mail, c250, State::mail},
    // MAIL inside a transaction and RCPT outside one fall to the out-of-order row: 503 (4.1.4).
    {in(State::mail) | in(State::rcpt), Input::command, Verb::rcpt, c250_251, State::rcpt},
    // No RFC says that recipients end with the first chunk.
    {in(State::bdat), Input::command, Verb::rcpt, c250_251, stays},

    // 354 with no recipient left: RFC 2920 section 3.1 lets a server do that, and then refuse the message.
    {in(State::mail) | in(State::rcpt), Input::command, Verb::data, c354, stays},
    // Whatever the reply, the buffers are cleared (4.1.1.4).
    {in(State::data), Input::end_of_data, Verb::unknown, c250, State::ready},

    // DATA does not follow BDAT in a transaction: 503 by the out-of-order row (RFC 3030 section 2).
    {open_transaction, Input::command, Verb::bdat, c250, State::bdat},
    {open_transaction, Input::end_of_data, Verb::unknown, c250, State::ready},

    // These may come at any time, also before EHLO (4.1.4).
    {any_time & ~(in(State::connected) | in(State::greeted)), Input::command, Verb::rset, c250, State::ready},
    {in(State::connected) | in(State::greeted), Input::command, Verb::rset, c250, stays},
    {any_time, Input::command, Verb::noop, c250, stays},
    {any_time, Input::command, Verb::vrfy, c250_251_252, stays},
    {any_time, Input::command, Verb::expn, c250_252, stays},
    {any_time, Input::command, Verb::help, c211_214, stays},
    {any_time, Input::command, Verb::quit, c221, State::closed},

    // After the handshake the session begins again after the greeting (RFC 3207 section 4.2).
    {idle | open_transaction, Input::command, Verb::starttls, c220, State::greeted},

    // Inside a transaction AUTH is refused with 503, by the out-of-order row (RFC 4954 section 4).
    {idle, Input::command, Verb::auth, c235_334, stays},
    {in(State::auth), Input::auth_response, Verb::unknown, c235_334, State::ready},

    // Everything else: an unknown command, a known one out of order, an input that the state does not wait for.
    {everywhere, Input::command, Verb::unknown, none, stays},
};

}  // namespace

std::string_view name(State state) {
  constexpr std::string_view names[] = {"connected", "greeted", "ready", "mail",  "rcpt",
                                        "data",      "bdat",    "auth",  "closed"};
  return names[static_cast<std::size_t>(state)];
}

std::string_view name(Input input, Verb verb) {
  switch (input) {
    case Input::connect: return "connection";
    case Input::end_of_data: return "end of data";
    case Input::auth_response: return "response";
    case Input::command: break;
  }
  return verb == Verb::unknown ? "another command" : name(verb);
}

const Transition& transition(State state, Input input, Verb verb) {
  return *std::find_if(std::begin(rows), std::end(rows) - 1, [&](const Transition& row) {
    return (row.states & in(state)) != 0 && row.input == input && (input != Input::command || row.verb == verb);
  });
}

bool permits(const Transition& row, int code) {
  // Any input may be refused: RFC 5321 section 4.3.2 lists "usual possible replies", lets any command have 500, 501 and
  // 421, and other servers' codes are read by their first digit. The second digit is 0 to 5 (section 4.2).
  if (code >= 400 && code <= 599) return code % 100 < 60;
  return std::find(row.codes.begin(), row.codes.end(), code) != row.codes.end();
}

std::span<const Transition> session_table() { return rows; }

}  // namespace smtpspec::smtp
