// Makes findings of what a campaign has kept, when its workers have ended.
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>

#include "fuzz/campaign/campaign.hpp"
#include "fuzz/campaign/campaign_folder.hpp"
#include "fuzz/campaign/findings.hpp"
#include "fuzz/campaign/live_player.hpp"
#include "fuzz/campaign/mail_roads.hpp"
#include "fuzz/campaign/server_keeper.hpp"
#include "fuzz/campaign/server_watch.hpp"
#include "fuzz/campaign/showing.hpp"

namespace smtpspec::fuzz {

class FindingMaker {
 public:
  /// Where it plays. All must outlive the maker.
  struct Stage {
    const Opponent& opponent;
    const Opponent* other;  ///< null where there is none
    const MailRoads& mail;
    std::string other_addresses;   ///< as an IPv4 prefix; empty where none are served alike
    std::set<std::string> before;  ///< causes, as file names, whose inputs an earlier time has kept
  };
  /// All must outlive it. `watch`: null where the target file tells of no server.
  FindingMaker(const Stage& stage, const CampaignFolder& folder, const CampaignEvents& events, ServerWatch* watch,
               ServerKeeper& keeper, Findings& findings);

  /// Of each input that was kept; those that nothing can be shown of any more are told. Blocks, half an hour at most.
  /// `refused`: why nobody can be played with; set where that comes to be so.
  void make_all(std::string& refused);
  /// False where a finding could not be.
  [[nodiscard]] bool written() const { return written_; }

 private:
  void make(const CampaignFolder::Broken& one, std::string& refused);
  Finding as_shortened_before(const CampaignFolder::Broken& one);
  void put_others_aside();
  void tell_of_input(const CampaignFolder::Broken& one) const;
  [[nodiscard]] bool is_gone();

  const CampaignFolder& folder_;
  const CampaignEvents& events_;
  ServerKeeper& keeper_;
  Findings& findings_;
  LivePlayer player_;
  std::optional<LivePlayer> other_;
  Sight sight_;
  std::set<std::string> before_;
  std::size_t tried_ = 0;  ///< inputs; of earlier times those that still show something
  std::size_t shaky_ = 0;  ///< of these, those that do not each time
  bool written_ = true;
};

}  // namespace smtpspec::fuzz
