// SPDX-License-Identifier: LGPL-2.1-or-later

// The two clocks. Intervals and ages are of CLOCK_BOOTTIME, which goes on while a machine sleeps,
// since a pause of the host is a fault that must be seen (a lease that ran out meanwhile is over);
// wall time is for people only and never compared. Any thread; neither call can fail on Linux.
#include "base/clock.h"

#include <ctime>

namespace lungate {
namespace {

std::uint64_t read_clock(clockid_t clock) noexcept {
  timespec now{};
  ::clock_gettime(clock, &now);  // cannot fail for these clocks on Linux
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000u +
         static_cast<std::uint64_t>(now.tv_nsec);
}

}  // namespace

BootTime boot_now() noexcept {
  return {read_clock(CLOCK_BOOTTIME)};
}

std::uint64_t wall_now_ns() noexcept {
  return read_clock(CLOCK_REALTIME);
}

}  // namespace lungate
