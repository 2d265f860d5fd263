// The seeds of a campaign: the suite's own scenarios.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "fuzz/campaign/campaign_folder.hpp"
#include "fuzz/campaign/live_player.hpp"
#include "harness/scenario/model.hpp"

namespace smtpspec::fuzz {

/// Puts every row that an input can say, and that makes sense against this server, into the queue; one where several
/// come to the same. Gives how many, 0 where none could be written.
[[nodiscard]] std::size_t put_seeds(const CampaignFolder& folder, const scenario::Suite& suite,
                                    const Opponent& opponent);
/// What the server itself says that it knows: keywords and their parameters, as texts of scenario files; not too many.
[[nodiscard]] std::vector<std::string> own_words(const Opponent& opponent);
/// A message to a mailbox that is known to take mail: a campaign on a server that does not accept it reaches little.
[[nodiscard]] std::string plain_message();
[[nodiscard]] std::string plain_message_to(const std::string& mailbox);

}  // namespace smtpspec::fuzz
