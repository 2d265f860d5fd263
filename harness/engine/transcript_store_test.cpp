#include "harness/engine/transcript_store.hpp"

#include <fstream>
#include <vector>

#include <catch2/catch_test_macros.hpp>
#include <unistd.h>

#include "harness/record/transcript_file.hpp"

using namespace smtpspec;
using engine::TranscriptStore;
namespace fs = std::filesystem;

namespace {

using Use = TranscriptStore::Use;

struct Place {
  fs::path path = fs::temp_directory_path() / ("smtpspec-store-" + std::to_string(getpid()));
  ~Place() { fs::remove_all(path); }
};

/// A server's mail need not be so kind as to repeat itself.
record::Transcript delivered(const std::string& scenario, std::size_t octets) {
  record::Transcript transcript;
  transcript.scenario = scenario;
  transcript.sessions = {""};
  record::Delivery delivery;
  unsigned state = 1;
  while (delivery.message.size() < octets)
    delivery.message += static_cast<char>(0x80U | (state = state * 69069 + 1) >> 25U);
  transcript.deliveries.push_back(std::move(delivery));
  return transcript;
}

std::uintmax_t octets_below(const fs::path& folder) {
  std::uintmax_t octets = 0;
  for (const auto& entry : fs::directory_iterator(folder)) octets += entry.file_size();
  return octets;
}

}  // namespace

TEST_CASE("transcripts have a bound together, whatever was delivered, and who meets it is told once") {
  const Place run;
  constexpr std::size_t mib = std::size_t{1} << 20;
  constexpr std::size_t most = 8 * mib;
  std::vector<std::string> notes;
  TranscriptStore store(
      run.path, [&](const std::string& line) { notes.push_back(line); }, most);
  record::Transcript one = delivered("", mib);
  std::size_t written = 0;
  std::size_t saved = 0;
  for (; notes.empty() && saved < 2000; ++saved) {
    one.scenario = "case-" + std::to_string(saved);
    written += store.save(one, saved % 3 == 0 ? Use::evidence : Use::pass) ? 1 : 0;
  }
  INFO(saved);
  CHECK(saved > 100);  // some of each until then, the last of them short
  CHECK(written == saved - 1);
  REQUIRE(notes.size() == 1);
  CHECK(notes.front().find("the transcripts of a run have 8 MiB; there is no room left for that of " + one.scenario) ==
        0);
  CHECK_FALSE(store.save(delivered("another", mib), Use::pass));
  CHECK(notes.size() == 1);
  CHECK(octets_below(run.path / "transcripts") <= most);
  CHECK(octets_below(run.path / "transcripts") > most * 3 / 4);
  CHECK(store.unsaved() == 0);  // it is not for want of the disk
}

TEST_CASE("a pass is kept short, and evidence is not, also where it passes later") {
  const Place run;
  TranscriptStore store(run.path, {});
  const record::Transcript large = delivered("case", std::size_t{1} << 20);
  std::string problem;
  const auto is_whole = [&] {
    const auto read = record::load_transcript(run.path, record::transcript_path("case"), problem);
    REQUIRE(read);
    CHECK(read->deliveries.front().message.size() + read->deliveries.front().omitted ==
          large.deliveries.front().message.size());
    return !read->shortened;
  };
  REQUIRE(store.save(large, Use::pass));
  CHECK_FALSE(is_whole());
  for (const Use use : {Use::evidence, Use::pass}) {
    REQUIRE(store.save(large, use));
    CHECK(is_whole());
  }
  for (int i = 0; i < 20; ++i) REQUIRE(store.save(large, Use::pass));  // in the place of the one before
  CHECK(is_whole());
}

TEST_CASE("what cannot be written is told once") {
  const Place run;
  fs::create_directories(run.path);
  std::ofstream(run.path / "transcripts") << "no folder";
  std::vector<std::string> notes;
  TranscriptStore store(run.path, [&](const std::string& line) { notes.push_back(line); });
  for (const char* name : {"one", "two", "three"}) CHECK_FALSE(store.save(delivered(name, 10), Use::evidence));
  REQUIRE(notes.size() == 1);
  CHECK(notes.front().find("transcripts/one.jsonl could not be written: ") != std::string::npos);
  CHECK(store.unsaved() == 3);
}
