// SPDX-License-Identifier: LGPL-2.1-or-later
// What the operating system gives to a process and a seed must give instead: time that passes and
// bytes that nobody can foresee. A program that links system.cc has its own clock_gettime() and
// getrandom(): the gateway and libev ask them like everybody else, so neither needs a seam.
#pragma once

#include <cstdint>

#include "base/clock.h"

namespace lungate::sim {

/// Begins a life: the clock stands at a day after boot, the random bytes follow from the seed.
void begin_system(std::uint64_t seed);
/// The wall clock is ours, too, from now on. (A fuzzer's own time-outs go by the real one.)
void own_wall_clock();
/// CLOCK_BOOTTIME and CLOCK_MONOTONIC of this process.
BootTime now();
void let_pass(Nanoseconds span);

/// CLOCK_MONOTONIC as everybody else has it: for who measures the simulation itself.
Nanoseconds really_now();

}  // namespace lungate::sim
