#include "fuzz/campaign/campaign_history.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

#include <catch2/catch_test_macros.hpp>
#include <unistd.h>

namespace smtpspec::fuzz {
namespace {

class Folder {
 public:
  Folder() { REQUIRE(!folder_.prepare()); }
  ~Folder() { std::filesystem::remove_all(path_); }
  [[nodiscard]] const CampaignFolder& folder() const { return folder_; }
  [[nodiscard]] std::string plot() const {
    std::ifstream file(path_ / "plot_data");
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  std::filesystem::path path_ =
      std::filesystem::temp_directory_path() / ("smtpspec-history-" + std::to_string(getpid()));
  CampaignFolder folder_{path_};
};

CampaignStatus after(int seconds, std::uint64_t sessions) {
  CampaignStatus status;
  status.elapsed = std::chrono::seconds(seconds);
  status.sessions = sessions;
  return status;
}

std::ptrdiff_t lines_of(const std::string& text) { return std::count(text.begin(), text.end(), '\n'); }

TEST_CASE("A campaign that is started again goes on with its figures") {
  const Folder folder;
  const auto replies = std::make_unique<RepliesSeen>();
  CampaignHistory first(folder.folder(), *replies, 77, "mx");
  REQUIRE(first.begin());
  CHECK(first.earlier().sessions == 0);
  replies->add("ready NOOP 250 5\n");
  REQUIRE(first.put(after(10, 5000), replies->text()));
  REQUIRE(folder.folder().add_breach({"", "crash/BDAT", "", ""}, CampaignFolder::Seen::again, "x") ==
          CampaignFolder::Added::first);

  const auto others = std::make_unique<RepliesSeen>();
  CampaignHistory second(folder.folder(), *others, 78, "mx");
  REQUIRE(second.begin());
  CHECK(second.earlier().elapsed == std::chrono::seconds(10));
  CHECK(second.earlier().sessions == 5000);
  CHECK(second.earlier().findings == 1);
  REQUIRE(second.put(after(4, 700), others->text()));
  CHECK(others->text() == "ready NOOP 250 5\n");
  CHECK(folder.folder().stats().find("execs_done        : 5700\n") != std::string::npos);
  CHECK(folder.folder().stats().find("run_time          : 14\n") != std::string::npos);
  CHECK(folder.plot().find("\n10, ") < folder.plot().find("\n14, "));
  CHECK(folder.plot().find("\n14, ") != std::string::npos);
}

TEST_CASE("What was put there by others is no history") {
  const Folder folder;
  std::ofstream(folder.folder().path() / "fuzzer_stats") << "\nexecs_done        : -5\nrun_time          : many\n";
  std::ofstream(folder.folder().path() / "plot_data") << "something else\n";
  std::ofstream(folder.folder().path() / "states") << std::string(std::size_t{2} << 20, 'x');
  const auto replies = std::make_unique<RepliesSeen>();
  CampaignHistory history(folder.folder(), *replies, 77, "mx");
  REQUIRE(history.begin());
  CHECK(history.earlier().sessions == 0);
  REQUIRE(history.put(after(1, 10), replies->text()));
  CHECK(folder.plot().starts_with("# relative_time"));
}

TEST_CASE("The plot of a long campaign stays small, and has what is new") {
  const Folder folder;
  const auto replies = std::make_unique<RepliesSeen>();
  CampaignHistory history(folder.folder(), *replies, 77, "mx");
  REQUIRE(history.begin());
  const auto lines_for = [&](int from, int to, std::uint64_t findings) {
    const auto before = lines_of(folder.plot());
    for (int second = from; second < to; ++second) {
      CampaignStatus status = after(second, 1000);
      status.findings = findings;
      REQUIRE(history.put(status, replies->text()));
    }
    return lines_of(folder.plot()) - before;
  };
  CHECK(lines_for(1, 21, 0) == 20);
  CHECK(lines_for(1000000, 1000500, 0) == 1);
  CHECK(lines_for(1000500, 1000520, 1) == 1);
}

}  // namespace
}  // namespace smtpspec::fuzz
