#include "harness/smtp/session_table.hpp"

#include <vector>

#include <catch2/catch_test_macros.hpp>

using namespace smtpspec::smtp;

namespace {

const std::vector<State> states = {State::connected, State::greeted, State::ready, State::mail,  State::rcpt,
                                   State::data,      State::bdat,    State::auth,  State::closed};
const std::vector<Input> inputs = {Input::command, Input::connect, Input::end_of_data, Input::auth_response};
const std::vector<Verb> verbs = {Verb::ehlo, Verb::helo,     Verb::lhlo, Verb::mail,   Verb::rcpt, Verb::data,
                                 Verb::bdat, Verb::rset,     Verb::vrfy, Verb::expn,   Verb::help, Verb::noop,
                                 Verb::quit, Verb::starttls, Verb::auth, Verb::unknown};

/// Calls `visit` with every (state, input, verb).
template <class Visit>
void for_all(Visit visit) {
  for (const State state : states) {
    for (const Input input : inputs) {
      for (const Verb verb : verbs) visit(state, input, verb);
    }
  }
}

}  // namespace

TEST_CASE("commands in order are answered and lead on") {
  struct Row {
    State state;
    Input input;
    Verb verb;
    int code;
    State next = State::closed;  ///< after a 2yz
  };
  const std::vector<Row> rows = {
      {State::connected, Input::connect, Verb::unknown, 220, State::greeted},
      {State::connected, Input::connect, Verb::unknown, 554},
      {State::connected, Input::connect, Verb::unknown, 521},
      {State::connected, Input::command, Verb::quit, 221, State::closed},
      {State::connected, Input::command, Verb::mail, 503},
      {State::greeted, Input::command, Verb::ehlo, 250, State::ready},
      {State::greeted, Input::command, Verb::helo, 250, State::ready},
      {State::greeted, Input::command, Verb::lhlo, 250, State::ready},
      {State::greeted, Input::command, Verb::ehlo, 502},
      {State::greeted, Input::command, Verb::mail, 250, State::mail},
      {State::greeted, Input::command, Verb::rset, 250, State::greeted},
      {State::greeted, Input::command, Verb::vrfy, 252, State::greeted},
      {State::ready, Input::command, Verb::mail, 250, State::mail},
      {State::ready, Input::command, Verb::mail, 451},
      {State::mail, Input::command, Verb::rcpt, 250, State::rcpt},
      {State::mail, Input::command, Verb::rcpt, 251, State::rcpt},
      {State::mail, Input::command, Verb::rcpt, 550},
      {State::mail, Input::command, Verb::data, 354},
      {State::mail, Input::command, Verb::data, 554},
      {State::rcpt, Input::command, Verb::rcpt, 556},
      {State::rcpt, Input::command, Verb::data, 354},
      {State::rcpt, Input::command, Verb::mail, 503},
      {State::rcpt, Input::command, Verb::ehlo, 250, State::ready},
      {State::rcpt, Input::command, Verb::ehlo, 501},
      {State::rcpt, Input::command, Verb::rset, 250, State::ready},
      {State::rcpt, Input::command, Verb::noop, 250, State::rcpt},
      {State::rcpt, Input::command, Verb::help, 214, State::rcpt},
      {State::rcpt, Input::command, Verb::expn, 252, State::rcpt},
      {State::data, Input::end_of_data, Verb::data, 250, State::ready},
      {State::data, Input::end_of_data, Verb::data, 552},
      {State::rcpt, Input::command, Verb::bdat, 250, State::bdat},
      {State::bdat, Input::command, Verb::bdat, 250, State::bdat},
      {State::bdat, Input::end_of_data, Verb::bdat, 250, State::ready},
      {State::rcpt, Input::end_of_data, Verb::bdat, 554},
      {State::bdat, Input::command, Verb::rset, 250, State::ready},
      {State::bdat, Input::command, Verb::data, 503},
      {State::ready, Input::command, Verb::starttls, 220, State::greeted},
      {State::ready, Input::command, Verb::starttls, 454},
      {State::ready, Input::command, Verb::auth, 334},
      {State::ready, Input::command, Verb::auth, 235, State::ready},
      {State::auth, Input::auth_response, Verb::auth, 334},
      {State::auth, Input::auth_response, Verb::auth, 235, State::ready},
      {State::auth, Input::auth_response, Verb::auth, 535},
      {State::rcpt, Input::command, Verb::auth, 503},
      {State::rcpt, Input::command, Verb::rcpt, 421},
  };
  for (const Row& row : rows) {
    CAPTURE(name(row.state), static_cast<int>(row.input), name(row.verb), row.code);
    const Transition& found = transition(row.state, row.input, row.verb);
    CHECK(permits(found, row.code));
    if (row.code / 100 == 2) CHECK(found.success.value_or(row.state) == row.next);
  }
}

TEST_CASE("a reply out of order or of another command is not permitted") {
  struct Row {
    State state;
    Input input;
    Verb verb;
    int code;
  };
  const std::vector<Row> rows = {
      {State::connected, Input::connect, Verb::unknown, 250}, {State::connected, Input::command, Verb::mail, 250},
      {State::greeted, Input::command, Verb::rcpt, 250},      {State::greeted, Input::command, Verb::data, 354},
      {State::ready, Input::command, Verb::rcpt, 250},        {State::ready, Input::command, Verb::data, 354},
      {State::ready, Input::command, Verb::bdat, 250},        {State::ready, Input::end_of_data, Verb::bdat, 250},
      {State::ready, Input::command, Verb::quit, 250},        {State::ready, Input::command, Verb::unknown, 250},
      {State::mail, Input::command, Verb::mail, 250},         {State::rcpt, Input::command, Verb::mail, 250},
      {State::bdat, Input::command, Verb::mail, 250},         {State::bdat, Input::command, Verb::data, 354},
      {State::rcpt, Input::command, Verb::auth, 334},         {State::mail, Input::command, Verb::auth, 235},
      {State::auth, Input::auth_response, Verb::auth, 250},   {State::data, Input::end_of_data, Verb::data, 354},
      {State::data, Input::command, Verb::noop, 250},         {State::closed, Input::command, Verb::noop, 250},
  };
  for (const Row& row : rows) {
    CAPTURE(name(row.state), static_cast<int>(row.input), name(row.verb), row.code);
    const Transition& found = transition(row.state, row.input, row.verb);
    CHECK_FALSE(permits(found, row.code));
  }
}

TEST_CASE("codes that carry a meaning belong to one command each") {
  for_all([](State state, Input input, Verb verb) {
    const bool command = input == Input::command;
    const Transition& row = transition(state, input, verb);
    CAPTURE(name(state), static_cast<int>(input), name(verb));
    CHECK((!permits(row, 220) || input == Input::connect || (command && verb == Verb::starttls)));
    CHECK((!permits(row, 221) || (command && verb == Verb::quit)));
    CHECK((!permits(row, 334) || input == Input::auth_response || (command && verb == Verb::auth)));
    CHECK((!permits(row, 235) || input == Input::auth_response || (command && verb == Verb::auth)));
    CHECK((!permits(row, 354) || (command && verb == Verb::data)));
    if (command && verb == Verb::data) CHECK_FALSE(permits(row, 250));
    for (const int code : {-1, 0, 100, 199, 260, 299, 300, 460, 560, 600, 999}) CHECK_FALSE(permits(row, code));
    for (const int code : {421, 450, 500, 502, 503, 504, 521, 550, 554, 556}) CHECK(permits(row, code));
  });
}

TEST_CASE("the table has one row for a state and an input, and each row is found") {
  for (const Transition& row : session_table().first(session_table().size() - 1)) {
    CAPTURE(static_cast<int>(row.input), name(row.verb));
    CHECK(row.states != 0);
    for_all([&](State state, Input input, Verb verb) {
      const bool is_it = (row.states & in(state)) != 0 && row.input == input;
      if (is_it && (input != Input::command || row.verb == verb)) CHECK(&transition(state, input, verb) == &row);
    });
  }
}
