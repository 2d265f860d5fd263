#include "harness/engine/server_output.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include "harness/record/secrets.hpp"
#include "harness/smtp/visible.hpp"

namespace smtpspec::engine {

namespace {

/// A server that says more than this has a log of its own.
constexpr std::size_t most_octets = std::size_t{16} << 10;
constexpr std::size_t longest_line = 500;
constexpr int between_looks_ms = 100;

void put(std::string_view line) { std::fputs(fmt::format("server: {}\n", smtp::visible(line)).c_str(), stderr); }

/// Cuts lines out of what comes, until it was enough.
class Lines {
 public:
  explicit Lines(const std::vector<std::string>& secrets) : redactor_(secrets) {}
  void take(std::string_view octets) {
    if (shown_ > most_octets) return;
    line_ += octets;
    for (std::size_t end = line_.find('\n'); end != std::string::npos || line_.size() > longest_line;
         end = line_.find('\n')) {
      const std::size_t size = std::min(end, longest_line);
      show(line_.substr(0, size));
      line_.erase(0, size + (size == end ? 1 : 0));
    }
  }
  void end() {
    if (!line_.empty()) show(line_);
  }

 private:
  void show(const std::string& line) {
    if (shown_ > most_octets) return;
    shown_ += line.size() + 1;
    put(shown_ > most_octets ? "... and more, which is not shown" : redactor_.without_secrets(line));
  }
  record::Redactor redactor_;
  std::string line_;
  std::size_t shown_ = 0;
};

}  // namespace

ServerOutput::ServerOutput(std::vector<std::string> secrets, Hear hear)
    : secrets_(std::move(secrets)), hear_(std::move(hear)) {
  if (pipe2(ends_, O_CLOEXEC) != 0) return;
  fcntl(ends_[0], F_SETFL, O_NONBLOCK);
  thread_ = std::thread([this] { pass_on(); });
}

ServerOutput::~ServerOutput() {
  if (ends_[1] >= 0) close(ends_[1]);
  over_ = true;
  if (thread_.joinable()) thread_.join();
  if (ends_[0] >= 0) close(ends_[0]);
}

void ServerOutput::pass_on() {
  Lines lines(secrets_);
  std::array<char, 4096> buffer{};
  for (;;) {
    const bool last = over_;  // what is there by then is still shown
    pollfd readable{ends_[0], POLLIN, 0};
    const int ready = poll(&readable, 1, last ? 0 : between_looks_ms);
    const ssize_t size = ready > 0 ? read(ends_[0], buffer.data(), buffer.size()) : -1;
    const std::string_view octets(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    lines.take(octets);
    if (hear_ && !octets.empty()) hear_(octets);
    if (size == 0 || last) break;
  }
  lines.end();
}

}  // namespace smtpspec::engine
