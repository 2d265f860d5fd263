#include "fuzz/oracles/conservation.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <re2/re2.h>

#include "harness/judge/referee_report.hpp"
#include "harness/record/trace.hpp"
#include "harness/smtp/char_class.hpp"
#include "harness/smtp/escape.hpp"

namespace smtpspec::fuzz {

namespace {

using smtp::Input;
using smtp::Verb;

/// What is no header section, fields alone and an empty line, a server may mend (RFC 5322 section 2.1). In an mbox a
/// line with "From " is told from one that was quoted there by luck alone.
bool is_headed(std::string_view content) {
  static const RE2 header("^(?:[!-9;-~]+:[^\r\n]*\r\n(?:[ \t]+[^ \t\r\n][^\r\n]*\r\n)*)+\r\n");
  static const RE2 from_line("(?m)^>*From ");
  const re2::StringPiece text(content.data(), content.size());
  return !RE2::PartialMatch(text, from_line) && RE2::PartialMatch(text, header);
}

/// So many Received fields that a server may take it for one that goes in circles, and send it back: RFC 5321 section
/// 6.3. A hundred is only what the threshold SHOULD be.
bool may_go_in_circles(std::string_view content) {
  constexpr int fewest = 20;
  static const RE2 received("(?im)^Received[ \t]*:");
  re2::StringPiece rest(content.data(), content.size());
  int fields = 0;
  while (RE2::FindAndConsume(&rest, received)) ++fields;
  return fields >= fewest;
}

/// A message that its sender would rather have back than late or in clear text, or late rather than now: REQUIRETLS
/// (RFC 8689), BY (RFC 2852), HOLDFOR and HOLDUNTIL (RFC 4865).
bool asks_to_keep(const std::string& mail) {
  static const RE2 parameter("(?i) (?:REQUIRETLS|BY=|HOLDFOR=|HOLDUNTIL=)");
  return RE2::PartialMatch(mail, parameter);
}

bool is_plain(std::string_view content) {
  return is_headed(content) && content.ends_with("\r\n") && kind_of_text(content) == "plain";
}

/// One session's messages, as its replies accept them.
class Accepting {
 public:
  Accepting(AcceptedMail& out, const record::Transcript& transcript, const std::vector<std::string>& mailboxes)
      : out_(out), token_(transcript.token), lmtp_(transcript.terms.lmtp), mailboxes_(mailboxes) {}

  void take(const smtp::Answer& answer) {
    const bool success = answer.reply.klass() == 2;
    const bool ends = answer.input == Input::end_of_data;
    if (ends || answer.verb == Verb::bdat) return take_message(answer, ends, success);
    if (answer.input != Input::command || !success) return;
    if (answer.verb == Verb::rcpt) take_recipient(answer.said);
    if (answer.verb == Verb::mail || answer.verb == Verb::rset || answer.verb == Verb::ehlo ||
        answer.verb == Verb::helo || answer.verb == Verb::lhlo) {
      nested_ = nested_ || (answer.verb == Verb::mail && recipients_ > 0);
      begin();
    }
    if (answer.verb != Verb::mail) return;
    may_be_kept_ = asks_to_keep(answer.said);
    marked_ = answer.said.substr(0, answer.said.find('>')).find(token_) != std::string::npos;
  }

 private:
  /// Who reads "RCPT TO:<Postmaster> <alice@example.test>" as a path has his own mind about whose it is.
  void take_recipient(const std::string& said) {
    static const RE2 form("(?i)RCPT TO: ?<([^<>]*)>(?: [^<>]*)?\\s*");
    std::string path;
    const bool is_plain = RE2::FullMatch(said, form, &path);
    const auto ours = is_plain ? std::find(mailboxes_.begin(), mailboxes_.end(), path) : mailboxes_.end();
    if (ours == mailboxes_.end()) return void(++others_);
    ++recipients_;
    names_.push_back(mailbox_name(static_cast<std::size_t>(ours - mailboxes_.begin())));
    paths_.push_back(said.substr(std::min(said.find('<'), said.size())));
    paths_.back().resize(std::min(paths_.back().find('>'), paths_.back().size()));
  }

  void accept(const std::string& content, std::size_t recipients) {
    // For nobody, so that nothing is due; a MAIL within a transaction may have kept its recipients.
    if (recipients == 0) return void(out_.known = out_.known && !nested_);
    if (may_be_kept_ || may_go_in_circles(content)) out_.known = false;
    out_.messages.push_back({content, recipients, paths_, is_headed(content), is_plain(content), names_});
  }

  void begin() {
    recipients_ = others_ = 0;
    paths_.clear();
    names_.clear();
    marked_ = false;
    chunks_.clear();
    lost_ = false;
    replies_ = taken_ = 0;
  }

  void take_message(const smtp::Answer& answer, bool ends, bool success) {
    out_.any_sent = true;
    const bool chunk = answer.verb == Verb::bdat;
    // What becomes of a transaction of which a chunk was refused is not said (RFC 3030 section 2).
    if (answer.cut || (chunk && !success && !chunks_.empty())) out_.known = false;
    if (lmtp_ && ends) return take_one_recipient(answer, success);
    if (!success) return ends ? begin() : void(lost_ = true);
    if (lost_ || (ends && (!marked_ || others_ > 0))) out_.known = false;
    if (chunk) chunks_ += answer.message;
    if (!ends) return;
    accept(chunk ? chunks_ : answer.message, recipients_);
    begin();
  }

  /// RFC 2033 section 4.2: a reply each for the recipients that were accepted; each takes the message or refuses it.
  void take_one_recipient(const smtp::Answer& answer, bool success) {
    taken_ += success ? 1 : 0;
    if (++replies_ < recipients_ + others_) return;
    // Whose refusal came with others' success may have got it all the same: the client is to try again.
    const bool all_or_none = taken_ == 0 || taken_ == replies_;
    if (lost_ || !marked_ || others_ > 0 || !all_or_none) out_.known = false;
    if (answer.verb == Verb::bdat) chunks_ += answer.message;
    if (taken_ > 0) accept(answer.verb == Verb::bdat ? chunks_ : answer.message, taken_);
    begin();
  }

  AcceptedMail& out_;
  const std::string& token_;
  bool lmtp_;
  const std::vector<std::string>& mailboxes_;
  bool may_be_kept_ = false;  ///< as its sender asks
  bool marked_ = false;       ///< by the token in its reverse-path
  bool nested_ = false;       ///< a MAIL within a transaction was taken
  std::size_t recipients_ = 0;
  std::vector<std::string> paths_;  ///< of these
  std::vector<std::string> names_;  ///< of their mailboxes
  std::size_t others_ = 0;
  std::size_t replies_ = 0;  ///< to this end of data, in LMTP
  std::size_t taken_ = 0;    ///< of these, how many took the message
  std::string chunks_;
  bool lost_ = false;
};

/// Where one arrived that has the body of the message.
bool has_body(const ArrivedMail::Message& arrived, std::string_view sent) {
  return record::part(arrived.content).body == record::part(sent).body;
}

std::string shown(std::string_view octets) {
  constexpr std::size_t most = 120;
  return "'" + smtp::escape(octets.substr(0, most)) + (octets.size() > most ? "' ..." : "'");
}

std::size_t recipients_of(const AcceptedMail& accepted) {
  std::size_t all = 0;
  for (const AcceptedMail::Message& one : accepted.messages) all += one.recipients;
  return all;
}

/// RFC 5321 section 6.1: for each recipient that was accepted, and for nobody else.
std::optional<Breach> to_others(const AcceptedMail& accepted, const std::vector<ArrivedMail::Message>& arrived,
                                bool all_came) {
  std::multiset<std::string> due;
  for (const AcceptedMail::Message& one : accepted.messages) due.insert(one.mailboxes.begin(), one.mailboxes.end());
  std::multiset<std::string> came;
  for (const ArrivedMail::Message& one : arrived) {
    if (one.mailboxes.empty()) return std::nullopt;
    const std::set<std::string> distinct(one.mailboxes.begin(), one.mailboxes.end());
    came.insert(distinct.begin(), distinct.end());
  }
  const bool is_too_much = !std::includes(due.begin(), due.end(), came.begin(), came.end());
  const bool is_missing = !std::includes(came.begin(), came.end(), due.begin(), due.end());
  if (!is_too_much && !(is_missing && all_came)) return std::nullopt;
  return Breach{
      "delivered", std::string(mail_to_others),
      fmt::format("delivered for each recipient that was accepted, and for nobody else: {}", fmt::join(due, ", ")),
      fmt::format("delivered for {}", fmt::join(came, ", "))};
}

}  // namespace

std::string_view kind_of_text(std::string_view text) {
  constexpr std::size_t longest_line = 998;
  std::string_view kind = "plain";
  std::size_t column = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char octet = text[i];
    if (octet == '\0') return "nul";
    if (octet == '\n') return "bare-lf";
    if (octet == '\r') {
      if (i + 1 == text.size() || text[++i] != '\n') return "bare-cr";
      column = 0;
      continue;
    }
    ++column;
    if (smtp::is_eight_bit(octet)) kind = "8bit";
    if (kind == "plain" && smtp::is_control(octet) && octet != '\t') kind = "control";
    if (kind == "plain" && column > longest_line) kind = "long-line";
  }
  return kind;
}

std::string mailbox_name(std::size_t place) { return fmt::format("mailbox {}", place + 1); }

std::string mailbox_name_of(const std::string& path, const std::vector<std::string>& mailboxes) {
  const auto found = std::find(mailboxes.begin(), mailboxes.end(), path);
  return found == mailboxes.end() ? "<" + path + ">"
                                  : mailbox_name(static_cast<std::size_t>(found - mailboxes.begin()));
}

AcceptedMail accepted_in(const record::Transcript& transcript, const std::vector<std::string>& mailboxes) {
  AcceptedMail out;
  for (std::size_t session = 0; session < transcript.sessions.size(); ++session) {
    Accepting accepting(out, transcript, mailboxes);
    const smtp::Referee referee =
        judge::watched(transcript, session, [&](const smtp::Answer& answer) { accepting.take(answer); });
    out.known = out.known && referee.order_is_known() && referee.all_told() && referee.owed() == 0;
  }
  return out;
}

std::string token_in(std::string_view reverse_path) {
  static const RE2 form("(t[0-9a-f]{16})");
  std::string token;
  (void)RE2::PartialMatch(re2::StringPiece(reverse_path.data(), reverse_path.size()), form, &token);
  return token;
}

void ArrivedMail::add(const std::string& reverse_path, Message message) {
  const std::string token = token_in(reverse_path);
  if (token.empty()) return;
  const std::lock_guard lock(mutex_);
  ++total_;
  auto& known = by_token_[token];
  if (known.empty()) order_.push_back(token);
  octets_ += message.content.size();
  known.push_back(std::move(message));
  while (order_.size() > most_tokens || (octets_ > most_octets && order_.size() > 1)) {
    const auto oldest = by_token_.find(order_.front());
    order_.pop_front();
    for (const Message& one : oldest->second) octets_ -= one.content.size();
    by_token_.erase(oldest);
  }
}

std::vector<ArrivedMail::Message> ArrivedMail::with(const std::string& token) const {
  const std::lock_guard lock(mutex_);
  const auto found = by_token_.find(token);
  return found == by_token_.end() ? std::vector<Message>() : found->second;
}

std::vector<ArrivedMail::Message> arrived_in(const record::Transcript& transcript,
                                             const std::vector<std::string>& mailboxes) {
  std::vector<ArrivedMail::Message> arrived;
  for (const record::Delivery& one : transcript.deliveries) {
    arrived.push_back({one.message, one.recipients ? one.recipients->size() : 1});
    for (const auto& recipient : one.recipients.value_or(std::vector<record::Delivery::Recipient>()))
      arrived.back().mailboxes.push_back(mailbox_name_of(recipient.forward_path, mailboxes));
  }
  return arrived;
}

std::string_view miscounted(const AcceptedMail& accepted, std::size_t arrived) {
  if (arrived < accepted.messages.size()) return mail_lost;
  if (arrived <= recipients_of(accepted)) return {};
  return accepted.messages.empty() ? mail_without_250 : mail_doubled;
}

bool has_envelopes(const AcceptedMail& accepted, const std::set<std::string>& mailboxes) {
  return std::all_of(accepted.messages.begin(), accepted.messages.end(), [&](const AcceptedMail::Message& one) {
    const std::set<std::string> names(one.mailboxes.begin(), one.mailboxes.end());
    return names.size() == one.recipients &&
           std::includes(mailboxes.begin(), mailboxes.end(), names.begin(), names.end());
  });
}

std::vector<Breach> breaches_of_mail(const AcceptedMail& accepted, const std::vector<ArrivedMail::Message>& arrived,
                                     bool all_came, const AsSent& as_sent) {
  std::vector<Breach> all;
  if (!accepted.known) return all;
  const auto add = [&](std::string_view cause, std::string expected, std::string actual) {
    all.push_back({"delivered", std::string(cause), std::move(expected), std::move(actual)});
  };
  const std::string_view cause = miscounted(accepted, arrived.size());
  if (cause == mail_without_250)
    add(cause, "no message delivered where none was accepted", shown(arrived.front().content));
  if (cause == mail_doubled)
    add(cause, "each message delivered once to each recipient",
        fmt::format("{} copies for {} recipients", arrived.size(), recipients_of(accepted)));
  if (cause == mail_lost && all_came)
    add(cause, "each message that was accepted is delivered",
        fmt::format("{} accepted, {} delivered", accepted.messages.size(), arrived.size()));
  if (all.empty() && has_envelopes(accepted, as_sent.mailboxes))
    if (auto breach = to_others(accepted, arrived, all_came)) all.push_back(*std::move(breach));
  const bool plain =
      std::all_of(accepted.messages.begin(), accepted.messages.end(), [](const auto& one) { return one.plain; });
  if (!as_sent.bodies || !plain || !all.empty()) return all;
  for (const ArrivedMail::Message& one : arrived) {
    const auto is_it = [&](const AcceptedMail::Message& sent) { return has_body(one, sent.content); };
    if (std::any_of(accepted.messages.begin(), accepted.messages.end(), is_it)) continue;
    add(mail_changed, "the body of a message as it was sent", "delivered: " + shown(record::part(one.content).body));
    break;
  }
  return all;
}

}  // namespace smtpspec::fuzz
