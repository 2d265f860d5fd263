// Invariant: the reference server says the same and takes the same messages however its octets are cut; what it says is
// bounded, and the referee, who watches every other input, finds nothing in it.
//
// Input: an octet that chooses the settings, then what the client says. SYN (0x16), with which TLS handshakes begin, is
// the handshake where the server waits for one.
#include <algorithm>
#include <string>
#include <vector>

#include "fuzz/require.hpp"
#include "harness/reference/session.hpp"
#include "harness/smtp/referee.hpp"

using namespace smtpspec::fuzz;
using namespace smtpspec::reference;
using smtpspec::smtp::Referee;

namespace {

constexpr char handshake = '\x16';

Settings settings_of(char choice) {
  Settings settings;
  settings.lmtp = choice == 'L';
  settings.final_delivery = choice == 'L';
  settings.submission = choice == 'S';
  if (choice == 'S' || choice == 'A') settings.users = {{"tim", "tanstaaf"}};
  settings.accept_every_recipient = choice == 'E';
  settings.starttls = choice != 'N';
  settings.chunking = choice != 'N';
  if (choice == 'N') settings.max_message = 64;
  if (choice == 'N') settings.max_recipients = settings.max_mails = settings.max_hops = 2;
  return settings;
}

struct Said {
  std::string replies;
  std::vector<Accepted> messages;
  Session::Want want = Session::Want::octets;
};

/// Drives the session as a server does.
class Driver {
 public:
  Driver(const Settings& settings, bool under_tls, Referee* referee)
      : session_(settings, under_tls),
        referee_(referee),
        under_tls_(under_tls),
        refuses_(settings.accept_every_recipient) {
    say();
  }

  void receive(std::string_view octets) {
    if (session_.want() != Session::Want::octets) return;
    if (referee_ != nullptr) referee_->sent(octets);
    session_.receive(octets);
    while (session_.want() == Session::Want::deliver) deliver();
    say();
  }
  /// False where none is waited for.
  bool shake_hands() {
    if (session_.want() != Session::Want::tls) return false;
    session_.tls_started();
    under_tls_ = true;
    if (referee_ != nullptr) referee_->tls_started();
    say();
    return true;
  }
  Said end() {
    said_.want = session_.want();
    if (referee_ != nullptr && said_.want == Session::Want::close) close();
    session_.peer_closed();
    return std::move(said_);
  }

 private:
  void say() {
    const std::string output = session_.take_output();
    if (referee_ != nullptr) referee_->received(output);
    said_.replies += output;
  }
  void close() {
    if (under_tls_ && session_.says_close_notify())
      referee_->tls_ended();
    else
      referee_->closed();
  }
  void deliver() {
    said_.messages.push_back(session_.accepted());
    std::vector<bool> success(session_.accepted().recipients.size(), true);
    if (refuses_ && said_.messages.size() % 3 == 2 && !success.empty()) success.front() = false;
    session_.delivered(success);
  }

  Session session_;
  Referee* referee_;
  bool under_tls_;
  bool refuses_;  ///< a delivery now and then
  Said said_;
};

Said talk(Driver driver, std::string_view input, bool cut) {
  while (!input.empty()) {
    const std::string_view flight = input.substr(0, input.find(handshake));
    input.remove_prefix(flight.size());
    if (cut)
      for (Pieces pieces(flight); !pieces.done();) driver.receive(pieces.next());
    else if (!flight.empty())
      driver.receive(flight);
    if (input.empty()) break;
    if (!driver.shake_hands()) driver.receive(input.substr(0, 1));
    input.remove_prefix(1);
  }
  return driver.end();
}

/// A challenge holds what nobody can foretell.
std::string without_challenges(const std::string& replies) {
  if (replies.find("334 ") == replies.npos) return replies;
  std::string text;
  for (std::size_t at = 0, end = 0; at < replies.size(); at = end) {
    end = std::min(replies.find('\n', at), replies.size() - 1) + 1;
    text += replies.compare(at, 4, "334 ") == 0 ? "334\n" : replies.substr(at, end - at);
  }
  return text;
}

bool same(const Accepted& plain, const Accepted& traced) {
  const auto same_recipient = [](const Accepted::Recipient& a, const Accepted::Recipient& b) {
    return a.forward_path == b.forward_path && a.parameters == b.parameters;
  };
  return plain.reverse_path == traced.reverse_path && plain.mail_parameters == traced.mail_parameters &&
         std::equal(plain.recipients.begin(), plain.recipients.end(), traced.recipients.begin(),
                    traced.recipients.end(), same_recipient) &&
         traced.message.ends_with(plain.message) && traced.message.starts_with("Re");
}

void report(const Referee& referee) {
  for (const auto& violation : referee.violations())
    std::fprintf(stderr, "rule %d: %s, but: %s\n", static_cast<int>(violation.rule), violation.expected.c_str(),
                 violation.actual.c_str());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input = octets_of(data, size);
  const char choice = input.empty() ? '\0' : input.front();
  input.remove_prefix(std::min<std::size_t>(input.size(), 1));
  Settings settings = settings_of(choice);
  Referee referee(settings.lmtp);
  if (choice == 'T') referee.tls_started();
  const bool watched = Draw(input).below(2) == 0;
  const Said traced = talk(Driver(settings, choice == 'T', watched ? &referee : nullptr), input, true);
  settings.trace_header = false;
  const Said whole = talk(Driver(settings, choice == 'T', nullptr), input, false);

  require(without_challenges(traced.replies) == without_challenges(whole.replies),
          "the replies do not depend on the cuts");
  require(traced.want == whole.want, "what is waited for does not depend on the cuts");
  require(
      std::equal(whole.messages.begin(), whole.messages.end(), traced.messages.begin(), traced.messages.end(), same),
      "the messages do not depend on the cuts");
  const auto lines = static_cast<std::size_t>(std::count(input.begin(), input.end(), '\n'));
  require(whole.replies.size() <= 512 * (lines + 2) * 2, "the replies are bounded");
  if (!referee.violations().empty()) report(referee);
  require(referee.violations().empty(), "the reference server keeps to the rules");
  return 0;
}
