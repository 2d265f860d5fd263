// A test's own: what the command asks of the system for its files, and of the clock, passes through here (the linker's
// --wrap), and one call of them fails. What the libraries that we link ask for themselves does not.
//
// SMTPSPEC_FAILS says which: "HOW N". HOW of the calls for files:
//   once      the N-th fails with EIO, and no other
//   full      from the N-th on no call makes or fills a file any more: ENOSPC
//   part      the N-th that reads or writes does so with a part of its octets
// and of those of the clock:
//   jumps     from the N-th on it is an hour later
//   stands    from the N-th on it is that moment still, for two seconds
// SMTPSPEC_FAILS_TOLD names a file that gets, at a regular end, the number of the calls that could fail so, and the
// name of the first that did.
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

using Clock = std::chrono::steady_clock;

extern "C" {
int __real_openat(int folder, const char* name, int flags, mode_t mode);
int __real_mkdirat(int folder, const char* name, mode_t mode);
int __real_unlinkat(int folder, const char* name, int flags);
int __real_renameat(int from_folder, const char* from, int to_folder, const char* to);
int __real_fsync(int descriptor);
int __real_fstat(int descriptor, struct stat* status);
int __real_close(int descriptor);
ssize_t __real_write(int descriptor, const void* octets, size_t size);
ssize_t __real_pread(int descriptor, void* octets, size_t size, off_t offset);
DIR* __real_fdopendir(int descriptor);
dirent* __real_readdir(DIR* names);
int __real_pthread_cond_clockwait(pthread_cond_t* condition, pthread_mutex_t* mutex, clockid_t clock,
                                  const timespec* until);
/// A time_point is returned as the number that it holds.
std::int64_t __real__ZNSt6chrono3_V212steady_clock3nowEv();
}

namespace {

enum class How { none, once, full, part, jumps, stands };

struct Failure {
  How how = How::none;
  long number = 0;
  std::atomic<long> calls{0};
  std::atomic<const char*> failed{nullptr};
  std::atomic<bool> has_jumped{false};

  Failure() {
    char word[16] = "";
    const char* const wish = std::getenv("SMTPSPEC_FAILS");
    if (wish == nullptr) return;
    if (std::sscanf(wish, "%15s %ld", word, &number) != 2) std::abort();
    const std::pair<const char*, How> words[] = {
        {"once", How::once}, {"full", How::full}, {"part", How::part}, {"jumps", How::jumps}, {"stands", How::stands}};
    for (const auto& [name, meant] : words)
      if (std::strcmp(word, name) == 0) how = meant;
    if (how == How::none) std::abort();
  }
  Failure(const Failure&) = delete;
  Failure& operator=(const Failure&) = delete;
  ~Failure() {
    const char* const told = std::getenv("SMTPSPEC_FAILS_TOLD");
    std::FILE* const file = told == nullptr ? nullptr : std::fopen(told, "w");
    if (file == nullptr) return;
    std::fprintf(file, "%ld %s\n", calls.load(), failed == nullptr ? "nothing" : failed.load());
    std::fclose(file);
  }

  /// Counts a call, and says whether it fails.
  bool comes(const char* name, bool and_all_after) {
    const long call = ++calls;
    if (number == 0 || (and_all_after ? call < number : call != number)) return false;
    const char* none = nullptr;
    failed.compare_exchange_strong(none, name);
    return true;
  }
};

Failure& failure() {
  static Failure one;
  return one;
}

/// What a file is asked for: it is made or filled, so that there must be room for it, or something else.
enum class Makes { no, yes };

bool fails(const char* name, Makes makes) {
  const How how = failure().how;
  if (how != How::once && (how != How::full || makes == Makes::no)) return false;
  if (!failure().comes(name, how == How::full)) return false;
  errno = how == How::full ? ENOSPC : EIO;
  return true;
}

constexpr std::chrono::hours jump{1};

size_t part_of(const char* name, size_t size) {
  return failure().how == How::part && size > 1 && failure().comes(name, false) ? size / 2 : size;
}

/// Asio writes to what is none, and the terminal may be anything.
bool is_file(int descriptor) {
  struct stat status {};
  return descriptor > STDERR_FILENO && __real_fstat(descriptor, &status) == 0 &&
         (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode));
}

bool is_written(int descriptor) {
  const int before = errno;
  const bool written = is_file(descriptor) && (fcntl(descriptor, F_GETFL) & O_ACCMODE) != O_RDONLY;
  errno = before;
  return written;
}

}  // namespace

extern "C" {

int __wrap_openat(int folder, const char* name, int flags, mode_t mode) {
  return fails("openat", (flags & O_CREAT) != 0 ? Makes::yes : Makes::no) ? -1
                                                                          : __real_openat(folder, name, flags, mode);
}
int __wrap_mkdirat(int folder, const char* name, mode_t mode) {
  return fails("mkdirat", Makes::yes) ? -1 : __real_mkdirat(folder, name, mode);
}
int __wrap_unlinkat(int folder, const char* name, int flags) {
  return fails("unlinkat", Makes::no) ? -1 : __real_unlinkat(folder, name, flags);
}
int __wrap_renameat(int from_folder, const char* from, int to_folder, const char* to) {
  return fails("renameat", Makes::yes) ? -1 : __real_renameat(from_folder, from, to_folder, to);
}
int __wrap_fsync(int descriptor) { return fails("fsync", Makes::yes) ? -1 : __real_fsync(descriptor); }
int __wrap_fstat(int descriptor, struct stat* status) {
  return fails("fstat", Makes::no) ? -1 : __real_fstat(descriptor, status);
}
/// It is closed whatever it says.
int __wrap_close(int descriptor) {
  const bool failed = is_written(descriptor) && fails("close", Makes::yes);
  const int error = errno;
  const int closed = __real_close(descriptor);
  if (!failed) return closed;
  errno = error;
  return -1;
}
ssize_t __wrap_write(int descriptor, const void* octets, size_t size) {
  if (!is_file(descriptor)) return __real_write(descriptor, octets, size);
  return fails("write", Makes::yes) ? -1 : __real_write(descriptor, octets, part_of("write", size));
}
ssize_t __wrap_pread(int descriptor, void* octets, size_t size, off_t offset) {
  return fails("pread", Makes::no) ? -1 : __real_pread(descriptor, octets, part_of("pread", size), offset);
}
DIR* __wrap_fdopendir(int descriptor) { return fails("fdopendir", Makes::no) ? nullptr : __real_fdopendir(descriptor); }
dirent* __wrap_readdir(DIR* names) { return fails("readdir", Makes::no) ? nullptr : __real_readdir(names); }

std::int64_t __wrap__ZNSt6chrono3_V212steady_clock3nowEv() {
  constexpr std::int64_t stillness = Clock::duration(std::chrono::seconds{2}).count();
  const std::int64_t now = __real__ZNSt6chrono3_V212steady_clock3nowEv();
  Failure& one = failure();
  if ((one.how != How::jumps && one.how != How::stands) || !one.comes("now", true)) return now;
  one.has_jumped = one.how == How::jumps;
  if (one.has_jumped) return now + Clock::duration(jump).count();
  static const std::int64_t stands_at = now;
  return now < stands_at + stillness ? stands_at : now;
}
/// The system's own waits know nothing of the jump.
int __wrap_pthread_cond_clockwait(pthread_cond_t* condition, pthread_mutex_t* mutex, clockid_t clock,
                                  const timespec* until) {
  timespec moved = *until;
  if (failure().has_jumped) moved.tv_sec -= std::chrono::seconds(jump).count();
  return __real_pthread_cond_clockwait(condition, mutex, clock, &moved);
}
}
