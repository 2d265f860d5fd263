// A Maildir as a delivery road: what a server stored, a file a message.
#pragma once

#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/delivery/stored_message.hpp"
#include "harness/record/bounded_file.hpp"

namespace smtpspec::delivery {

/// Takes down the names in `new` and `cur` at its first look; from then on reads each file that comes, once, also where
/// it is moved from one to the other. Within MailLimits; regular files alone. A Maildir that is not there yet may come
/// later; one that was there and is not, or cannot be read, is lost.
class MaildirReader {
 public:
  MaildirReader(std::filesystem::path maildir, std::shared_ptr<const LivingTokens> living);
  [[nodiscard]] Look look();

 private:
  struct Part {
    std::string name;                                         ///< "new", "cur"
    std::optional<record::BoundedFile::Identity> known = {};  ///< which folder it was when it was there last
    std::optional<record::Folder> folder = {};                ///< at this look
  };
  struct File {
    std::string name;
    const Part* part;
  };
  void open_parts(Look& look);
  [[nodiscard]] std::vector<File> new_files(Look& look);
  void read(const File& file, Look& look);
  bool read_octets(const record::BoundedFile& file, Look& look);
  void remember(const std::string& name);

  std::filesystem::path maildir_;
  MessageReader message_;
  std::array<Part, 2> parts_{Part{"new"}, Part{"cur"}};
  Texts seen_;  ///< names of files that need not be read, or not again, without their flags
  std::size_t octets_of_names_ = 0;
  std::size_t octets_read_ = 0;  ///< in this look
  bool whole_ = true;            ///< this look leaves nothing for the next
  std::vector<char> buffer_;
  bool begun_ = false;
};

}  // namespace smtpspec::delivery
