#include "harness/cli/words.hpp"

#include <algorithm>

#include "harness/judge/verdict.hpp"
#include "reports/terminal_style.hpp"

namespace smtpspec::cli {

const std::vector<Word>& exit_codes() {
  static const std::vector<Word> all = {
      {"0", "complete, and all is as expected"},
      {"1", "findings; with --strict, warnings too"},
      {"2", "usage, or a file that is not right; nothing was sent"},
      {"3", "the target cannot be tested: not reachable, or it takes no session"},
      {"4", "nothing ran: no scenario was chosen, or each is skipped"},
      {"5", "incomplete, or not to be trusted: too little was decided, or no delivery was seen"},
      {"6", "only the baseline is out of date: something in it is fixed, or of nothing in the suite"},
      {"70", "an error of smtpspec's own"},
      {"74", "a report, or standard output, could not be written"},
      {"128+n", "ended by signal n, after the reports of what ran were written"}};
  return all;
}

const std::vector<Word>& causes() {
  static const std::vector<Word> all = [] {
    std::vector<Word> words;
    for (const auto& [word, meaning] : judge::cause_rows)
      if (!word.empty()) words.push_back({word, meaning});
    return words;
  }();
  return all;
}

const std::vector<Word>& tags() {
  static const std::vector<Word> all = {
      {"8bitmime", "octets above 127 in messages (RFC 6152)"},
      {"auth", "logins (RFC 4954)"},
      {"bdat", "BDAT and its chunks (RFC 3030)"},
      {"binarymime", "messages without lines (RFC 3030)"},
      {"by-broken-upstreams", "smuggling by octets that only a sending server with broken line ends passes on"},
      {"by-conforming-upstreams", "smuggling by octets that a sending server which keeps to the RFCs passes on"},
      {"chunking", "BDAT beside something else"},
      {"delivery", "what is delivered is looked at: the target file must say where"},
      {"disconnect", "the client leaves in the midst of something"},
      {"dsn", "delivery status notifications (RFC 3461)"},
      {"ehlo", "EHLO and HELO, and what EHLO lists"},
      {"enhanced-codes", "enhanced status codes (RFC 2034, RFC 3463)"},
      {"expn", "EXPN"},
      {"extensions", "what EHLO lists, against what is taken"},
      {"greeting", "the first reply of a session"},
      {"help", "HELP"},
      {"large", "messages of a mebibyte and more"},
      {"lengths", "lines, paths and texts as long as they may be, and longer"},
      {"lenient-but-harmless", "odd octets beside the true end of a message; to keep or to mend them harms nobody"},
      {"lmtp", "LMTP (RFC 2033)"},
      {"mail", "MAIL and the reverse-path"},
      {"noop", "NOOP"},
      {"parameters", "parameters of MAIL and RCPT"},
      {"pipelining", "several commands in one segment (RFC 2920)"},
      {"postmaster", "mail for the postmaster"},
      {"quit", "QUIT, and the end of the session"},
      {"rate", "how much one session may do, or get wrong"},
      {"rcpt", "RCPT and the forward-path"},
      {"relay", "mail for others, which must be refused"},
      {"replies", "the form of replies"},
      {"reply-codes", "which code a reply has, and what it means"},
      {"reveals", "which of several permitted things the server does; accuses nobody"},
      {"robustness", "odd input, which must be survived and answered"},
      {"rset", "RSET"},
      {"segments", "how octets are cut into segments makes no difference"},
      {"size", "SIZE, and messages that are too large (RFC 1870)"},
      {"smtputf8", "addresses and header fields in UTF-8 (RFC 6531)"},
      {"smuggling", "octets of one message become another message, or commands"},
      {"starttls", "STARTTLS (RFC 3207)"},
      {"state", "commands in and out of their order"},
      {"syntax", "commands in and out of their grammar"},
      {"timing", "waits for long"},
      {"tls", "under TLS"},
      {"trace", "the trace header that a server puts in front"},
      {"transparency", "leading periods, and octets that must arrive as they are"},
      {"vrfy", "VRFY"},
      {"wrong-login", "logs in wrongly, for which a server may lock the user out: played last"}};
  return all;
}

std::string_view meaning_of_tag(std::string_view tag) {
  const auto found = std::find_if(tags().begin(), tags().end(), [=](const Word& one) { return one.word == tag; });
  return found == tags().end() ? std::string_view() : found->meaning;
}

std::string listed(const std::vector<Word>& words, const reports::TerminalStyle& style) {
  constexpr std::size_t indent = 2;
  constexpr std::size_t gap = 2;
  constexpr std::size_t least = 30;  // for the meaning; else it stands below its word
  std::size_t width = 0;
  for (const Word& one : words) width = std::max(width, one.word.size() + gap);
  const bool beside = style.width >= indent + width + least;
  std::string out;
  for (const Word& one : words) {
    if (!beside) reports::put_field(out, {indent, 0}, "", one.word, style);
    reports::put_field(out, {beside ? indent : 2 * indent, beside ? width : 0}, beside ? one.word : "", one.meaning,
                       style);
  }
  return out;
}

}  // namespace smtpspec::cli
