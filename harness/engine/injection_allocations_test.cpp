// Memory: of all allocations of the thread that plays one fails.
#include <cstdlib>
#include <exception>
#include <new>

#include <unistd.h>

#include "harness/engine/injection_test.hpp"

namespace {

/// Of this thread: the allocation that fails; 0: none.
thread_local std::size_t failing_allocation = 0;
thread_local std::size_t allocations = 0;

void* allocate_or_not(std::size_t size) noexcept {
  if (++allocations == failing_allocation) return nullptr;
  return std::malloc(size == 0 ? 1 : size);  // NOLINT: it is operator new
}

void* allocate(std::size_t size) {
  if (void* const memory = allocate_or_not(size)) return memory;
  throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t size) { return allocate(size); }
void* operator new[](std::size_t size) { return allocate(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return allocate_or_not(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return allocate_or_not(size); }
void operator delete(void* memory) noexcept { std::free(memory); }                 // NOLINT
void operator delete[](void* memory) noexcept { std::free(memory); }               // NOLINT
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }    // NOLINT
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }  // NOLINT

namespace smtpspec::engine {
namespace {

/// Asio cannot throw out of everything; the command ends by 70 then.
[[noreturn]] void end_as_the_command_does() { _exit(0); }

bool is_true_without(std::size_t allocation) {
  std::set_terminate(end_as_the_command_does);
  Bench bench;
  const RunSettings settings = bench.settings();
  allocations = 0;
  failing_allocation = allocation;
  try {
    const Run run = bench.run(settings);
    failing_allocation = 0;
    return bench.is_true(run);
  } catch (const std::bad_alloc&) {  // before it began, or when it was summed up: 70 as well
    return true;
  }
}

std::size_t all_allocations() {
  Bench bench;
  const RunSettings settings = bench.settings();
  allocations = 0;
  REQUIRE(bench.run(settings).result.count(Outcome::fail) == 12);
  return allocations;
}

TEST_CASE("no allocation that fails brings a run down, hangs it, or makes it green") {
  const std::size_t all = all_allocations();
  CHECK(all > 5000);
  CHECK(bad_among(up_to(100, 1), is_true_without) == std::vector<std::size_t>());
  CHECK(bad_among(up_to(all, 50), is_true_without) == std::vector<std::size_t>());
}

TEST_CASE("each allocation", "[.each]") {
  const std::size_t all = all_allocations();
  WARN(all << " allocations");
  CHECK(bad_among(up_to(all, 1), is_true_without) == std::vector<std::size_t>());
}

}  // namespace
}  // namespace smtpspec::engine
