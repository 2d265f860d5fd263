// What inputs break on a server, of the kind that is looked for: what a session itself shows, what becomes of its mail,
// and what two plays do not have in common.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/campaign/live_player.hpp"
#include "fuzz/campaign/pairs.hpp"
#include "fuzz/oracles/conservation.hpp"
#include "fuzz/oracles/incidents.hpp"
#include "fuzz/oracles/oracles.hpp"
#include "harness/judge/playing.hpp"

namespace smtpspec::fuzz {

/// What is seen of a server beside its answers.
struct Sight {
  const ArrivedMail* arrived = nullptr;        ///< the target's mail; null where it is not seen
  LivePlayer* other = nullptr;                 ///< on another server; null where there is none
  const ArrivedMail* arrived_there = nullptr;  ///< that server's mail; null where it is not seen
  Happened happened = {};                      ///< to its processes; empty where it was not started by us
  std::function<void()> start_anew = {};  ///< it, as what it has told it may not tell again; empty where nobody can
};

/// What is to be given for a breach of this cause, or its file name, to be seen again; empty where nothing is missing.
[[nodiscard]] std::string_view missing_for(std::string_view cause, const Sight& sight);

class Showing {
 public:
  /// Both must outlive it.
  Showing(LivePlayer& player, const Sight& sight) : player_(player), pairs_(player, sight.other), sight_(sight) {}

  /// Plays the input; breaches of the kind that `cause`, or its file name, is of. Who is patient() is given what two
  /// plays differ in where it shows three times.
  std::vector<Breach> breaches_of(std::string_view input, std::string_view cause, const Waits& waits);
  /// Plays the session; what it breaks by itself, and what happened meanwhile. `wait`: for that to be told.
  std::vector<Breach> breaches_of_session(const scenario::Scenario& session, const Waits& waits, bool wait);
  /// A message to each mailbox: which of them has its mail by its own name.
  void learn_names() { (void)own_names(); }
  /// Of the last play, when its mail must have come; blocks as long as mail takes, and longer where some is missing.
  /// `loss_alone`: not for what may come besides, once all came. `envelopes`: the same, and for whom it came, of those
  /// whose names were learnt before.
  std::vector<Breach> breaches_of_its_mail(bool loss_alone, bool envelopes);

  [[nodiscard]] const judge::Played& played() const { return played_; }
  /// In the last play.
  [[nodiscard]] AcceptedMail accepted() const;

 private:
  [[nodiscard]] const std::set<std::string>& own_names();
  std::vector<Breach> differences(std::string_view input, std::string_view cause, int times);
  std::vector<Breach> differences_in_delivery(std::string_view input);

  LivePlayer& player_;
  Pairs pairs_;
  const Sight& sight_;
  judge::Played played_;
  std::optional<std::set<std::string>> own_names_;
};

}  // namespace smtpspec::fuzz
