#include "fuzz/campaign/edge_map.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <system_error>

#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

namespace smtpspec::fuzz {

namespace {

/// A server that root starts becomes other users, and each of its processes comes to the map by itself.
int mode() { return geteuid() == 0 ? 0666 : 0600; }

}  // namespace

EdgeMap::EdgeMap() : id_(shmget(IPC_PRIVATE, size, IPC_CREAT | mode())) {
  if (id_ < 0) throw std::system_error(errno, std::generic_category(), "memory to share with the server");
  void* const memory = shmat(id_, nullptr, 0);
  const int problem = errno;
  // Who is told its number may still come to it, as long as somebody has it (Linux); it goes with the last.
  shmctl(id_, IPC_RMID, nullptr);
  if (std::bit_cast<std::intptr_t>(memory) == -1) {
    throw std::system_error(problem, std::generic_category(), "memory to share with the server");
  }
  edges_ = static_cast<std::uint8_t*>(memory);
}

EdgeMap::~EdgeMap() { shmdt(edges_); }

void EdgeMap::announce() const {
  setenv("__AFL_SHM_ID", std::to_string(id_).c_str(), 1);
  setenv("AFL_MAP_SIZE", std::to_string(size).c_str(), 1);
}

/// Pages that no process has touched yet hold nothing, are not in memory, and need not come there: a server has a
/// hundredth of the edges that there is room for, and both clearing and adding are done for each session.
template <class Do>
void EdgeMap::each_page(const Do& act) const {
  constexpr std::size_t least_page = 4096;
  std::array<unsigned char, size / least_page> is_there;
  is_there.fill(1);
  static const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  (void)mincore(edges_, size, is_there.data());
  for (std::size_t first = 0; first < size; first += page)
    if ((is_there[first / page] & 1U) != 0) act(first, first + page);
}

void EdgeMap::clear() {
  each_page([this](std::size_t first, std::size_t last) { std::memset(edges_ + first, 0, last - first); });
}

std::size_t EdgeMap::add_to(std::span<std::uint8_t> counters) const {
  std::size_t seen = 0;
  each_page([&](std::size_t first, std::size_t last) {
    for (std::size_t word = first; word < last; word += sizeof(std::uint64_t)) {
      std::uint64_t some = 0;
      std::memcpy(&some, edges_ + word, sizeof some);
      for (std::size_t i = word; some != 0 && i < word + sizeof some; ++i) {
        if (edges_[i] == 0) continue;
        ++seen;
        std::uint8_t& counter = counters[i % counters.size()];
        counter = static_cast<std::uint8_t>(std::min(255, counter + edges_[i]));
      }
    }
  });
  return seen;
}

}  // namespace smtpspec::fuzz
