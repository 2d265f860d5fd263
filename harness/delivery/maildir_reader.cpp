#include "harness/delivery/maildir_reader.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace smtpspec::delivery {
namespace {

using record::Refusal;

constexpr std::size_t octets_at_a_time = std::size_t{256} << 10;

/// A mail reader that moves a message from `new` to `cur` adds ":2," and flags to its name.
std::string_view unique_part(std::string_view name) { return name.substr(0, name.find(':')); }

}  // namespace

MaildirReader::MaildirReader(std::filesystem::path maildir, std::shared_ptr<const LivingTokens> living)
    : maildir_(std::move(maildir)), message_(std::move(living)), buffer_(octets_at_a_time) {}

Look MaildirReader::look() {
  Look look;
  const auto now = std::chrono::steady_clock::now();
  octets_read_ = 0;
  whole_ = true;
  open_parts(look);
  std::vector<File> files = new_files(look);
  if (!look.lost.empty()) return look;
  const bool first = !begun_;
  begun_ = begun_ || whole_;
  // By name, which begins with the time of delivery.
  std::sort(files.begin(), files.end(), [](const File& a, const File& b) { return a.name < b.name; });
  for (const File& file : files) {
    if (first) {
      remember(file.name);
    } else if (octets_read_ < MailLimits::a_look) {
      read(file, look);
    } else {
      whole_ = false;
    }
  }
  if (whole_) look.seen_until = now;
  return look;
}

void MaildirReader::open_parts(Look& look) {
  Refusal refusal;
  const auto maildir = record::Folder::open(maildir_, refusal);
  for (Part& part : parts_) {
    part.folder.reset();
    if (maildir) part.folder = maildir->folder(part.name, refusal);
    if (part.folder) {
      // What was put into the other one meanwhile was not seen.
      if (part.known && *part.known != part.folder->identity())
        note_unknown(look, "it was taken away and another put in its place");
      part.known = part.folder->identity();
    } else if (refusal.kind == Refusal::Kind::not_now) {
      whole_ = false;
    } else if (part.known || refusal.kind != Refusal::Kind::absent) {
      look.lost = fmt::format("{} {}", part.name, refusal.words);
    }
  }
}

std::vector<MaildirReader::File> MaildirReader::new_files(Look& look) {
  std::vector<File> files;
  std::size_t octets = octets_of_names_;
  bool too_many = false;
  for (const Part& part : parts_) {
    if (!part.folder) continue;
    const bool all = part.folder->each_name([&](std::string_view name) {
      if (name.starts_with('.') || seen_.find(unique_part(name)) != seen_.end()) return true;
      octets += name.size();
      too_many = octets > MailLimits::octets_of_names || seen_.size() + files.size() >= MailLimits::names;
      if (!too_many) files.push_back({std::string(name), &part});
      return !too_many;
    });
    if (!all) look.lost = too_many ? "it holds too many messages" : part.name + " cannot be read";
  }
  return files;
}

void MaildirReader::remember(const std::string& name) {
  const auto [place, is_new] = seen_.emplace(unique_part(name));
  if (is_new) octets_of_names_ += place->size();
}

void MaildirReader::read(const File& name, Look& look) {
  if (seen_.find(unique_part(name.name)) != seen_.end()) return;  // it was moved while the names were read
  Refusal refusal;
  const auto file = name.part->folder->file(name.name, refusal);
  if (!file && (refusal.kind == Refusal::Kind::absent || refusal.kind == Refusal::Kind::not_now)) {
    whole_ = false;  // it was moved: the next look finds it
    return;
  }
  if (!file) {
    const std::string words = "something in it was passed over: it " + refusal.words;
    if (refusal.kind == Refusal::Kind::not_regular)
      look.notes.push_back(words);  // and no message
    else
      note_unknown(look, words);
    return remember(name.name);
  }
  const bool readable = read_octets(*file, look);
  if (readable && message_.size() == 0) return;  // it may be written to later
  remember(name.name);
  put_in(look, message_.finish(), [](record::Delivery& delivery) { read_stored(delivery, "maildir"); });
}

/// Into the message, as far as that is searched. False where it cannot be read.
bool MaildirReader::read_octets(const record::BoundedFile& file, Look& look) {
  bool readable = true;
  while (!message_.full()) {
    const auto count = file.read(message_.size(), buffer_);
    readable = count.has_value();
    if (!readable || *count == 0) break;
    message_.take({buffer_.data(), *count});
    octets_read_ += *count;
  }
  const auto said = file.size();
  readable = readable && said;
  const std::uintmax_t size = said.value_or(0);
  if (message_.full()) {
    if (size > message_.size()) message_.pass_over(size - message_.size());
  } else if (!readable || (size != message_.size() && message_.size() > 0)) {
    note_unknown(look, readable ? "a message in it was written to while it was read"
                                : "a message in it could not be read to its end");
  }
  return readable;
}

}  // namespace smtpspec::delivery
