// Memory that a process shares with those that it forks.
#pragma once

#include <cerrno>
#include <new>
#include <system_error>

#include <sys/mman.h>

namespace smtpspec::fuzz {

/// Lives as long as the processes do. Throws std::system_error.
template <class Shared>
[[nodiscard]] Shared& share() {
  void* const memory = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "memory to share with workers");
  return *new (memory) Shared;
}

}  // namespace smtpspec::fuzz
