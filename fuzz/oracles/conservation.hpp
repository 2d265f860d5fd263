// Conservation of mail: one message delivered for each that was accepted, with its octets, and none besides.
// RFC 5321 sections 6.1 (the responsibility that 250 takes), 4.5.2 and 6.4.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/oracles/oracles.hpp"
#include "harness/record/transcript.hpp"

namespace smtpspec::fuzz {

/// What a session had accepted.
struct AcceptedMail {
  struct Message {
    std::string content;  ///< as sent
    std::size_t recipients = 0;
    std::vector<std::string> paths = {};  ///< of those, as RCPT named them
    /// It begins with a header section and an empty line, and no line of it is one that an mbox quotes.
    bool headed = false;
    /// A header and a body, text lines of ASCII, ended by CRLF and not too long: what every server delivers as sent.
    bool plain = false;
    std::vector<std::string> mailboxes = {};  ///< of the recipients, by name
  };
  std::vector<Message> messages;
  /// False where something else may have been accepted, or would not be known by its token, or where it goes.
  bool known = true;
  bool any_sent = false;  ///< a message was begun
};
/// `mailboxes`: those whose mail comes to where it is looked for.
[[nodiscard]] AcceptedMail accepted_in(const record::Transcript& transcript, const std::vector<std::string>& mailboxes);

/// What is out of the ordinary in a message's octets, in a word: "nul", "bare-cr", "bare-lf", "8bit", "control",
/// "long-line"; or "plain": lines of ASCII that end in CRLF. RFC 5321 sections 2.3.8, 2.4 and 4.5.3.1.6.
[[nodiscard]] std::string_view kind_of_text(std::string_view text);

/// The name of a target's mailbox: its place in the target file, as on another server it may be called otherwise.
[[nodiscard]] std::string mailbox_name(std::size_t place);
/// Of one who is none of them, the path itself.
[[nodiscard]] std::string mailbox_name_of(const std::string& path, const std::vector<std::string>& mailboxes);

/// The token of a play, where a reverse-path bears one; mail from the null reverse-path is no message of ours, but
/// about one.
[[nodiscard]] std::string token_in(std::string_view reverse_path);

/// Mail that has arrived, by the token that it bears; the oldest goes first where there is too much. May be used by
/// several threads.
class ArrivedMail {
 public:
  static constexpr std::size_t most_tokens = 20000;
  static constexpr std::size_t most_octets = std::size_t{48} << 20;

  struct Message {
    std::string content;  ///< as it came, the target's trace header in front
    std::size_t recipients = 0;
    std::string reverse_path = {};
    std::vector<std::string> mailboxes = {};  ///< of the recipients, by name; empty where the road does not tell
  };
  void add(const std::string& reverse_path, Message message);
  [[nodiscard]] std::vector<Message> with(const std::string& token) const;
  /// How many messages of sessions have come in all.
  [[nodiscard]] std::uint64_t total() const {
    const std::lock_guard lock(mutex_);
    return total_;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::vector<Message>> by_token_;
  std::deque<std::string> order_;
  std::size_t octets_ = 0;
  std::uint64_t total_ = 0;
};

/// What was delivered of the sessions of a transcript, for `mailboxes`.
[[nodiscard]] std::vector<ArrivedMail::Message> arrived_in(const record::Transcript& transcript,
                                                           const std::vector<std::string>& mailboxes);

/// Causes of breaches.
inline constexpr std::string_view mail_lost = "mail/lost";
inline constexpr std::string_view mail_doubled = "mail/doubled";
inline constexpr std::string_view mail_changed = "mail/changed";
inline constexpr std::string_view mail_without_250 = "mail/without-250";
inline constexpr std::string_view mail_to_others = "mail/envelope";

/// What is wrong with the number of copies that arrived: one of the first, the second and the last of these causes, or
/// nothing. One each for a recipient may come, or one for all.
[[nodiscard]] std::string_view miscounted(const AcceptedMail& accepted, std::size_t arrived);

/// What this server is known to leave as it was.
struct AsSent {
  bool bodies = false;
  std::set<std::string> mailboxes = {};  ///< by name: what was for such a one alone came for it
};
/// For whom a message was is known, and told by where its mail goes: by these names, each its own, and once.
[[nodiscard]] bool has_envelopes(const AcceptedMail& accepted, const std::set<std::string>& mailboxes);

/// What is wrong with what arrived. `all_came`: long enough was waited for what is missing to count as lost.
[[nodiscard]] std::vector<Breach> breaches_of_mail(const AcceptedMail& accepted,
                                                   const std::vector<ArrivedMail::Message>& arrived, bool all_came,
                                                   const AsSent& as_sent);

}  // namespace smtpspec::fuzz
