// SPDX-License-Identifier: LGPL-2.1-or-later
// The load: a number of sessions, each with a number of READ(16) or WRITE(16) always on their way.
// One thread, so that it costs the same whatever server it speaks to.
#pragma once

#include <cstdint>
#include <string>

#include "tests/bench/peer/histogram.h"
#include "tests/bench/peer/initiator.h"

namespace lungate::bench {

struct LoadOptions {
  Url url;
  bool write = false;
  bool random = true;
  bool verify = false;  // writes carry a pattern by position, reads are held against it
  bool once = false;    // sequential: one pass over the disk, however long it takes
  std::uint32_t sessions = 1;
  std::uint32_t depth = 1;  // of each session
  std::uint32_t block_bytes = 4096;
  double warmup_seconds = 1;
  double seconds = 5;
  std::uint64_t seed = 1;
  std::uint64_t span_bytes = 0;  // only the first bytes of the disk; 0: all of it
  int server_pid = 0;            // whose CPU time is read; 0: nobody's
};

struct LoadResult {
  double seconds = 0;
  std::uint64_t ios = 0;  // answered GOOD, within the measured time
  std::uint64_t errors = 0;
  std::uint64_t mismatches = 0;
  Histogram latency;
  double client_cpu_us_per_io = 0;
  double server_cpu_us_per_io = 0;  // whole process, all threads; 0 when not asked for
};

/// Throws std::runtime_error when the server cannot be used.
LoadResult run_load(const LoadOptions& options);

}  // namespace lungate::bench
