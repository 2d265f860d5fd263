// The road into a Maildir: the message is written in `tmp` and moved to `new` when it is whole.
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <unistd.h>

#include "harness/reference/server.hpp"

namespace smtpspec::reference {
namespace {

/// Unique among all processes and moments: time, process and a count.
std::string unique_name() {
  static std::atomic<unsigned> count{0};
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
  return fmt::format("{}.M{:06}P{}Q{}.localhost", microseconds / 1'000'000, microseconds % 1'000'000, ::getpid(),
                     ++count);
}

bool store(const std::filesystem::path& maildir, const std::string& octets) {
  std::error_code error;
  for (const char* const folder : {"tmp", "new", "cur"}) std::filesystem::create_directories(maildir / folder, error);
  const std::string name = unique_name();
  std::ofstream file(maildir / "tmp" / name, std::ios::binary);
  file.write(octets.data(), static_cast<std::streamsize>(octets.size()));
  file.close();
  if (!file) return false;
  std::filesystem::rename(maildir / "tmp" / name, maildir / "new" / name, error);
  return !error;
}

/// One file a message, whatever the number of recipients: Delivered-To names each of them, in front of everything.
asio::awaitable<std::vector<bool>> deliver(std::filesystem::path maildir, const Accepted& mail) {
  std::string octets;
  for (const Accepted::Recipient& recipient : mail.recipients) {
    octets += fmt::format("Delivered-To: {}\r\n", recipient.forward_path);
  }
  octets += mail.message;
  co_return std::vector<bool>(mail.recipients.size(), store(maildir, octets));
}

}  // namespace

Road maildir_at(const std::string& path) {
  return [maildir = std::filesystem::path(path)](const Accepted& mail) { return deliver(maildir, mail); };
}

}  // namespace smtpspec::reference
