#include "fuzz/campaign/progress.hpp"

#include <cerrno>
#include <new>
#include <system_error>

#include <sys/mman.h>

namespace smtpspec::fuzz {

Progress& shared_progress() {
  void* const memory = mmap(nullptr, sizeof(Progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "memory for a campaign's progress");
  return *new (memory) Progress;
}

}  // namespace smtpspec::fuzz
