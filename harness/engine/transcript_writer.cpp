#include "harness/engine/transcript_writer.hpp"

#include <exception>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "harness/record/transcript_file.hpp"

namespace smtpspec::engine {

TranscriptWriter::TranscriptWriter(std::filesystem::path run, std::function<void(const std::string&)> note)
    : is_wanted_(!run.empty()),
      note_(std::move(note)),
      store_(std::move(run), [this](const std::string& line) { notes_.push_back(line); }) {}

TranscriptWriter::~TranscriptWriter() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void TranscriptWriter::save(record::Transcript transcript, Use use) {
  if (!is_wanted_) return;
  begin();
  const std::size_t octets = record::octets_held(transcript);
  Waiting next{std::move(transcript), use, octets};
  if (!thread_.joinable()) return write(next);
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return waiting_.empty() || octets_waiting_ + octets <= most_waiting; });
  waiting_.push_back(std::move(next));
  octets_waiting_ += octets;
  changed_.notify_all();
}

void TranscriptWriter::settle() {
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_.empty(); });
  }
  for (const std::string& line : std::exchange(notes_, {}))
    if (note_) note_(line);
}

void TranscriptWriter::begin() {
  if (thread_.joinable()) return;
  try {
    thread_ = std::thread([this] { work(); });
  } catch (const std::system_error&) {  // no more threads here: who plays writes
  }
}

void TranscriptWriter::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return ended_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    const Waiting& first = waiting_.front();  // others may be put after it meanwhile
    lock.unlock();
    write(first);
    lock.lock();
    octets_waiting_ -= first.octets;
    waiting_.pop_front();
    changed_.notify_all();
  }
}

void TranscriptWriter::write(const Waiting& waiting) {
  const std::string path = record::transcript_path(waiting.transcript.scenario);
  written_.erase(path);
  try {
    if (store_.save(waiting.transcript, waiting.use)) written_.insert(path);
  } catch (const std::exception& error) {
    if (broken_off_++ == 0) notes_.push_back(fmt::format("{} could not be written: {}", path, error.what()));
  }
}

}  // namespace smtpspec::engine
