// SPDX-License-Identifier: LGPL-2.1-or-later
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
