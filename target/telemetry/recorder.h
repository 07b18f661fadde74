// SPDX-License-Identifier: LGPL-2.1-or-later

// How the target counts: handles to one loop's cells of the shared-memory segment. A cell has one
// writer (its loop), so counting is a plain load and store: no lock, no read-modify-write on the
// bus, no allocation, no system call. Nothing reads back, nobody is waited for.
//
// Handles are two pointers: copy them freely. They stay valid as long as the Segment lives, and are
// used on their loop's thread only. A default-made handle counts nothing: code that records needs
// no "is telemetry on".
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "base/clock.h"
#include "telemetry/histogram.h"
#include "telemetry/kinds.h"
#include "telemetry/layout.h"

namespace lungate::telemetry {

/// The place of one LUN in the segment, from Segment::add_lun() until remove_lun().
struct SlotId {
  std::uint32_t value = 0;
  friend constexpr bool operator==(SlotId, SlotId) = default;
};

namespace detail {

inline void put(std::uint64_t& cell, std::uint64_t value) noexcept {
  std::atomic_ref<std::uint64_t>(cell).store(value, std::memory_order_relaxed);
}

inline std::uint64_t get(std::uint64_t& cell) noexcept {
  return std::atomic_ref<std::uint64_t>(cell).load(std::memory_order_relaxed);
}

/// One writer per cell: this is no atomic increment, and need not be. The load and the store are
/// atomic so that a reader sees a whole number, relaxed because no other cell is inferred from it.
inline void bump(std::uint64_t& cell, std::uint64_t n = 1) noexcept {
  put(cell, get(cell) + n);
}

}  // namespace detail

/// One I/O that has ended. A plain value: fill it from the task's clock readings.
struct IoRecord {
  Op op = Op::kOther;
  ErrorClass error = ErrorClass::kNone;
  std::uint64_t bytes = 0;                           // user data that was moved, not what was asked
  std::array<std::uint64_t, kStages> stage_ns = {};  // their sum is the latency
};

/// One loop's cells of one LUN. Made by LoopRecorder::lun(); a copy writes to the same cells, so
/// only the loop's own thread may have any. Handles are dropped before remove_lun(); one of an I/O
/// that is still in flight then may be used until it has ended, and must be dropped with it: what
/// happens to its answer later is not recorded.
class LunRecorder {
 public:
  LunRecorder() = default;

  /// Counts an I/O when its response has been handed to the kernel. Some sixteen additions, no
  /// lock, no allocation, no system call; tests/bench/telemetry watches that it stays so.
  void record(const IoRecord& io) noexcept;

  /// This loop's I/Os of this LUN that have begun and not ended, and when the oldest of them began.
  /// Said at each change, for it is what shows an I/O that never ends. `oldest` {} when count is 0.
  void set_in_flight(std::uint32_t count, BootTime oldest) noexcept {
    if (lun_ == nullptr) return;
    detail::put(lun_->in_flight, count);
    detail::put(lun_->oldest_start_ns, count == 0 ? 0 : oldest.ns);
  }

  void add(LunCounter counter, std::uint64_t n = 1) noexcept {
    if (lun_ != nullptr) detail::bump(lun_->counters[index_of(counter)], n);
  }

  void add(TaskFunction function, TaskResponse response) noexcept {
    add(task_counter(function, response));
  }

  /// Whether both write to the same cells.
  friend bool operator==(const LunRecorder&, const LunRecorder&) = default;

 private:
  friend class LoopRecorder;
  LunRecorder(layout::LunShard* lun, layout::LoopShard* loop) : lun_(lun), loop_(loop) {}

  layout::LunShard* lun_ = nullptr;
  layout::LoopShard* loop_ = nullptr;
};

/// One loop's cells of the gateway, and the way to its cells of each LUN.
class LoopRecorder {
 public:
  LoopRecorder() = default;

  /// REQUIRES: `slot` came from this segment's add_lun().
  LunRecorder lun(SlotId slot) const noexcept;

  /// The loop woke up and begins to call back. Each end of a turn is a heartbeat, so a loop that
  /// has nothing to do must have a timer that wakes it (the lane's tick): silence for seconds means
  /// that the loop hangs or the process is stopped.
  void turn_started(BootTime now) noexcept {
    if (loop_ == nullptr) return;
    detail::put(loop_->turn_start_ns, now.ns);
    detail::put(loop_->heartbeat_ns, now.ns);
  }

  /// The loop goes back to wait. A turn that never gets here is a wedged loop, and seen as one.
  void turn_ended(BootTime now) noexcept {
    if (loop_ == nullptr) return;
    const BootTime start{detail::get(loop_->turn_start_ns)};
    if (start.ns != 0) {
      detail::bump(loop_->busy_ns, now - start);
      detail::bump(loop_->turns);
    }
    detail::put(loop_->turn_start_ns, 0);
    detail::put(loop_->heartbeat_ns, now.ns);
  }

  /// A timer fired this much later than it was due: what each event on this loop has waited.
  void lagged(std::uint64_t ns) noexcept {
    if (loop_ == nullptr) return;
    detail::bump(loop_->lag_ns, ns);
    detail::bump(loop_->lag[bin_of(ns)]);
  }

  void add(GatewayCounter counter, std::uint64_t n = 1) noexcept {
    if (loop_ != nullptr) detail::bump(loop_->counters[index_of(counter)], n);
  }

  /// This loop's share of a level; the reader sums the loops.
  void set(GatewayGauge gauge, std::uint64_t value) noexcept {
    if (loop_ != nullptr) detail::put(loop_->gauges[index_of(gauge)], value);
  }

 private:
  friend class Segment;
  LoopRecorder(layout::LoopShard* loop, layout::LunShard* first, std::uint32_t stride,
               std::uint32_t slots)
      : loop_(loop), first_lun_(first), lun_stride_(stride), slots_(slots) {}

  layout::LoopShard* loop_ = nullptr;
  layout::LunShard* first_lun_ = nullptr;  // this loop's shard of slot 0
  std::uint32_t lun_stride_ = 0;           // in shards: the number of loops
  std::uint32_t slots_ = 0;
};

// Sums before bins, here and in layout.h: who copies upwards while this runs may see bins that are
// ahead of their sum by the I/O in progress, never a sum without its bin. Stages are kept per LUN
// as sums (where did this disk's time go) and per gateway as histograms (which stage has a tail):
// histograms of each LUN's stages would take four times the memory.
inline void LunRecorder::record(const IoRecord& io) noexcept {
  if (lun_ == nullptr) return;
  const std::size_t op = index_of(io.op);
  const std::size_t op_class = index_of(kOpClassOf[op]);
  std::uint64_t total_ns = 0;
  for (std::size_t stage = 0; stage < kStages; ++stage) {
    const std::uint64_t ns = io.stage_ns[stage];
    total_ns += ns;
    detail::bump(lun_->stage_ns[op][stage], ns);
    detail::bump(loop_->stage_ns[op_class][stage], ns);
    detail::bump(loop_->stages[op_class][stage][bin_of(ns)]);
  }
  detail::bump(lun_->latency[op][bin_of(total_ns)]);
  detail::bump(lun_->bytes[op], io.bytes);
  if (io.op == Op::kRead || io.op == Op::kWrite) {
    detail::bump(lun_->sizes[op][size_bin_of(io.bytes)]);
  }
  if (io.error != ErrorClass::kNone) detail::bump(lun_->errors[op][index_of(io.error)]);
}

}  // namespace lungate::telemetry
