// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/sim/system.h"

#include <sys/random.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "tests/sim/chance.h"

namespace lungate::sim {
namespace {

constexpr std::uint64_t kDay_ns = 86'400'000'000'000u;

/// One per process, as the system is.
std::uint64_t time_ns = kDay_ns;
bool wall_clock_is_ours = false;
Seeded bytes(0);

int real_time(clockid_t clock, timespec* time) {
  return static_cast<int>(::syscall(SYS_clock_gettime, clock, time));
}

}  // namespace

void begin_system(std::uint64_t seed) {
  time_ns = kDay_ns;
  bytes = Seeded(~seed);
}

void own_wall_clock() {
  wall_clock_is_ours = true;
}

BootTime now() {
  return {time_ns};
}

void let_pass(Nanoseconds span) {
  time_ns += static_cast<std::uint64_t>(span.count());
}

Nanoseconds really_now() {
  timespec time{};
  real_time(CLOCK_MONOTONIC, &time);
  return std::chrono::seconds(time.tv_sec) + Nanoseconds(time.tv_nsec);
}

}  // namespace lungate::sim

extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
  using namespace lungate::sim;
  const bool ours = clock == CLOCK_BOOTTIME || clock == CLOCK_MONOTONIC ||
                    (clock == CLOCK_REALTIME && wall_clock_is_ours);
  if (!ours) return real_time(clock, time);
  time->tv_sec = static_cast<time_t>(time_ns / 1'000'000'000u);
  time->tv_nsec = static_cast<long>(time_ns % 1'000'000'000u);
  return 0;
}

extern "C" ssize_t getrandom(void* to, size_t size, unsigned) {
  for (size_t i = 0; i < size; ++i)
    static_cast<unsigned char*>(to)[i] = static_cast<unsigned char>(lungate::sim::bytes.below(256));
  return static_cast<ssize_t>(size);
}
