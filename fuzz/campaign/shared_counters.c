/* Linked into a server that was built with clang -fsanitize-coverage=inline-8bit-counters, it lets a campaign of
 * smtpspec see the server's edges: the pages of its counters become those of the shared memory that __AFL_SHM_ID names,
 * in this process and in all that it forks. Without that variable it does nothing.
 *
 *     clang -fsanitize-coverage=inline-8bit-counters server.c shared_counters.c
 *
 * Counters that share a page with something else, at the begin and the end, are added when a process exits. */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

#define UNCOUNTED __attribute__((no_sanitize("coverage")))

/* What is added at the exit: counters, and where they belong. */
enum { most_parts = 64 };
static struct {
  const uint8_t* first;
  const uint8_t* last;
  uint8_t* shared;
} parts[most_parts];
static size_t part_count;

static uint8_t* shared;
static size_t size;
static size_t used; /* several objects with counters, as shared libraries are, share out the memory between them */

UNCOUNTED static void add_parts(void) {
  for (size_t i = 0; i < part_count; ++i)
    for (const uint8_t* at = parts[i].first; at < parts[i].last; ++at) {
      uint8_t* const sum = parts[i].shared + (at - parts[i].first);
      *sum = (uint8_t)(*sum + *at < 255 ? *sum + *at : 255);
    }
}

UNCOUNTED static void add_at_exit(const uint8_t* first, const uint8_t* last) {
  const size_t octets = (size_t)(last - first);
  if (octets == 0 || part_count == most_parts || octets > size - used) return;
  parts[part_count].first = first;
  parts[part_count].last = last;
  parts[part_count].shared = shared + used;
  used += octets;
  if (part_count++ == 0) atexit(add_parts);
}

/* Whole pages, from a page of the shared memory on. */
UNCOUNTED static int put_pages(uint8_t* first, uint8_t* last, size_t page) {
  used = (used + page - 1) / page * page;
  const size_t octets = (size_t)(last - first);
  if (used >= size || octets > size - used) return 0;
  uint8_t* const all = shmat(atoi(getenv("__AFL_SHM_ID")), NULL, 0);
  if (all == (uint8_t*)-1) return 0;
  if (mremap(all + used, octets, octets, MREMAP_MAYMOVE | MREMAP_FIXED, first) == MAP_FAILED) return 0;
  used += octets;
  return 1;
}

UNCOUNTED void __sanitizer_cov_8bit_counters_init(uint8_t* start, uint8_t* stop) {
  const char* const id = getenv("__AFL_SHM_ID");
  const char* const size_word = getenv("AFL_MAP_SIZE");
  if (id == NULL || start == stop) return;
  const size_t page = (size_t)sysconf(_SC_PAGESIZE);
  if (shared == NULL) {
    size = size_word == NULL ? 65536 : strtoul(size_word, NULL, 10);
    shared = shmat(atoi(id), NULL, 0);
    if (shared == (uint8_t*)-1) size = 0;
  }
  uint8_t* const first = (uint8_t*)(((uintptr_t)start + page - 1) / page * page);
  uint8_t* const last = (uint8_t*)((uintptr_t)stop / page * page);
  if (last <= first || !put_pages(first, last, page)) {
    add_at_exit(start, stop);
    return;
  }
  add_at_exit(start, first);
  add_at_exit(last, stop);
}

/* Some versions of clang want it beside the counters; nothing is to be done for it. */
__attribute__((weak)) UNCOUNTED void __sanitizer_cov_pcs_init(const uintptr_t* start, const uintptr_t* stop) {
  (void)start;
  (void)stop;
}
