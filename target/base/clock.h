// SPDX-License-Identifier: LGPL-2.1-or-later

// Time. Intervals are measured on CLOCK_BOOTTIME (it counts a suspended machine's sleep, so a pause
// is seen) and never compared between machines. Pure rooms take time as a parameter.
#pragma once

#include <chrono>
#include <cstdint>

namespace lungate {

using Nanoseconds = std::chrono::nanoseconds;

/// A point on this machine's CLOCK_BOOTTIME, in nanoseconds. 0 means "never".
struct BootTime {
  std::uint64_t ns = 0;

  friend constexpr auto operator<=>(BootTime, BootTime) = default;
  /// Never negative: readings of two threads may be some nanoseconds out of order.
  friend constexpr std::uint64_t operator-(BootTime later, BootTime earlier) {
    return later.ns > earlier.ns ? later.ns - earlier.ns : 0;
  }
  friend constexpr BootTime operator+(BootTime time, Nanoseconds span) {
    return {time.ns + static_cast<std::uint64_t>(span.count())};
  }
};

/// One vDSO call, about 30 ns. Read it once per event, not once per metric.
BootTime boot_now() noexcept;

/// Wall-clock nanoseconds since the epoch, for people to read; never for intervals.
std::uint64_t wall_now_ns() noexcept;

}  // namespace lungate
