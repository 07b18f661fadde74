// SPDX-License-Identifier: LGPL-2.1-or-later

// How the target counts: handles to one loop's cells of the shared-memory segment. A cell has one
// writer (its loop), so counting is a plain load and store: no lock, no read-modify-write on the
// bus, no allocation, no system call. Nothing reads back, nobody is waited for.
//
// Handles are a few pointers: copy them freely. They stay valid as long as the Segment lives, and
// are used on their loop's thread only. A default-made handle counts nothing: code that records
// needs no "is telemetry on".
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/limits.h"
#include "telemetry/histogram.h"
#include "telemetry/kinds.h"
#include "telemetry/layout.h"

namespace lungate::telemetry {

/// The place of one LUN in the segment, from Segment::add_lun() until remove_lun().
struct SlotId {
  std::uint32_t value = 0;
  friend constexpr bool operator==(SlotId, SlotId) = default;
};

class NexusTable;

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

/// Places of the ring that somebody has used in the present second, by SlowKind.
struct SlowUse {
  std::uint64_t second = 0;
  std::array<std::uint32_t, kSlowKinds> used = {};

  /// This second's, of that kind.
  std::uint32_t& of(SlowKind kind, std::uint64_t now_second) noexcept {
    if (now_second != second) *this = {now_second, {}};
    return used[index_of(kind)];
  }
};

/// Where one loop's cells are, and what its ring of slow I/O is at. The Segment has one per loop;
/// what changes here is the loop's own.
struct LoopCells {
  layout::LoopShard* loop = nullptr;
  std::size_t stride = 0;  // from one slot's shard of this loop to the next one's: the loops
  layout::LunSlot* lun_slots = nullptr;
  layout::LunShard* first_lun = nullptr;  // this loop's shard of slot 0; so below
  std::size_t slots = 0;
  NexusTable* nexuses = nullptr;  // null: initiators are not counted
  layout::NexusShard* first_nexus = nullptr;
  layout::PortalShard* first_portal = nullptr;
  std::size_t portals = 0;
  layout::SlowRecord* slow = nullptr;  // this loop's ring
  std::uint64_t slow_kept = 0;
  SlowUse slow_use;
};

}  // namespace detail

/// One I/O that has ended. A plain value: fill it from the task's clock readings.
struct IoRecord {
  Op op = Op::kOther;
  ErrorClass error = ErrorClass::kNone;
  std::uint64_t bytes = 0;                           // user data that was moved, not what was asked
  std::array<std::uint64_t, kStages> stage_ns = {};  // their sum is the latency
};

/// One I/O that was slower than it should be, or is stuck: what the histograms cannot say of it.
struct SlowIo {
  SlowKind kind = SlowKind::kEnded;
  IoRecord io;  // kStuck: the stages that are over, and the bytes that are to be moved
  BootTime start;
  BootTime recorded;  // when it ended, or was seen to be stuck
  std::uint8_t opcode = 0;
  std::uint64_t lba = 0;  // 0 where the command has none
  std::uint32_t task_tag = 0;
  std::string_view initiator;       // its name
  std::string_view peer;            // its address
  std::optional<Stage> stage = {};  // kStuck: where it is; kEnded: nowhere
};

/// What became of a SlowIo.
enum class SlowKept : std::uint8_t {
  kKept,
  kShareIsUsed,   // its session has had its share of this second
  kSecondIsUsed,  // this second has no place left, for whomever
};

/// A session's share of the ring. Its loop's thread only.
class SlowShare {
 private:
  friend class LoopRecorder;
  detail::SlowUse use_;
};

/// One loop's cells of one initiator on one LUN. Made by LoopRecorder::nexus(), used as
/// LunRecorder.
class NexusRecorder {
 public:
  NexusRecorder() = default;

  /// Beside LunRecorder::record(), for the same I/O. `slow`: what that one said. False: the slot
  /// was given away, since this initiator had done nothing here for limits::kNexusIdleTime; or it
  /// is the LUN's common one, and at `now` one of its own may be free. Nothing was counted: ask
  /// LoopRecorder::nexus() again, and then record() without `now`.
  bool record(const IoRecord& io, bool slow, BootTime now = {}) noexcept;

 private:
  friend class LoopRecorder;
  NexusRecorder(layout::NexusShard* nexus, layout::NexusSlot* slot, std::uint64_t generation,
                BootTime ask_again)
      : nexus_(nexus), slot_(slot), generation_(generation), ask_again_(ask_again) {}
  layout::NexusShard* nexus_ = nullptr;
  layout::NexusSlot* slot_ = nullptr;
  std::uint64_t generation_ = 0;  // of the slot, when it was ours
  BootTime ask_again_;            // for a slot of its own; never, if it has one
};

/// One loop's cells of one portal. Made by LoopRecorder::portal().
class PortalRecorder {
 public:
  PortalRecorder() = default;

  /// A connection came in through the portal: one more, and one accepted.
  void connected() noexcept;
  void disconnected() noexcept;
  void received(std::uint64_t pdus, std::uint64_t bytes) noexcept;
  void sent(std::uint64_t pdus, std::uint64_t bytes) noexcept;
  /// What TCP had to send again, and what came in another order than it was sent.
  void lost(std::uint64_t retransmitted_bytes, std::uint64_t out_of_order_segments) noexcept;

 private:
  friend class LoopRecorder;
  explicit PortalRecorder(layout::PortalShard* portal) : portal_(portal) {}
  layout::PortalShard* portal_ = nullptr;
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
  /// True: it was slow (a read or write above the LUN's SLO, anything else above
  /// limits::kSlowOther): LoopRecorder::keep_slow() has a place for what the caller knows of it.
  bool record(const IoRecord& io) noexcept;

  /// This loop's I/Os of this LUN that have begun and not ended, and when the oldest of them began.
  /// Said at each change, for it is what shows an I/O that never ends. `oldest` {} when count is 0.
  void set_in_flight(std::uint32_t count, BootTime oldest) noexcept {
    if (lun_ == nullptr) return;
    detail::put(lun_->in_flight, count);
    detail::put(lun_->oldest_start_ns, count == 0 ? 0 : oldest.ns);
  }

  /// Since when the store owes the answer that it owes this loop for longest; {}: none.
  void set_in_store(BootTime oldest) noexcept {
    if (lun_ != nullptr) detail::put(lun_->oldest_in_store_ns, oldest.ns);
  }

  /// Since when the command waits that has waited for its initiator for longest; {}: none.
  void set_waiting(BootTime oldest) noexcept {
    if (lun_ != nullptr) detail::put(lun_->oldest_waiting_ns, oldest.ns);
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
  LunRecorder(layout::LunShard* lun, layout::LoopShard* loop, layout::LunSlot* slot)
      : lun_(lun), loop_(loop), slot_(slot) {}

  layout::LunShard* lun_ = nullptr;
  layout::LoopShard* loop_ = nullptr;
  layout::LunSlot* slot_ = nullptr;  // read: what is promised
};

/// One loop's cells of the gateway, and the way to its cells of each LUN.
class LoopRecorder {
 public:
  LoopRecorder() = default;

  /// REQUIRES: `slot` came from this segment's add_lun().
  LunRecorder lun(SlotId slot) const noexcept;

  /// The cells of this initiator on that LUN, for all its sessions on this loop: asked for seldom,
  /// since it takes a lock. Counts nothing when initiators are not counted, when the LUN has been
  /// removed, or for want of memory; counts under the empty name when there is no slot left
  /// (kInitiatorsNoSlot).
  NexusRecorder nexus(SlotId slot, std::string_view initiator,
                      BootTime now = boot_now()) const noexcept;

  /// The cells of the plan's portal with this index; one that the plan does not have counts
  /// nothing.
  PortalRecorder portal(std::size_t index) const noexcept;

  /// Puts one into the ring, unless this second has had limits::kSlowPerSecondMax already, or its
  /// session its share, limits::kSlowPerSessionSecond (which is counted). What is stuck has places
  /// of its own, limits::kStuckPerSecond and kStuckPerSessionSecond, and is not counted: its caller
  /// tries again. Some 500 bytes copied; no lock, no allocation, no system call. `share` null: it
  /// is no session's.
  SlowKept keep_slow(SlotId slot, const SlowIo& slow, SlowShare* share = nullptr) noexcept;

  /// Sessions of this loop that had no place for a command have waited so much longer.
  void window_was_full(std::uint64_t ns) noexcept {
    if (loop_ != nullptr) detail::bump(loop_->window_full_ns, ns);
  }

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
  explicit LoopRecorder(detail::LoopCells* cells) : loop_(cells->loop), cells_(cells) {}
  void write_slow(SlotId slot, const SlowIo& slow) noexcept;

  layout::LoopShard* loop_ = nullptr;
  detail::LoopCells* cells_ = nullptr;
};

// Sums before bins, here and in layout.h: who copies upwards while this runs may see bins that are
// ahead of their sum by the I/O in progress, never a sum without its bin. Stages are kept per LUN
// as sums (where did this disk's time go) and per gateway as histograms (which stage has a tail):
// histograms of each LUN's stages would take four times the memory.
inline bool LunRecorder::record(const IoRecord& io) noexcept {
  if (lun_ == nullptr) return false;
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
  if (io.error != ErrorClass::kNone) detail::bump(lun_->errors[op][index_of(io.error)]);
  if (io.op != Op::kRead && io.op != Op::kWrite) {
    constexpr auto kLimit = static_cast<std::uint64_t>(Nanoseconds(limits::kSlowOther).count());
    return total_ns > kLimit;
  }
  detail::bump(lun_->sizes[op][size_bin_of(io.bytes)]);
  const bool read = io.op == Op::kRead;
  const std::uint64_t promised_ns = detail::get(read ? slot_->slo_read_ns : slot_->slo_write_ns);
  const bool slow = promised_ns != 0 && total_ns > promised_ns;
  if (slow) add(read ? LunCounter::kSlowReads : LunCounter::kSlowWrites);
  return slow;
}

// The generation first: a slot that was given away has another one, and this loop's cells may have
// begun anew under it, for whoever has it now. Nobody else writes them, so that it cannot change in
// between.
inline bool NexusRecorder::record(const IoRecord& io, bool slow, BootTime now) noexcept {
  if (nexus_ == nullptr) return true;
  if (detail::get(slot_->generation) != generation_ || now >= ask_again_) return false;
  const OpClass op_class = kOpClassOf[index_of(io.op)];
  const std::size_t op = index_of(op_class);
  std::uint64_t total_ns = 0;
  for (const std::uint64_t ns : io.stage_ns) total_ns += ns;
  detail::bump(nexus_->latency_ns[op], total_ns);
  detail::bump(nexus_->bytes[op], io.bytes);
  detail::bump(nexus_->ops[op]);
  if (slow && op_class != OpClass::kOther) detail::bump(nexus_->slow);
  if (io.error != ErrorClass::kNone) detail::bump(nexus_->errors);
  return true;
}

inline void PortalRecorder::connected() noexcept {
  if (portal_ == nullptr) return;
  detail::bump(portal_->connections);
  detail::bump(portal_->accepted);
}

inline void PortalRecorder::disconnected() noexcept {
  if (portal_ != nullptr) detail::put(portal_->connections, detail::get(portal_->connections) - 1);
}

inline void PortalRecorder::received(std::uint64_t pdus, std::uint64_t bytes) noexcept {
  if (portal_ == nullptr) return;
  detail::bump(portal_->pdus_received, pdus);
  detail::bump(portal_->bytes_received, bytes);
}

inline void PortalRecorder::sent(std::uint64_t pdus, std::uint64_t bytes) noexcept {
  if (portal_ == nullptr) return;
  detail::bump(portal_->pdus_sent, pdus);
  detail::bump(portal_->bytes_sent, bytes);
}

inline void PortalRecorder::lost(std::uint64_t retransmitted_bytes,
                                 std::uint64_t out_of_order_segments) noexcept {
  if (portal_ == nullptr) return;
  detail::bump(portal_->bytes_retransmitted, retransmitted_bytes);
  detail::bump(portal_->segments_out_of_order, out_of_order_segments);
}

}  // namespace lungate::telemetry
