#include <algorithm>
#include <initializer_list>
#include <iterator>

#include "harness/smtp/char_class.hpp"
#include "harness/smtp/reply_rules.hpp"

namespace smtpspec::smtp {
namespace {

bool is_one_of(int code, std::initializer_list<int> codes) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

/// Where the state is not certain: whether the code is so in some state.
bool is_somewhere(const PendingReply& what, int code, bool (*is_so)(const Transition& row, int code)) {
  const auto rows = session_table();
  return std::any_of(rows.begin(), rows.end(), [&](const Transition& row) {
    return row.input == what.input && (row.input != Input::command || row.verb == what.verb) && is_so(row, code);
  });
}

/// Whether an ordinary success was told by another 2yz than the listed one, yet none that tells the client something
/// else: that the channel closes, that TLS begins, that it is authenticated.
bool is_unlisted_success(const Transition& row, int code) {
  const auto is_ordinary = [](int listed) { return listed / 100 == 2 && !is_one_of(listed, {220, 221, 235}); };
  return is_ordinary(code) && std::any_of(row.codes.begin(), row.codes.end(), is_ordinary);
}

/// A command out of order that was carried out, where no MUST of the RFCs has the server refuse it: DATA without MAIL
/// (RFC 5321 section 3.3, "MAY return"), and MAIL in a transaction, which is to be refused "to the degree that" it
/// cannot be processed (section 4.1.4), and which clears the buffers (section 4.1.1.2).
bool is_out_of_order_alone(State state, const PendingReply& what, int code) {
  if (what.input != Input::command) return false;
  const bool idle = state == State::greeted || state == State::ready;
  return (idle && what.verb == Verb::data && code == 354) ||
         (state != State::connected && what.verb == Verb::mail && code == 250);
}

/// That a command which is not known is refused is a SHOULD (RFC 5321 section 4.2.4).
bool is_unknown_taken(const PendingReply& what, int code) {
  return what.input == Input::command && what.verb == Verb::unknown && code == 250;
}

/// A command that some extension or private agreement defines: its replies are not ours to judge.
bool is_extension(const ServerState& server, const PendingReply& what) {
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
std::string_view mechanism_of(const PendingReply& what) {
  const std::string_view line = what.shown;
  const std::size_t begin = line.find(' ');
  if (begin == line.npos) return {};
  return line.substr(begin + 1, line.find(' ', begin + 1) - begin - 1);
}

/// Whether AUTH names a mechanism that the server lists.
bool names_listed_mechanism(const ServerState& server, const PendingReply& what) {
  const Keyword* const auth = server.ehlo.find("AUTH");
  if (what.verb != Verb::auth || auth == nullptr) return false;
  return std::any_of(auth->parameters.begin(), auth->parameters.end(),
                     [&](const std::string& listed) { return same_word(listed, mechanism_of(what)); });
}

/// An argument that is a String: an atom, or a quoted string (RFC 5321 section 4.1.2).
bool has_string(const PendingReply& what) {
  const std::string_view text = trimmed(std::string_view(what.shown).substr(4), " \t\r\n");
  if (!text.starts_with('"')) return !text.empty() && std::all_of(text.begin(), text.end(), is_atext);
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (text[at] == '"') return at + 1 == text.size();
    if (text[at] == '\\') ++at;
  }
  return false;
}

/// One reply and the command that it answers, held against rule after rule. Each function is false where a MUST was
/// broken; what follows it is not asked then.
class CodeJudge {
 public:
  CodeJudge(Rulings& rulings, const ServerState& server, const PendingReply& what, const Reply& reply)
      : rulings_(rulings), server_(server), what_(what), reply_(reply), code_(reply.code), refused_(code_ >= 400) {}

  bool judge() { return is_extension(server_, what_) || (keeps_word() && keeps_out() && fits_table()); }

 private:
  bool check(Rule rule, bool holds) {
    return rulings_.check(rule, holds, [this] { return seen(); }) || !row_of(rule).must;
  }
  [[nodiscard]] std::string seen() const { return show(reply_.bytes()) + " to " + show(what_.shown); }

  /// Refusals that the RFCs rule out by name. A line that breaks the grammar may always be refused, and so may
  /// everything where the session was.
  bool keeps_word() {
    if (what_.input != Input::command || !what_.well_formed || server_.state == State::connected) return true;
    // 504 says that the mechanism is not known (RFC 4954 section 4).
    if (names_listed_mechanism(server_, what_) && !check(Rule::advertised_mechanism, code_ != 504)) return false;
    if (what_.verb == Verb::noop && has_string(what_)) check(Rule::noop_argument, !is_one_of(code_, {501, 504, 555}));
    return !what_.bare || (is_known() && is_accepted());
  }

  bool is_known() {
    const bool known = code_ != 500 && code_ != 502;
    if (is_required(what_.verb)) return check(Rule::required_command, known);
    const std::string_view keyword = keyword_of(what_.verb);
    // Of a mechanism that it does not know a server may say so by whatever code it has for that.
    if (what_.verb == Verb::auth && !names_listed_mechanism(server_, what_)) return true;
    return keyword.empty() || !server_.offers(keyword) || check(Rule::advertised_command, known);
  }

  bool is_accepted() {
    if (what_.verb == Verb::quit) return check(Rule::quit_accepted, !refused_);
    // 530 and 554: the server asks for TLS, or for better TLS, first (RFC 3207 sections 4 and 4.1).
    // In front of EHLO, 503 SHOULD not come, but may (RFC 5321 section 4.1.4).
    const bool too_early = server_.state == State::greeted && code_ == 503;
    if (what_.verb != Verb::rset || too_early || is_one_of(code_, {530, 554})) return true;
    return check(Rule::rset_accepted, !refused_);
  }

  /// What has to be refused.
  bool keeps_out() {
    if (what_.input != Input::command) return true;
    if (server_.lmtp && (what_.verb == Verb::ehlo || what_.verb == Verb::helo))
      return check(Rule::lmtp_no_ehlo, refused_);
    // A mechanism that is not there may be looked at first.
    if (server_.authenticated && what_.verb == Verb::auth)
      return check(Rule::auth_once, refuses_by_503() || (code_ == 504 && !names_listed_mechanism(server_, what_)));
    const bool no_recipient = server_.lmtp && server_.certain && server_.state == State::mail;
    if (no_recipient && what_.verb == Verb::data && (refused_ || code_ == 354))
      return check(Rule::lmtp_data_refused, refuses_by_503());
    return true;
  }

  /// Or by a temporary code. 530 and 554 ask for TLS, or for better TLS, first, and a line that breaks the grammar has
  /// other codes; nor need white space at its end be tolerated, nor more than 512 octets.
  [[nodiscard]] bool refuses_by_503() const {
    return refused_ && (code_ < 500 || !what_.well_formed || !what_.bare || is_one_of(code_, {503, 530, 554}));
  }

  bool fits_table() {
    if (refused_) {
      rulings_.kept(Rule::permitted_code);
      return true;
    }
    const Transition& row = row_of(server_.state, what_);
    const bool fits = server_.certain ? permits(row, code_) : is_somewhere(what_, code_, permits);
    const bool known_to_be = is_unlisted_success(row, code_) || is_out_of_order_alone(server_.state, what_, code_);
    const bool unlisted = !fits && (is_unknown_taken(what_, code_) ||
                                    (server_.certain ? known_to_be : is_somewhere(what_, code_, is_unlisted_success)));
    const auto listed = [&] {
      return server_.certain ? codes_of(row) + " in state " + std::string(name(server_.state))
                             : std::string(row_of(Rule::permitted_code).asks);
    };
    const auto actual = [this] { return seen(); };
    if (unlisted || (server_.certain && reply_.klass() == 2))
      rulings_.check(Rule::listed_code, !unlisted, actual, listed);
    return rulings_.check(Rule::permitted_code, fits || unlisted, actual, listed);
  }

  Rulings& rulings_;
  const ServerState& server_;
  const PendingReply& what_;
  const Reply& reply_;
  int code_;
  bool refused_;
};

}  // namespace

bool judge_code(Rulings& rulings, const ServerState& server, const PendingReply& what, const Reply& reply) {
  // 421 may answer anything (RFC 5321 section 4.2.2). What is no code, or two, has been found already.
  const bool judged = reply.has(ReplyDefect::code_out_of_range) || reply.has(ReplyDefect::code_changes);
  return judged || reply.code == 421 || CodeJudge(rulings, server, what, reply).judge();
}

}  // namespace smtpspec::smtp
