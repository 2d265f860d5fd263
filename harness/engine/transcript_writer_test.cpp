#include "harness/engine/transcript_writer.hpp"

#include <fstream>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "harness/delivery/folder_test.hpp"
#include "harness/record/transcript_file.hpp"

using namespace smtpspec;
using engine::TranscriptWriter;
namespace fs = std::filesystem;

namespace {

using Use = TranscriptWriter::Use;

record::Transcript transcript_of(const std::string& scenario, const std::string& message) {
  record::Transcript transcript;
  transcript.scenario = scenario;
  transcript.sessions = {""};
  transcript.deliveries.emplace_back().message = message;
  return transcript;
}

std::string message_of(const fs::path& run, const std::string& scenario) {
  std::string problem;
  const auto read = record::load_transcript(run, record::transcript_path(scenario), problem);
  return read && !read->deliveries.empty() ? read->deliveries.front().message : problem;
}

}  // namespace

TEST_CASE("transcripts are written in turn, and are there when they have settled") {
  const delivery::TestFolder folder;
  const fs::path run = folder / "run";
  TranscriptWriter writer(run, {});
  const std::string megabyte(std::size_t{1} << 20, 'x');
  for (int i = 0; i < 60; ++i) {  // more than may wait
    writer.save(transcript_of("case/" + std::to_string(i), megabyte), Use::evidence);
    writer.save(transcript_of("the-same", std::to_string(i)), Use::pass);
  }
  writer.settle();
  for (int i = 0; i < 60; ++i) CHECK(writer.has(record::transcript_path("case/" + std::to_string(i))));
  CHECK(message_of(run, "case/59") == megabyte);
  CHECK(message_of(run, "the-same") == "59");
  CHECK_FALSE(writer.has(record::transcript_path("another")));
  CHECK(writer.unsaved() == 0);
}

TEST_CASE("who goes leaves no transcript unwritten") {
  const delivery::TestFolder folder;
  const fs::path run = folder / "run";
  {
    TranscriptWriter writer(run, {});
    for (int i = 0; i < 100; ++i) writer.save(transcript_of(std::to_string(i), "one"), Use::pass);
  }
  CHECK(message_of(run, "99") == "one");
}

TEST_CASE("what could not be written is noted where it settles, and is not there") {
  const delivery::TestFolder folder;
  const fs::path run = folder / "run";
  std::vector<std::string> notes;
  TranscriptWriter writer(run, [&](const std::string& line) { notes.push_back(line); });
  writer.save(transcript_of("case", "first"), Use::pass);
  writer.settle();
  CHECK(writer.has(record::transcript_path("case")));
  fs::remove_all(run);
  std::ofstream(run) << "no folder";
  for (const char* name : {"case", "two", "three"}) writer.save(transcript_of(name, "x"), Use::evidence);
  writer.settle();
  writer.settle();
  REQUIRE(notes.size() == 1);
  CHECK(notes.front().find("transcripts/case.jsonl could not be written: ") != std::string::npos);
  CHECK(writer.unsaved() == 3);
  CHECK_FALSE(writer.has(record::transcript_path("case")));
}

TEST_CASE("without a folder nothing is written") {
  std::vector<std::string> notes;
  TranscriptWriter writer({}, [&](const std::string& line) { notes.push_back(line); });
  writer.save(transcript_of("case", "x"), Use::evidence);
  writer.settle();
  CHECK(notes.empty());
  CHECK_FALSE(writer.has(record::transcript_path("case")));
}
