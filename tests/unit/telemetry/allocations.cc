// SPDX-License-Identifier: LGPL-2.1-or-later
// Every new-expression of this program comes by here: for tests that nothing is allocated on the
// way of an I/O, and that nothing is lost where there is no memory.
#include "tests/unit/telemetry/allocations.h"

#include <cstdlib>
#include <new>

namespace {
constexpr std::uint64_t kNever = ~std::uint64_t{0};
thread_local std::uint64_t seen = 0;
thread_local std::uint64_t failing = kNever;  // the number of the one that fails
}  // namespace

// Not inlined, or the compiler sees malloc() meet operator delete and objects.
[[gnu::noinline]] void* operator new(std::size_t size) {
  if (seen++ == failing) throw std::bad_alloc();
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return seen++ == failing ? nullptr : std::malloc(size);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace lungate::telemetry {

std::uint64_t allocations() {
  return seen;
}

void fail_allocation_after(std::uint64_t spared) {
  failing = seen + spared;
}

bool allocation_has_failed() {
  const bool failed = failing < seen;
  failing = kNever;
  return failed;
}

}  // namespace lungate::telemetry
