// Plays a client's octets against a session in memory. For tests alone.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "harness/reference/session.hpp"
#include "harness/smtp/enhanced_code.hpp"
#include "harness/smtp/escape.hpp"
#include "harness/smtp/reply.hpp"

namespace smtpspec::reference {

/// What came of a dialogue.
struct Played {
  std::string replies;
  std::vector<Accepted> messages;
  bool closed = false;
  bool says_close_notify = true;
  std::uint64_t patience_ms = 0;
};

/// A session and whoever drives it: handshakes succeed at once, and every message is delivered unless `fail` says so.
class Player {
 public:
  explicit Player(const Settings& settings, const Faults& faults = {}, bool under_tls = false)
      : session_(settings, faults, under_tls) {
    settle();
  }

  /// Gives the octets in pieces of this many octets, 0 for all at once. What stands after STARTTLS in the same segment
  /// never reaches a session that waits for the handshake.
  void send(std::string_view octets, std::size_t piece) {
    while (!octets.empty() && !played_.closed) {
      const std::size_t size = piece == 0 ? octets.size() : std::min(piece, octets.size());
      session_.receive(octets.substr(0, size));
      octets.remove_prefix(size);
      if (session_.want() == Session::Want::tls) octets = {};
      settle();
    }
  }
  void hang_up() {
    session_.peer_closed();
    settle();
  }
  void end_tls() {
    session_.tls_ended();
    settle();
  }
  /// As if the handshake that STARTTLS began had gone wrong.
  void fail_handshake() {
    session_.tls_failed();
    settle();
  }
  void fail(std::vector<bool> success) { success_ = std::move(success); }
  void time_out() {
    session_.timed_out();
    settle();
  }
  [[nodiscard]] Played& played() {
    played_.patience_ms = session_.patience_ms();
    played_.says_close_notify = session_.says_close_notify();
    return played_;
  }

 private:
  void settle() {
    for (;;) {
      played_.replies += session_.take_output();
      switch (session_.want()) {
        case Session::Want::octets: return;
        case Session::Want::close: played_.closed = true; return;
        case Session::Want::tls: session_.tls_started(); break;
        case Session::Want::deliver:
          if (played_.messages.size() > 100) return;
          played_.messages.push_back(session_.accepted());
          session_.delivered(success_.empty() ? std::vector<bool>(session_.accepted().recipients.size(), true)
                                              : success_);
          break;
      }
    }
  }

  Session session_;
  Played played_;
  std::vector<bool> success_;
};

/// "250/2.1.0 354 553/5.6.7": the replies in short; what is wrong with one stands after it.
inline std::string codes_of(std::string_view replies) {
  smtp::ReplyParser parser;
  parser.feed(replies);
  parser.finish();
  std::string text;
  while (const auto reply = parser.next()) {
    if (!text.empty()) text += ' ';
    text += std::to_string(reply->code);
    const auto enhanced = smtp::leading_enhanced_code(reply->lines.back().text());
    if (enhanced) text += "/" + smtp::to_string(*enhanced);
    for (const smtp::ReplyDefect defect : reply->defects.all()) text += fmt::format("!{}", smtp::name(defect));
  }
  return text;
}

/// Everything of it as text, to be compared.
inline std::string describe(const Played& played) {
  std::string text = smtp::escape(played.replies) + "\n";
  for (const Accepted& mail : played.messages) {
    const auto add = [&](const std::string& path, const std::vector<smtp::Parameter>& parameters) {
      text += path;
      for (const auto& one : parameters) text += " " + one.keyword + (one.value ? "=" + *one.value : "");
    };
    add("message from <" + mail.reverse_path + ">", mail.mail_parameters);
    for (const Accepted::Recipient& to : mail.recipients) add(" to <" + to.forward_path + ">", to.parameters);
    text += ": " + smtp::escape(mail.message) + "\n";
  }
  return text + fmt::format("{}, patience {}{}\n", played.closed ? "closed" : "open", played.patience_ms,
                            played.says_close_notify ? "" : ", without close_notify");
}

}  // namespace smtpspec::reference
