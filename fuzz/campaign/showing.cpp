#include "fuzz/campaign/showing.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <utility>

#include "fuzz/campaign/campaign_folder.hpp"
#include "fuzz/campaign/delivered_pair.hpp"
#include "fuzz/campaign/seeds.hpp"
#include "fuzz/session/session_input.hpp"

namespace smtpspec::fuzz {

std::string_view missing_for(std::string_view cause, const Sight& sight) {
  const bool of_two = Pairs::are_of_two_servers(cause);
  if (of_two && sight.other == nullptr) return "the other server (--against)";
  if (is_incident(cause) && !sight.happened) return "a server that the target file starts ([server] start)";
  const bool of_mail = is_of_delivered(cause) || file_name(cause).starts_with("mail-");
  if (of_mail && (sight.arrived == nullptr || (of_two && sight.arrived_there == nullptr)))
    return "a way to see its mail ([delivery] in the target file)";
  return "";
}

std::vector<Breach> Showing::breaches_of(std::string_view input, std::string_view cause, const Waits& waits) {
  constexpr int enough = 3;
  if (is_of_delivered(cause)) return differences_in_delivery(input);
  if (Pairs::is_of_pairs(cause)) return differences(input, cause, waits.reply >= patient().reply ? enough : 1);
  const std::string name = file_name(cause);
  const bool envelopes = name == file_name(mail_to_others);
  if (envelopes) learn_names();
  std::vector<Breach> seen = breaches_of_session(decode(input), waits, is_incident(cause));
  return name.starts_with("mail-") ? breaches_of_its_mail(name == file_name(mail_lost), envelopes) : seen;
}

std::vector<Breach> Showing::breaches_of_session(const scenario::Scenario& session, const Waits& waits, bool wait) {
  if (sight_.happened) (void)sight_.happened(false);
  played_ = player_.play(session, waits);
  std::vector<Breach> seen = breaches_in(played_);
  if (!sight_.happened) return seen;
  const auto is_crash = [](const Breach& one) { return one.rule == "crash"; };
  wait = wait || std::any_of(seen.begin(), seen.end(), is_crash);
  return with_incidents(std::move(seen), sight_.happened(wait));
}

AcceptedMail Showing::accepted() const { return accepted_by(player_.opponent(), played_.transcript); }

std::vector<Breach> Showing::breaches_of_its_mail(bool loss_alone, bool envelopes) {
  if (sight_.arrived == nullptr) return {};
  const Opponent& opponent = player_.opponent();
  const AsSent as_sent{bodies_as_sent(opponent), envelopes ? own_names() : std::set<std::string>()};
  const AcceptedMail all = accepted();
  const std::string token = player_.token();
  const auto with = [&](bool all_came) {
    return breaches_of_mail(all, sight_.arrived->with(token), all_came, as_sent);
  };
  const auto due = std::chrono::steady_clock::now() + time_of_mail(opponent);
  for (; std::chrono::steady_clock::now() < due; std::this_thread::sleep_for(std::chrono::milliseconds(20)))
    if (auto breaches = with(false); !breaches.empty() || ((loss_alone || envelopes) && with(true).empty()))
      return breaches;
  if (with(true).empty()) return {};
  // What is missing may be in a queue still, until something comes that was sent after it.
  return with(later_mail_comes(player_, *sight_.arrived));
}

/// Of mailboxes to whom a message of their own came by their name.
const std::set<std::string>& Showing::own_names() {
  constexpr std::size_t most = 8;
  if (own_names_) return *own_names_;
  own_names_.emplace();
  const std::vector<std::string> mailboxes = watched_mailboxes(player_.opponent());
  for (std::size_t i = 0; sight_.arrived != nullptr && i < std::min(most, mailboxes.size()); ++i) {
    (void)player_.play(decode(plain_message_to(mailboxes[i])), patient());
    const auto due = std::chrono::steady_clock::now() + time_of_mail(player_.opponent());
    if (!comes(*sight_.arrived, player_.token(), due)) continue;
    const std::vector<ArrivedMail::Message> came = sight_.arrived->with(player_.token());
    if (came.size() == 1 && came.front().mailboxes == std::vector{mailbox_name(i)}) own_names_->insert(mailbox_name(i));
  }
  return *own_names_;
}

/// By as many pairs as there is patience for.
std::vector<Breach> Showing::differences(std::string_view input, std::string_view cause, int times) {
  const auto breach = pairs_.show(input, cause, times);
  played_ = pairs_.played();
  return breach ? std::vector{*breach} : std::vector<Breach>();
}

std::vector<Breach> Showing::differences_in_delivery(std::string_view input) {
  if (sight_.arrived == nullptr || sight_.other == nullptr || sight_.arrived_there == nullptr) return {};
  auto breach = delivered_otherwise(input, {player_, *sight_.arrived}, {*sight_.other, *sight_.arrived_there}, played_);
  return breach ? std::vector{*std::move(breach)} : std::vector<Breach>();
}

}  // namespace smtpspec::fuzz
