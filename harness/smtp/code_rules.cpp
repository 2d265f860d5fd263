#include "harness/smtp/code_rules.hpp"

#include <algorithm>
#include <initializer_list>
#include <iterator>

#include "harness/smtp/octets.hpp"

namespace smtpspec::smtp {
namespace {

bool is_one_of(int code, std::initializer_list<int> codes) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

/// Where the state is not certain: whether some state permits the code.
bool is_permitted_somewhere(const Owed& what, int code) {
  const auto rows = session_table();
  return std::any_of(rows.begin(), rows.end(), [&](const Transition& row) {
    return row.input == what.input && (row.input != Input::command || row.verb == what.verb) && permits(row, code);
  });
}

/// Whether an ordinary success was told by another 2yz than the listed one, yet none that tells the client something
/// else: that the channel closes, that TLS begins, that it is authenticated.
bool is_unlisted_success(const Transition& row, int code) {
  const auto is_ordinary = [](int listed) { return listed / 100 == 2 && !is_one_of(listed, {220, 221, 235}); };
  return is_ordinary(code) && std::any_of(row.codes.begin(), row.codes.end(), is_ordinary);
}

/// A command that some extension or private agreement defines: its replies are not ours to judge.
bool is_extension(const ServerHalf& server, const Owed& what) {
  if (what.input != Input::command) return false;
  if (what.verb == Verb::lhlo) return !server.lmtp;
  if (what.verb != Verb::unknown) return false;
  constexpr std::string_view known[] = {"ETRN", "ATRN", "TURN", "SEND", "SOML", "SAML", "BURL", "VERB", "ONEX"};
  return what.word.starts_with('X') || server.offers(what.word) ||
         std::find(std::begin(known), std::end(known), what.word) != std::end(known);
}

/// The EHLO keyword that announces a command.
std::string_view keyword_of(Verb verb) {
  switch (verb) {
    case Verb::starttls: return "STARTTLS";
    case Verb::auth: return "AUTH";
    case Verb::bdat: return "CHUNKING";
    case Verb::help: return "HELP";
    case Verb::expn: return "EXPN";
    case Verb::vrfy: return "VRFY";
    default: return "";
  }
}

bool is_required(Verb verb) {
  return verb == Verb::mail || verb == Verb::rcpt || verb == Verb::data || verb == Verb::rset || verb == Verb::noop ||
         verb == Verb::quit;
}

std::string codes_of(const Transition& row) {
  std::string text;
  for (const int code : row.codes) text += std::to_string(code) + ", ";
  return text + "4yz or 5yz";
}

/// "SCRAM-SHA-1" of "AUTH SCRAM-SHA-1 ...".
std::string_view mechanism_of(const Owed& what) {
  const std::string_view line = what.shown;
  const std::size_t begin = line.find(' ');
  if (begin == line.npos) return {};
  return line.substr(begin + 1, line.find(' ', begin + 1) - begin - 1);
}

/// Whether the server said by 504 that it does not know a mechanism that it lists (RFC 4954 sections 3 and 4).
bool denies_mechanism(const ServerHalf& server, const Owed& what) {
  const Keyword* const auth = server.ehlo.find("AUTH");
  if (what.verb != Verb::auth || auth == nullptr) return false;
  return std::any_of(auth->parameters.begin(), auth->parameters.end(),
                     [&](const std::string& listed) { return same_word(listed, mechanism_of(what)); });
}

bool has_argument(const Owed& what) { return what.shown.find_first_not_of(" \t", 4) != std::string::npos; }

/// Refusals that the RFCs rule out by name. A line that breaks the grammar may always be refused, and so may everything
/// where the session was.
std::optional<Rule> judge_refusal(const ServerHalf& server, const Owed& what, int code) {
  if (what.input != Input::command || !what.well_formed || server.state == State::connected) return std::nullopt;
  if (code == 504 && denies_mechanism(server, what)) return Rule::advertised_mechanism;
  const bool for_its_argument = is_one_of(code, {501, 504, 555}) && has_argument(what);
  if (what.verb == Verb::noop && for_its_argument) return Rule::noop_argument;
  if (!what.bare) return std::nullopt;
  if (code == 500 || code == 502) {
    if (is_required(what.verb)) return Rule::required_command;
    const std::string_view keyword = keyword_of(what.verb);
    if (!keyword.empty() && server.offers(keyword)) return Rule::advertised_command;
  }
  // 530 and 554: the server asks for TLS, or for better TLS, first (RFC 3207 sections 4 and 4.1).
  // In front of EHLO, 503 SHOULD not come, but may (RFC 5321 section 4.1.4).
  const bool too_early = server.state == State::greeted && code == 503;
  if (what.verb == Verb::rset && !too_early && !is_one_of(code, {530, 554})) return Rule::rset_accepted;
  if (what.verb == Verb::quit) return Rule::quit_accepted;
  return std::nullopt;
}

std::optional<Rule> judge_acceptance(const ServerHalf& server, const Owed& what, int code) {
  if (is_extension(server, what)) return std::nullopt;
  if (what.input == Input::command) {
    if (server.lmtp && (what.verb == Verb::ehlo || what.verb == Verb::helo)) return Rule::lmtp_no_ehlo;
    if (server.authenticated && what.verb == Verb::auth) return Rule::auth_once;
    const bool no_recipient = server.lmtp && server.certain && server.state == State::mail;
    if (no_recipient && what.verb == Verb::data && code == 354) return Rule::lmtp_data_refused;
  }
  const Transition& row = row_of(server.state, what);
  if (server.certain ? permits(row, code) : is_permitted_somewhere(what, code)) return std::nullopt;
  return server.certain && is_unlisted_success(row, code) ? Rule::listed_code : Rule::permitted_code;
}

}  // namespace

std::vector<Finding> judge_code(const ServerHalf& server, const Owed& what, const Reply& reply) {
  // 421 may answer anything (RFC 5321 section 4.2.2). What is no code, or two, has been found already.
  const bool judged = reply.has(ReplyDefect::code_out_of_range) || reply.has(ReplyDefect::code_changes);
  if (judged || reply.code == 421) return {};
  const bool refused = reply.klass() >= 4;
  const auto broken = refused ? judge_refusal(server, what, reply.code) : judge_acceptance(server, what, reply.code);
  if (!broken) return {};
  Finding finding{*broken, show(reply.bytes()) + " to " + show(what.shown), ""};
  const bool by_table = *broken == Rule::permitted_code || *broken == Rule::listed_code;
  if (by_table && server.certain) {
    finding.expected = codes_of(row_of(server.state, what)) + " in state " + std::string(name(server.state));
  }
  return {finding};
}

}  // namespace smtpspec::smtp
