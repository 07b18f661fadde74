// SPDX-License-Identifier: LGPL-2.1-or-later

// Which initiator on which LUN has which cells. The one part of the segment that lanes change while
// they serve: at the first I/O of a session on a LUN, not at each. So there is a mutex, and nothing
// is waited for under it.
//
//   find()  --> a slot of its own; or, when none is left, the LUN's common one (the empty name)
//   end()   --> all slots of a LUN that is removed
//
// What is kept here is the writer's own memory; the segment itself is only ever written, but for
// the counters, which say who has done nothing for long.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "telemetry/layout.h"
#include "telemetry/recorder.h"

namespace lungate::telemetry {

/// Thread-safe. Must not outlive the mapping that `header` and the tables stand in.
class NexusTable {
 public:
  /// The tables of a new segment. `header.nexus_slots` has one slot per LUN slot behind those that
  /// are given to pairs.
  NexusTable(layout::Header& header, layout::LunSlot* luns, layout::NexusSlot* slots,
             layout::NexusShard* shards);

  struct Place {
    std::size_t index = 0;
    std::uint64_t generation = 0;
    bool own = false;  // false: the LUN's common one
  };
  /// The pair's slot, given to it now if it has none. Nothing: the LUN is not there (any more).
  /// A table that is full is searched for the idle every limits::kNexusLook at most: it takes some
  /// 100 us. Throws std::bad_alloc, and then has changed nothing.
  std::optional<Place> find(SlotId lun, std::string_view initiator, BootTime now);

  layout::NexusSlot* slot(std::size_t index) const { return in_segment_ + index; }

  /// The LUN is removed: its pairs' series end, their slots are free.
  void end(SlotId lun);

 private:
  using Key = std::pair<std::uint32_t, std::string>;  // LUN slot, initiator

  struct Slot {
    layout::SlotState state = layout::SlotState::kFree;
    std::uint64_t changes = 0;  // of the slot in the segment; its sequence is twice that
    std::uint64_t generation = 0;
    const Key* key = nullptr;  // while it is a pair's: in by_pair_
    // The last look: what had been counted, and since when it has been that.
    std::uint64_t counted = 0;
    BootTime since;
  };

  /// A slot for a new pair, still in free_; nothing when all are taken by pairs that do something.
  std::optional<std::size_t> free_slot(BootTime now);
  void take_back_idle(BootTime now);
  void take_back(std::size_t index);
  /// Writes what the slot is now; a live one is of this LUN and name.
  void write(std::size_t index, std::uint32_t lun, std::string_view initiator);
  std::uint64_t counted(std::size_t index) const;
  void begin(std::size_t index, std::uint32_t lun, std::string_view initiator);

  layout::Header& header_;
  layout::LunSlot* const luns_;
  layout::NexusSlot* const in_segment_;
  layout::NexusShard* const shards_;
  const std::size_t loops_;
  const std::size_t own_;  // slots for pairs; behind them, one for each LUN slot

  std::mutex mutex_;
  // Guarded by mutex_.
  std::vector<Slot> slots_;
  std::vector<std::size_t> free_;  // the next to be given is the last
  std::map<Key, std::size_t> by_pair_;
  BootTime looked_;  // for the idle
};

}  // namespace lungate::telemetry
