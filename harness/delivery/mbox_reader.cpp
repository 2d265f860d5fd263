#include "harness/delivery/mbox_reader.hpp"

#include <algorithm>
#include <utility>

#include <re2/re2.h>

namespace smtpspec::delivery {
namespace {

using record::Refusal;

constexpr std::size_t octets_at_a_time = std::size_t{256} << 10;
constexpr std::string_view from = "From ";
/// The longest end of a text that may be the begin of "\n\r\nFrom ", but not all of that.
constexpr std::size_t most_of_a_border = 7;
constexpr std::size_t most_marks = 1000;
constexpr const char* cannot_be_read = "it cannot be read";

/// Where the first message begins in a text that begins within one: at "From " after an empty line. The size of the
/// text where none does.
std::size_t next_message(std::string_view octets) {
  for (std::size_t at = 0;; ++at) {
    at = octets.find("\nFrom ", at);
    if (at == std::string_view::npos) return octets.size();
    const std::string_view before = octets.substr(0, at + 1);
    if (before.ends_with("\n\n") || before.ends_with("\n\r\n")) return at + 1;
  }
}

/// Octets of empty lines in front.
std::size_t empty_lines(std::string_view octets) { return std::min(octets.find_first_not_of("\r\n"), octets.size()); }

/// The sender of "From sender Sat Jan  3 01:05:34 1996".
std::string sender_of(std::string_view separator) {
  separator.remove_prefix(std::min(from.size(), separator.size()));
  const std::string_view sender = separator.substr(0, separator.find(' '));
  return sender == "MAILER-DAEMON" ? std::string() : std::string(sender);
}

/// Takes off what the mbox put around and into the message.
void read_entry(record::Delivery& delivery) {
  std::string& message = delivery.message;
  const std::size_t lf = std::min(message.find('\n'), message.size());
  const std::string separator = message.substr(0, lf);
  message.erase(0, lf + 1);
  // The empty line after a message belongs to the mbox.
  if (delivery.omitted == 0) {
    if (message.ends_with("\r\n\r\n"))
      message.resize(message.size() - 2);
    else if (message.ends_with("\n\n"))
      message.resize(message.size() - 1);
  }
  // mboxrd: a line of one '>' or more and "From " was given one of them by who wrote the mbox.
  static const RE2 quoted("(?m)^>(>*From )", RE2::Latin1);
  RE2::GlobalReplace(&message, quoted, "\\1");
  read_stored(delivery, "mbox");
  if (!delivery.reverse_path) delivery.reverse_path = sender_of(separator);
}

}  // namespace

MboxReader::MboxReader(std::filesystem::path mbox, std::shared_ptr<const LivingTokens> living)
    : message_(std::move(living)), buffer_(octets_at_a_time) {
  // A link that the user has named is followed; one that is put in its place later is not.
  std::error_code error;
  const auto path = std::filesystem::weakly_canonical(mbox, error);
  if (!error) mbox = path;
  folder_ = mbox.parent_path();
  name_ = mbox.filename();
}

Look MboxReader::look() {
  Look look;
  const auto now = Clock::now();
  Refusal refusal;
  const auto folder = record::Folder::open(folder_.empty() ? "." : folder_, refusal);
  const auto file = folder ? folder->file(name_, refusal) : std::nullopt;
  if (!file) {
    if (refusal.kind == Refusal::Kind::not_now) return look;
    if (known_ || refusal.kind != Refusal::Kind::absent)
      look.lost = "it " + refusal.words;
    else
      look.seen_until = now;
    begun_ = begun_ || look.seen_until;
    return look;
  }
  const auto size = file->size();
  if (!size) {
    look.lost = cannot_be_read;
    return look;
  }
  const bool other = known_ && *known_ != file->identity();
  known_ = file->identity();
  if (!std::exchange(begun_, true)) {
    begin_at(*size);
  } else if (other || *size < offset_) {
    note_unknown(look, "it was written anew");
    look.again = true;  // perhaps it is empty at this moment only, and all that was in it comes back
    begin_at(*size);
  } else if (*size - offset_ > MailLimits::backlog) {
    note_unknown(look, "so much was written to it at once that it was passed over");
    begin_at(*size);
  }
  if (marks_.size() < most_marks) marks_.push_back({now, *size});
  read_on(*file, *size, look);
  look.seen_until = seen_until();
  return look;
}

void MboxReader::begin_at(std::uintmax_t offset) {
  offset_ = offset;
  at_ = At::start;
  held_back_.clear();
  marks_.clear();
  (void)message_.finish();
}

void MboxReader::read_on(const record::BoundedFile& file, std::uintmax_t size, Look& look) {
  const bool quiet = size == std::exchange(last_size_, size);
  const std::uintmax_t end = std::min<std::uintmax_t>(size, offset_ + MailLimits::a_look);
  while (offset_ < end) {
    const auto most = static_cast<std::size_t>(std::min<std::uintmax_t>(buffer_.size(), end - offset_));
    const auto count = file.read(offset_, {buffer_.data(), most});
    if (!count) look.lost = cannot_be_read;
    if (!count || *count == 0) return;
    offset_ += *count;
    take({buffer_.data(), *count}, look);
  }
  if (offset_ == size && at_ == At::message && quiet && held_back_.ends_with('\n')) end_message(look);
}

/// Of looks at a file that was smaller than what is known by now: a message that goes on may be anybody's still.
std::optional<MboxReader::Clock::time_point> MboxReader::seen_until() {
  std::uintmax_t known = offset_;
  if (at_ == At::message) known = begin_of_message_;
  if (at_ == At::between || at_ == At::start) known -= held_back_.size();
  std::optional<Clock::time_point> until;
  for (; !marks_.empty() && marks_.front().size <= known; marks_.pop_front()) until = marks_.front().at;
  return until;
}

void MboxReader::take(std::string_view octets, Look& look) {
  const std::string joined = std::exchange(held_back_, {}) + std::string(octets);
  std::string_view rest = joined;
  for (;;) {
    if ((at_ == At::between || at_ == At::start) && !begins_message(rest, look)) break;
    const std::size_t next = next_message(rest);
    if (next == rest.size()) break;
    if (at_ == At::message) {
      message_.take(rest.substr(0, next));
      end_message(look);
    }
    rest.remove_prefix(next);
    at_ = At::between;
  }
  if (at_ == At::message || at_ == At::elsewhere) {
    const std::size_t known = rest.size() - std::min(rest.size(), most_of_a_border);
    if (at_ == At::message) message_.take(rest.substr(0, known));
    rest.remove_prefix(known);
  }
  held_back_ = rest;
}

/// Decides what begins here; false where too little of it is known.
bool MboxReader::begins_message(std::string_view& rest, Look& look) {
  rest.remove_prefix(empty_lines(rest));
  if (rest.size() < from.size() && from.starts_with(rest)) return false;
  if (rest.starts_with(from)) {
    at_ = At::message;
    begin_of_message_ = offset_ - rest.size();
    return true;
  }
  if (at_ == At::between) {
    note_unknown(look, "it goes on where a message had ended");
  }
  at_ = At::elsewhere;
  return true;
}

void MboxReader::end_message(Look& look) {
  message_.take(std::exchange(held_back_, {}));
  at_ = At::between;
  put_in(look, message_.finish(), read_entry);
}

}  // namespace smtpspec::delivery
