#include "fuzz/campaign/finding_maker.hpp"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "fuzz/session/session_input.hpp"
#include "harness/delivery/token.hpp"

namespace smtpspec::fuzz {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds time_to_shorten{15};
constexpr std::chrono::minutes time_for_all{30};

}  // namespace

FindingMaker::FindingMaker(const Stage& stage, const CampaignFolder& folder, const CampaignEvents& events,
                           ServerWatch* watch, ServerKeeper& keeper, Findings& findings)
    : folder_(folder),
      events_(events),
      keeper_(keeper),
      findings_(findings),
      player_(stage.opponent, delivery::make_secret()),
      before_(stage.before) {
  player_.revive_by([this](bool hangs) { return keeper_.revive(hangs); });
  player_.when_put_off(stage.other_addresses, [this](const std::string& /*source*/) { return !events_.stop(); });
  sight_.arrived = stage.mail.arrived();
  sight_.arrived_there = stage.mail.arrived_of_other();
  if (stage.other != nullptr) sight_.other = &other_.emplace(*stage.other, delivery::make_secret());
  sight_.happened = processes_of(watch);
  if (keeper_.is_ours()) sight_.start_anew = [this] { keeper_.start_anew(); };
}

void FindingMaker::make_all(std::string& refused) {
  const auto end = Clock::now() + time_for_all;
  const std::vector<CampaignFolder::Broken> all = folder_.broken();
  bool all_tried = true;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (findings_.has(all[i].cause)) continue;
    if (!refused.empty() || events_.stop() || Clock::now() > end) {
      tell_of_input(all[i]);
      all_tried = false;
      continue;
    }
    events_.note(fmt::format("shortens {} ({} of {})", all[i].cause, i + 1, all.size()));
    make(all[i], refused);
    all_tried = all_tried && refused.empty() && !events_.stop();
  }
  if (all_tried) put_others_aside();
  if (shaky_ > tried_ / 2)
    events_.note(fmt::format(
        "{} of {} causes did not show each time: what the server answers may hang on sessions before, or on time",
        shaky_, tried_));
}

/// What an earlier time has written, and no input shows any more; not what cannot be seen this time.
void FindingMaker::put_others_aside() {
  for (const std::string& name : folder_.written_findings()) {
    const auto is_it = [&](const Finding& one) { return file_name(one.breach.cause) == name; };
    const bool is_there = std::any_of(findings_.all().begin(), findings_.all().end(), is_it);
    if (!is_there && missing_for(name, sight_).empty()) written_ = folder_.put_aside(name) && written_;
  }
}

void FindingMaker::make(const CampaignFolder::Broken& one, std::string& refused) {
  Finding finding = as_shortened_before(one);
  if (!finding.is_firm()) {
    Finding whole = make_finding(player_, sight_, one, Clock::now() + time_to_shorten);
    if (whole.again >= finding.again) finding = std::move(whole);
  }
  if (finding.again > 0 || before_.count(one.cause) == 0) {
    ++tried_;
    shaky_ += finding.is_firm() ? 0 : 1;
  }
  if (finding.again > 0) {
    if (finding.is_firm()) written_ = folder_.add_shortened(one.cause, finding.input) && written_;
    written_ = findings_.add(std::move(finding)) && written_;
    return;
  }
  if (!events_.stop() && is_gone()) refused = keeper_.why_it_cannot_be_played();
  if (!refused.empty() || events_.stop()) return tell_of_input(one);
  if (const auto missing = missing_for(one.cause, sight_); !missing.empty())
    return events_.note(fmt::format("{} was seen before, and is not seen without {}", one.cause, missing));
  const std::string_view seen = one.seen == CampaignFolder::Seen::once ? "was seen once and not again"
                                                                       : "was seen twice, and does not show any more";
  events_.note(fmt::format("{} {}; its input stays in {}", one.cause, seen, folder_.crashes().string()));
}

/// Empty where it was not, or shows nothing any more.
Finding FindingMaker::as_shortened_before(const CampaignFolder::Broken& one) {
  const auto input = folder_.shortened(one.cause);
  if (!input) return {};
  return make_finding(player_, sight_, {one.cause, *input, one.seen}, Clock::time_point::min());
}

/// What cannot show anything again, for nobody is there, or no time.
void FindingMaker::tell_of_input(const CampaignFolder::Broken& one) const {
  events_.note(fmt::format("{} was seen; its input is in {}", one.cause, folder_.crashes().string()));
}

/// Nobody lets us in any more, and nobody starts it again.
bool FindingMaker::is_gone() {
  return player_.play(decode("> NOOP\\r\\n\n"), patient()).judged.verdict.cause == judge::Cause::connect;
}

}  // namespace smtpspec::fuzz
