// SPDX-License-Identifier: LGPL-2.1-or-later
// What everybody in a simulation knows: the order of things, the disks as they must be, and what
// has been done that explains what would be a fault otherwise.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "tests/sim/chance.h"
#include "tests/sim/disk.h"
#include "tests/sim/reservations.h"
#include "tests/sim/trace.h"

namespace lungate::sim {

inline constexpr unsigned kDisks = 2;

/// What has happened at all: a simulation in which nothing does would find nothing.
struct Tally {
  std::uint64_t steps = 0;
  std::uint64_t logins = 0;
  std::uint64_t logins_refused = 0;
  std::uint64_t reads = 0;   // GOOD
  std::uint64_t writes = 0;  // GOOD
  std::uint64_t swaps = 0;   // GOOD
  std::uint64_t conflicts = 0;
  std::uint64_t errors = 0;  // any other status
  std::uint64_t aborted = 0;
  std::uint64_t reinstated = 0;
  std::uint64_t continued = 0;
  std::uint64_t losses = 0;
  std::uint64_t r2ts = 0;
  std::uint64_t reserved = 0;
  std::uint64_t ignored = 0;  // PDUs outside the window
  std::uint64_t spoilt = 0;
  std::uint64_t stalls = 0;
  std::uint64_t nights = 0;
};

/// A LUN as its initiators know it.
struct Volume {
  explicit Volume(unsigned number) : disk(number) {}
  Disk disk;
  Reservations reservations;
  /// Requests that take others' commands away without a word to them: how many were made, and how
  /// many of these may still be at work.
  unsigned takings = 0;
  unsigned takings_open = 0;
};

struct Scene {
  Scene(Chance& its_chance, bool aloud) : chance(&its_chance), trace(aloud) {}

  Moment next_moment() { return ++moment; }

  Chance* chance;  // a fuzzer gives each step its own
  Trace trace;
  Moment moment = 0;
  Tally tally;
  std::array<Volume, kDisks> volumes{Volume(0), Volume(1)};
  WriteId last_write = 0;

  bool peaceful = false;   // initiators stay, and seldom take anything back
  bool reserving = false;  // they reserve often

  // What explains statuses and closed connections.
  bool stores_fail = false;
  bool memory_is_tight = false;
  bool draining = false;
  bool cold_reset = false;  // it ends sessions some time after
  unsigned window = 8;      // commands of one session
};

}  // namespace lungate::sim
