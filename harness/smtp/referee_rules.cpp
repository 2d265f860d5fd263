#include "harness/smtp/referee_rules.hpp"

#include <iterator>

namespace smtpspec::smtp {
namespace {

constexpr bool must = true;
constexpr bool should = false;

struct Row {
  Rule rule;
  RefereeRule says;
};

constexpr Row rows[] = {
    // The grammar of replies. These hold whatever the client sent.
    {Rule::reply_code, {"rfc5321/4.2/reply-code", "RFC 5321 4.2", must, "every reply line begins with three digits"}},
    {Rule::code_range,
     {"rfc5321/4.2/code-range", "RFC 5321 4.2", must, "the first digit is 2 to 5, the second 0 to 5"}},
    {Rule::separator,
     {"rfc5321/4.2/separator", "RFC 5321 4.2", must, "a space or a hyphen follows the reply code, or the line ends"}},
    {Rule::one_code,
     {"rfc5321/4.2.1/one-code", "RFC 5321 4.2.1", must, "all lines of a multiline reply have the same code"}},
    {Rule::crlf, {"rfc5321/2.3.8/crlf", "RFC 5321 2.3.8", must, "lines end in CRLF"}},
    {Rule::bare_cr, {"rfc5321/2.3.8/bare-cr", "RFC 5321 2.3.8", must, "CR appears as part of CRLF alone"}},
    {Rule::line_length,
     {"rfc5321/4.5.3.1.5/reply-line", "RFC 5321 4.5.3.1.5", should, "a reply line has 512 octets at most, with CRLF"}},
    {Rule::text_octets,
     {"rfc5321/4.2/text-octets", "RFC 5321 4.2", must, "reply text is printable, apart from the horizontal tab"}},
    {Rule::ascii,
     {"rfc5321/4.2/ascii", "RFC 5321 4.2", must, "reply text is ASCII where the client did not ask for SMTPUTF8"}},
    {Rule::whole_reply,
     {"rfc5321/4.2/whole-reply", "RFC 5321 4.2", must, "a reply is sent whole before the connection is closed"}},
    {Rule::bare_code, {"rfc5321/4.2/bare-code", "RFC 5321 4.2", should, "text follows the reply code"}},
    {Rule::greeting_domain,
     {"rfc5321/4.2/greeting-domain", "RFC 5321 4.2", must, "the greeting begins with a domain or an address literal"}},
    {Rule::ehlo_domain,
     {"rfc5321/4.1.1.1/ehlo-domain", "RFC 5321 4.1.1.1", must, "the reply to EHLO begins with a domain"}},
    {Rule::ehlo_keyword,
     {"rfc5321/4.1.1.1/ehlo-keyword", "RFC 5321 4.1.1.1", must, "every further line is a keyword with parameters"}},
    {Rule::keyword_parameters,
     {"rfc5321/4.1.1.1/keyword-parameters", "RFC 5321 4.1.1.1", must,
      "the keyword of an extension has the parameters that its RFC gives it, and no others"}},
    {Rule::keyword_once, {"rfc5321/4.1.1.1/keyword-once", "RFC 5321 4.1.1.1", should, "each keyword is listed once"}},
    {Rule::helo_not_extended,
     {"rfc5321/3.2/helo-not-extended", "RFC 5321 3.2", must, "the reply to HELO lists no extensions"}},

    // One reply each, in order.
    {Rule::one_reply, {"rfc5321/4.2/one-reply", "RFC 5321 4.2", must, "every command generates exactly one reply"}},
    {Rule::reply_in_data,
     {"rfc5321/4.1.1.4/reply-in-data", "RFC 5321 4.1.1.4", must, "no reply comes before CRLF.CRLF ended the data"}},
    {Rule::silent_close,
     {"rfc5321/3.8/silent-close", "RFC 5321 3.8", must,
      "the server does not close the connection without a reply to the command before"}},

    // Which reply to which command.
    {Rule::permitted_code,
     {"rfc5321/4.3.2/permitted-code", "RFC 5321 4.3.2", must,
      "the reply code is one that the command may have in this state"}},
    {Rule::listed_code,
     {"rfc5321/4.3.1/listed-code", "RFC 5321 4.3.1", should, "a success is told by the code listed for the command"}},
    {Rule::required_command,
     {"rfc5321/4.3.2/required-command", "RFC 5321 4.3.2", must,
      "the commands that every server has to know are not answered with 500 or 502"}},
    {Rule::advertised_command,
     {"rfc5321/4.2.4/advertised-command", "RFC 5321 4.2.4", must, "what EHLO lists is not answered with 500 or 502"}},
    {Rule::advertised_mechanism,
     {"rfc4954/3/advertised-mechanism", "RFC 4954 3", must,
      "a mechanism that EHLO lists is not answered with 504, as one that is not known"}},
    {Rule::noop_argument,
     {"rfc5321/4.1.1.9/noop-argument", "RFC 5321 4.1.1.9", should, "a parameter of NOOP is ignored"}},
    {Rule::rset_accepted, {"rfc5321/4.1.1.5/rset-250", "RFC 5321 4.1.1.5", must, "RSET is answered with 250"}},
    {Rule::quit_accepted, {"rfc5321/4.1.1.10/quit-221", "RFC 5321 4.1.1.10", must, "QUIT is answered with 221"}},
    {Rule::quit_closes,
     {"rfc5321/4.1.1.10/quit-closes", "RFC 5321 4.1.1.10", must, "nothing follows the 221 reply to QUIT"}},
    {Rule::no_starttls_in_tls,
     {"rfc3207/4.2/no-starttls-in-tls", "RFC 3207 4.2", must, "STARTTLS is not offered once TLS is active"}},
    {Rule::utf8_with_8bitmime,
     {"rfc6531/3.1/with-8bitmime", "RFC 6531 3.1", must, "who offers SMTPUTF8 announces 8BITMIME"}},
    {Rule::binary_with_chunking,
     {"rfc3030/3/with-chunking", "RFC 3030 3", must, "who offers BINARYMIME offers CHUNKING"}},

    // Enhanced codes, where ENHANCEDSTATUSCODES is advertised.
    {Rule::enhanced_present,
     {"rfc2034/4/present", "RFC 2034 4", must,
      "an enhanced code begins every 2yz, 4yz and 5yz line but those of the greeting, EHLO and HELO"}},
    {Rule::enhanced_class,
     {"rfc2034/4/class", "RFC 2034 4", must, "the class of the enhanced code is the first digit of the reply code"}},
    {Rule::enhanced_same,
     {"rfc2034/4/same-on-each-line", "RFC 2034 4", must, "each line of a reply has the same enhanced code"}},
    {Rule::enhanced_absent,
     {"rfc2034/4/absent", "RFC 2034 4", should, "a 3yz reply has no enhanced code, since no class agrees with it"}},

    // Further extensions.
    {Rule::reply_after_chunk,
     {"rfc3030/2/reply-after-chunk", "RFC 3030 2", must, "BDAT is answered after its chunk was received"}},
    {Rule::challenge_base64,
     {"rfc4954/4/challenge", "RFC 4954 4", must, "334 is followed by a space and base64, and nothing else"}},
    {Rule::auth_once,
     {"rfc4954/4/auth-once", "RFC 4954 4", must, "after a successful AUTH a further one is answered with 503"}},
    {Rule::lmtp_no_ehlo, {"rfc2033/4.1/no-ehlo", "RFC 2033 4.1", must, "LMTP does not accept EHLO or HELO"}},
    {Rule::lmtp_data_refused,
     {"rfc2033/4.2/data-without-recipient", "RFC 2033 4.2", must,
      "LMTP answers DATA with 503 where no recipient was accepted"}},
};

constexpr bool in_order() {
  for (std::size_t row = 0; row < std::size(rows); ++row) {
    if (rows[row].rule != static_cast<Rule>(row)) return false;
  }
  return true;
}
static_assert(in_order() && std::size(rows) == static_cast<std::size_t>(Rule::lmtp_data_refused) + 1);

}  // namespace

const std::vector<RefereeRule>& referee_rules() {
  static const std::vector<RefereeRule> all = [] {
    std::vector<RefereeRule> said;
    for (const Row& row : rows) said.push_back(row.says);
    return said;
  }();
  return all;
}

const RefereeRule& rule(Rule rule) { return rows[static_cast<std::size_t>(rule)].says; }

std::optional<Rule> rule_of(ReplyDefect defect) {
  switch (defect) {
    case ReplyDefect::no_code: return Rule::reply_code;
    case ReplyDefect::code_out_of_range: return Rule::code_range;
    case ReplyDefect::bad_separator: return Rule::separator;
    case ReplyDefect::code_changes: return Rule::one_code;
    case ReplyDefect::line_ends_in_lf: return Rule::crlf;
    case ReplyDefect::bare_cr: return Rule::bare_cr;
    case ReplyDefect::line_too_long: return Rule::line_length;
    case ReplyDefect::control_character: return Rule::text_octets;
    case ReplyDefect::eight_bit: return Rule::ascii;
    case ReplyDefect::cut_short: return Rule::whole_reply;
    case ReplyDefect::too_many_lines: break;
  }
  return std::nullopt;
}

}  // namespace smtpspec::smtp
