// SPDX-License-Identifier: LGPL-2.1-or-later

// What a loop does seldom: handles, and the ring of slow I/O. Called by the loop's own thread, like
// everything of recorder.h. Nothing here waits, but for nexus(), which takes the table's mutex for
// microseconds; nothing allocates, but for nexus() again.
//
// A record of the ring is written whole under its sequence number, by the same rule as a slot
// (slot_writer.h): its number says how often its place was written. Numbers begin with 1: the first
// to stand in place 0 is the ring's last of the first round.
#include "telemetry/recorder.h"

#include <atomic>
#include <new>
#include <optional>

#include "base/check.h"
#include "telemetry/nexus_table.h"
#include "telemetry/slot_writer.h"

namespace lungate::telemetry {

// Shards are [slot][loop]: a loop's shards of two slots are `stride` apart.
LunRecorder LoopRecorder::lun(SlotId slot) const noexcept {
  if (loop_ == nullptr) return {};
  check(slot.value < cells_->slots, "a slot of this segment");
  // A free slot's shards have no memory yet: where that is short, a store into them is a SIGBUS.
  const std::uint64_t state = detail::get(cells_->lun_slots[slot.value].state);
  check(state != index_of(layout::SlotState::kFree), "a slot that add_lun() has given");
  return {cells_->first_lun + slot.value * cells_->stride, loop_, cells_->lun_slots + slot.value};
}

namespace {

/// Nothing also where there is no memory: a target that counts nobody is better than none.
std::optional<NexusTable::Place> place_of(NexusTable& table, SlotId slot,
                                          std::string_view initiator, BootTime now) noexcept {
  try {
    return table.find(slot, initiator, now);
  } catch (const std::bad_alloc&) {
    return std::nullopt;
  }
}

}  // namespace

// The slot may be new, or new to this loop: then this loop's cells are of whoever had it before,
// and begin anew. Readers take them when the generation is the slot's; so it is put last, and
// copied first (it is the first word).
NexusRecorder LoopRecorder::nexus(SlotId slot, std::string_view initiator,
                                  BootTime now) const noexcept {
  if (loop_ == nullptr || cells_->nexuses == nullptr) return {};
  const auto place = place_of(*cells_->nexuses, slot, initiator, now);
  if (!place) return {};
  if (!place->own) detail::bump(loop_->counters[index_of(GatewayCounter::kInitiatorsNoSlot)]);
  layout::NexusShard& shard = cells_->first_nexus[place->index * cells_->stride];
  if (detail::get(shard.generation) != place->generation) {
    detail::put(shard.slow, 0);
    detail::put(shard.errors, 0);
    for (auto* cells : {&shard.ops, &shard.bytes, &shard.latency_ns}) {
      for (std::uint64_t& cell : *cells) detail::put(cell, 0);
    }
    std::atomic_ref<std::uint64_t>(shard.generation)
        .store(place->generation, std::memory_order_release);
  }
  return {&shard, cells_->nexuses->slot(place->index), place->generation,
          place->own ? BootTime{UINT64_MAX} : now + limits::kNexusLook};
}

PortalRecorder LoopRecorder::portal(std::size_t index) const noexcept {
  if (loop_ == nullptr || index >= cells_->portals) return {};
  return PortalRecorder(cells_->first_portal + index * cells_->stride);
}

// The second is the record's own, not the clock's: no reading more, and tests need not wait. What
// is stuck is in no histogram, and a crowd of slow ones must not take its places.
SlowKept LoopRecorder::keep_slow(SlotId slot, const SlowIo& slow, SlowShare* share) noexcept {
  if (loop_ == nullptr) return SlowKept::kKept;
  check(slot.value < cells_->slots, "a slot of this segment");
  const bool stuck = slow.kind == SlowKind::kStuck;
  const std::uint64_t second = slow.recorded.ns / 1'000'000'000;
  std::uint32_t no_share = 0;
  std::uint32_t& all = cells_->slow_use.of(slow.kind, second);
  std::uint32_t& own = share != nullptr ? share->use_.of(slow.kind, second) : no_share;
  SlowKept kept = SlowKept::kKept;
  if (own >= (stuck ? limits::kStuckPerSessionSecond : limits::kSlowPerSessionSecond)) {
    kept = SlowKept::kShareIsUsed;
  }
  if (all >= (stuck ? limits::kStuckPerSecond : limits::kSlowPerSecondMax)) {
    kept = SlowKept::kSecondIsUsed;
  }
  if (kept != SlowKept::kKept) {
    if (!stuck) add(GatewayCounter::kSlowNotKept);  // what is stuck comes again
    return kept;
  }
  ++all;
  ++own;
  write_slow(slot, slow);
  return kept;
}

void LoopRecorder::write_slow(SlotId slot, const SlowIo& slow) noexcept {
  const std::uint64_t number = ++cells_->slow_kept;
  layout::SlowRecord record{};
  record.sequence = 2 * ((number - 1) / layout::kSlowRecords + 1);
  record.number = number;
  record.kind = index_of(slow.kind);
  record.start_ns = slow.start.ns;
  record.recorded_ns = slow.recorded.ns;
  for (std::size_t i = 0; i < kStages; ++i) record.stage_ns[i] = slow.io.stage_ns[i];
  record.lun_slot = slot.value;
  record.lun_slot_generation = detail::get(cells_->lun_slots[slot.value].generation);
  record.op = index_of(slow.io.op);
  record.opcode = slow.opcode;
  record.error_class = index_of(slow.io.error);
  record.lba = slow.lba;
  record.bytes = slow.io.bytes;
  record.task_tag = slow.task_tag;
  detail::copy_text(record.initiator, slow.initiator);
  detail::copy_text(record.peer, slow.peer);
  record.stage = slow.stage ? index_of(*slow.stage) + 1 : 0;
  detail::write_whole(cells_->slow[number % layout::kSlowRecords], record);
}

}  // namespace lungate::telemetry
