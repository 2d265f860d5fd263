#include "fuzz/campaign/process_events.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <span>
#include <sstream>
#include <string_view>
#include <system_error>

#include <fmt/format.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace smtpspec::fuzz {

namespace {

// By their numbers: within proc_event or beside it, where their names are depends on the age of the kernel's headers.
constexpr unsigned fork_event = 0x1;
constexpr unsigned exit_event = 0x80000000;
constexpr int room = 4 << 20;  // octets of events between two calls

/// What asks for events: a netlink message that holds a connector's, which holds one word.
struct Asking {
  nlmsghdr netlink{};
  std::array<char, sizeof(cn_msg) + sizeof(proc_cn_mcast_op)> message{};
};

bool ask_for_events(int socket) {
  sockaddr_nl self{};
  self.nl_family = AF_NETLINK;
  self.nl_groups = CN_IDX_PROC;
  if (bind(socket, reinterpret_cast<const sockaddr*>(&self), sizeof self) != 0) return false;  // NOLINT: its type
  cn_msg head{};
  head.id.idx = CN_IDX_PROC;
  head.id.val = CN_VAL_PROC;
  const proc_cn_mcast_op listen = PROC_CN_MCAST_LISTEN;
  head.len = sizeof listen;
  Asking asking;
  asking.netlink.nlmsg_len = sizeof asking;
  asking.netlink.nlmsg_type = NLMSG_DONE;
  std::memcpy(asking.message.data(), &head, sizeof head);
  std::memcpy(asking.message.data() + sizeof head, &listen, sizeof listen);
  return send(socket, &asking, sizeof asking, 0) == static_cast<ssize_t>(sizeof asking);
}

std::string namespace_of(const std::string& process) {
  std::error_code unknown;
  return std::filesystem::read_symlink(process + "/ns/pid", unknown).string();
}

/// Of a process its numbers, in the namespace of this /proc first, in its own last.
std::vector<pid_t> numbers_of(const record::Folder& processes, const std::string& name) {
  record::Refusal refusal;
  const auto file = processes.file(name + "/status", refusal);
  std::string text(4096, '\0');
  text.resize(file ? file->read(0, std::span(text)).value_or(0) : 0);
  constexpr std::string_view key = "\nNSpid:";
  const std::size_t at = text.find(key);
  if (at == text.npos) return {};
  std::istringstream line(text.substr(at + key.size(), text.find('\n', at + 1) - at - key.size()));
  return {std::istream_iterator<pid_t>(line), {}};
}

}  // namespace

ProcessEvents::ProcessEvents()
    : socket_(::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_CONNECTOR)),
      namespace_(namespace_of("/proc/self")) {
  record::Refusal refusal;
  processes_ = record::Folder::open("/proc", refusal);
  if (socket_.number() < 0) return;
  (void)setsockopt(socket_.number(), SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
  if (!ask_for_events(socket_.number())) socket_ = record::Descriptor();
}

std::vector<engine::Death> ProcessEvents::deaths(pid_t root) {
  std::vector<engine::Death> all;
  if (root != root_ && root > 0) known_.insert(number_where_made(root));
  root_ = root;
  std::array<char, 4096> buffer{};
  for (;;) {
    const ssize_t size = socket_.number() < 0 ? -1 : recv(socket_.number(), buffer.data(), buffer.size(), 0);
    if (size <= 0) {
      if (size == 0 || errno != ENOBUFS) return all;
      forget_the_gone();  // some were lost; the next are there
      continue;
    }
    constexpr std::size_t head = sizeof(nlmsghdr) + sizeof(cn_msg);
    if (static_cast<std::size_t>(size) > head) take(buffer.data() + head, static_cast<std::size_t>(size) - head, all);
  }
}

/// Their numbers may be given to others.
void ProcessEvents::forget_the_gone() {
  std::erase_if(known_, [this](pid_t one) {
    record::Refusal refusal;
    return processes_ && !processes_->file(std::to_string(one) + "/status", refusal);
  });
}

pid_t ProcessEvents::number_where_made(pid_t root) const {
  const std::string own = namespace_of("/proc/self");
  if (own == namespace_ || !processes_) return root;
  pid_t found = 0;
  (void)processes_->each_name([&](std::string_view name) {
    if (name.find_first_not_of("0123456789") != name.npos) return true;
    const std::vector<pid_t> numbers = numbers_of(*processes_, std::string(name));
    const bool is_it = numbers.size() > 1 && numbers.back() == root &&
                       namespace_of(fmt::format("/proc/self/fd/{}/{}", processes_->number(), name)) == own;
    if (is_it) found = numbers.front();
    return !is_it;
  });
  return found;
}

void ProcessEvents::take(const char* octets, std::size_t size, std::vector<engine::Death>& out) {
  proc_event event{};
  std::memcpy(&event, octets, std::min(size, sizeof event));
  const auto what = static_cast<unsigned>(event.what);
  if (what == fork_event) {
    const auto& fork = event.event_data.fork;
    const bool is_thread = fork.child_pid != fork.child_tgid;
    if (!is_thread && known_.count(fork.parent_tgid) > 0) known_.insert(fork.child_tgid);
  } else if (what == exit_event) {
    const auto& exit = event.event_data.exit;
    if (exit.process_pid != exit.process_tgid || known_.erase(exit.process_tgid) == 0) return;
    const int status = static_cast<int>(exit.exit_code);
    if (WIFSIGNALED(status) && engine::tells_of_a_bug(WTERMSIG(status))) out.push_back({WTERMSIG(status), 0});
  }
}

}  // namespace smtpspec::fuzz
