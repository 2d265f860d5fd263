#include "harness/record/transcript_file.hpp"

#include <fstream>

#include <catch2/catch_test_macros.hpp>
#include <sys/stat.h>
#include <unistd.h>

namespace smtpspec::record {
namespace {

namespace fs = std::filesystem;

struct Place {
  fs::path path = fs::temp_directory_path() / ("smtpspec-test-" + std::to_string(getpid()));
  ~Place() { fs::remove_all(path); }
};

Transcript said(const std::string& scenario, std::string octets) {
  Transcript transcript;
  transcript.scenario = scenario;
  transcript.sessions = {""};
  Event event;
  event.kind = Event::Kind::octets;
  event.octets = std::move(octets);
  transcript.events.push_back(std::move(event));
  return transcript;
}

std::string noise(std::size_t size) {
  std::string octets;
  for (std::size_t i = 0; i < size; ++i) octets += static_cast<char>('A' + i * i % 31);
  return octets;
}

TEST_CASE("a transcript in its file") {
  const Place run;
  const Transcript transcript = said("end/lf-dot", "QUIT\r\n");
  const std::string path = transcript_path(transcript.scenario);
  CHECK(path == "transcripts/end.lf-dot.jsonl");
  for (int i = 0; i < 2; ++i) {  // over the first
    const Saved saved = save_transcript(run.path, transcript);
    CHECK(saved.problem.empty());
    CHECK(saved.octets == fs::file_size(run.path / path));
  }
  std::string problem;
  const auto read = load_transcript(run.path, path, problem);
  INFO(problem);
  REQUIRE(read);
  CHECK(to_json_lines(*read) == to_json_lines(transcript));
  CHECK(std::distance(fs::directory_iterator(run.path / "transcripts"), {}) == 1);

  CHECK_FALSE(load_transcript(run.path, "transcripts/none.jsonl", problem));
  CHECK(problem == (run.path / "transcripts/none.jsonl: is not there").string());
  std::ofstream(run.path / "file") << "x";
  CHECK(save_transcript(run.path / "file", transcript).problem.find("could not be written") != std::string::npos);
}

TEST_CASE("what is too large for its room is shortened, or left out") {
  const Place run;
  const Transcript transcript = said("large", noise(1'000'000));
  const fs::path file = run.path / transcript_path("large");
  std::string problem;
  for (const std::size_t room : {2'000'000U, 100'000U, 20'000U, 3'000U}) {
    const Saved saved = save_transcript(run.path, transcript, room);
    CHECK(saved.octets <= room);
    CHECK(saved.octets == fs::file_size(file));
    const auto read = load_transcript(run.path, transcript_path("large"), problem);
    REQUIRE(read);
    CHECK(read->shortened == (room < 1'000'000));
    CHECK(read->events.front().octets.size() + read->events.front().omitted == 1'000'000);
  }
  fs::remove(file);
  const Saved saved = save_transcript(run.path, transcript, 500);
  CHECK((saved.octets == 0 && saved.problem.empty() && !fs::exists(file)));
}

TEST_CASE("a folder from anybody leads nowhere else, hangs nowhere and holds no more than a transcript may") {
  const Place outside;
  const Place run{outside.path / "run"};
  REQUIRE(save_transcript(outside.path, said("case", "outside")).octets > 0);
  REQUIRE(save_transcript(run.path, said("case", "inside")).octets > 0);
  const fs::path transcripts = run.path / "transcripts";
  fs::create_symlink(outside.path / "transcripts/case.jsonl", transcripts / "link.jsonl");
  fs::create_symlink("case.jsonl", transcripts / "within.jsonl");
  fs::create_symlink("/dev/zero", transcripts / "endless.jsonl");
  fs::create_directory_symlink(outside.path / "transcripts", run.path / "linked");
  REQUIRE(::mkfifo((transcripts / "fifo.jsonl").c_str(), 0600) == 0);
  std::ofstream(transcripts / "sparse.jsonl") << "{";
  fs::resize_file(transcripts / "sparse.jsonl", std::uintmax_t{1} << 40);
  std::string problem;
  CHECK(load_transcript(run.path, "transcripts/case.jsonl", problem));
  for (const std::string path :
       {"", "/", ".", "transcripts", "../transcripts/case.jsonl", "transcripts/../transcripts/case.jsonl",
        "linked/case.jsonl", "transcripts/link.jsonl", "transcripts/within.jsonl", "transcripts/endless.jsonl",
        "transcripts/fifo.jsonl", "transcripts/sparse.jsonl"}) {
    INFO(path);
    CHECK_FALSE(load_transcript(run.path, path, problem));
  }
  CHECK_FALSE(load_transcript(run.path, (outside.path / "transcripts/case.jsonl").string(), problem));
}

TEST_CASE("what stands in a transcript's place is replaced, and a folder that leads elsewhere is refused") {
  const Place run;
  fs::create_directories(run.path / "transcripts");
  std::ofstream(run.path / "treasure") << "kept";
  fs::create_symlink("../treasure", run.path / "transcripts/case.jsonl");
  CHECK(save_transcript(run.path, said("case", "x")).octets > 0);
  CHECK(fs::file_size(run.path / "treasure") == 4);
  fs::rename(run.path / "transcripts", run.path / "elsewhere");
  fs::create_directory_symlink("elsewhere", run.path / "transcripts");
  CHECK_FALSE(save_transcript(run.path, said("case", "x")).problem.empty());
}

}  // namespace
}  // namespace smtpspec::record
