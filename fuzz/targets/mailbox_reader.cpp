// Invariant: what is appended to an mbox gives the same messages whatever the pieces and the looks; a Maildir gives a
// file as it is; only messages that bear a living token are given.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <unistd.h>

#include "fuzz/require.hpp"
#include "harness/delivery/maildir_reader.hpp"
#include "harness/delivery/mbox_reader.hpp"

using namespace smtpspec::fuzz;
using namespace smtpspec::delivery;

namespace {

const std::string token = "t0123456789abcdef";

/// Where the stores are, as long as the process lives.
class Place {
 public:
  Place() : folder_(std::filesystem::temp_directory_path() / ("smtpspec-fuzz-" + std::to_string(getpid()))) {
    for (const char* part : {"maildir/new", "maildir/cur", "maildir/tmp"})
      std::filesystem::create_directories(folder_ / part);
  }
  ~Place() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  [[nodiscard]] std::filesystem::path mbox() const { return folder_ / "mbox"; }
  [[nodiscard]] std::filesystem::path maildir() const { return folder_ / "maildir"; }

 private:
  std::filesystem::path folder_;
};

const Place& place() {
  static const Place the_place;
  return the_place;
}

void write(const std::filesystem::path& file, std::string_view octets, std::ios::openmode mode) {
  std::ofstream(file, std::ios::binary | mode) << octets;
}

std::shared_ptr<LivingTokens> one_token() {
  auto living = std::make_shared<LivingTokens>();
  living->add(token);
  return living;
}

struct Seen {
  std::vector<std::string> messages;
  bool unknown = false;
  bool operator==(const Seen&) const = default;
  void add(const Look& look) {
    require(look.lost.empty(), "a file that is there can be read");
    unknown = unknown || look.unknown;
    for (const Incoming& incoming : look.messages) {
      require(incoming.tokens.size() == 1 && *incoming.tokens.begin() == token, "a message bears a living token");
      require(incoming.delivery.message.size() <= MailLimits::message, "a message is bounded");
      messages.push_back(incoming.delivery.reverse_path.value_or("-") + "\n" + incoming.delivery.message);
    }
  }
};

Seen read_mbox(std::string_view octets, bool cut) {
  write(place().mbox(), "", std::ios::trunc);
  MboxReader reader(place().mbox(), one_token());
  Seen seen;
  seen.add(reader.look());
  if (cut) {
    for (Pieces pieces(octets); !pieces.done(); seen.add(reader.look()))
      write(place().mbox(), pieces.next(), std::ios::app);
  } else {
    write(place().mbox(), octets, std::ios::app);
  }
  seen.add(reader.look());
  seen.add(reader.look());
  return seen;
}

void check_maildir(std::string_view octets) {
  MaildirReader reader(place().maildir(), one_token());
  Seen seen;
  seen.add(reader.look());
  const std::filesystem::path file = place().maildir() / "new" / "1.fuzz";
  write(file, octets, std::ios::trunc);
  seen.add(reader.look());
  std::filesystem::rename(file, place().maildir() / "cur" / "1.fuzz:2,S");
  seen.add(reader.look());
  std::filesystem::remove(place().maildir() / "cur" / "1.fuzz:2,S");
  bool borne = false;
  each_token(octets, [&](std::string_view found) { borne = borne || found == token; });
  require(seen.messages.size() == (borne ? 1U : 0U), "a file is one message, read once");
  if (borne) require(seen.messages[0].ends_with(octets), "a message is the file as it is");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view octets = octets_of(data, size);
  require(read_mbox(octets, true) == read_mbox(octets, false), "messages do not depend on the cuts");
  check_maildir(octets);
  return 0;
}
