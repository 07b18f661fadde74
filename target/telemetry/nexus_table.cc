// SPDX-License-Identifier: LGPL-2.1-or-later

// Slots of (initiator, LUN) pairs: given by the lanes (LoopRecorder::nexus), ended by the control
// thread (Segment::remove_lun), all under the mutex. There are fewer slots than pairs that hosts
// could make, for each is a series in somebody's Prometheus. So a pair that has done nothing for
// limits::kNexusIdleTime may lose its slot, and when there is none left it is counted together with
// the other latecomers of its LUN.
//
// Nobody is told of a loss. A slot that is taken back or given has a higher generation: handles see
// that by themselves (NexusRecorder::record), and the cells of each loop begin anew when that loop
// asks for a handle (LoopRecorder::nexus). So no thread ever clears what another one counts in, and
// readers take cells of the slot's own generation only.
#include "telemetry/nexus_table.h"

#include <atomic>
#include <utility>

#include "base/check.h"
#include "base/limits.h"
#include "telemetry/slot_writer.h"

namespace lungate::telemetry {
namespace {

using layout::SlotState;

constexpr std::uint64_t nanoseconds(Nanoseconds span) {
  return static_cast<std::uint64_t>(span.count());
}
constexpr std::uint64_t kIdleNs = nanoseconds(limits::kNexusIdleTime);
constexpr std::uint64_t kLookEveryNs = nanoseconds(limits::kNexusLook);

}  // namespace

NexusTable::NexusTable(layout::Header& header, layout::LunSlot* luns, layout::NexusSlot* slots,
                       layout::NexusShard* shards)
    : header_(header),
      luns_(luns),
      in_segment_(slots),
      shards_(shards),
      loops_(header.loops.count),
      own_(header.nexus_slots.count - header.lun_slots.count),
      slots_(header.nexus_slots.count) {
  for (std::size_t i = own_; i-- > 0;) free_.push_back(i);
}

// The LUN's state is read from the segment: the control thread may be removing it at this moment,
// and either is end() yet to come, for which the mutex waits, or the tombstone is seen here.
std::optional<NexusTable::Place> NexusTable::find(SlotId lun, std::string_view initiator,
                                                  BootTime now) {
  check(lun.value < header_.lun_slots.count, "a slot of this segment");
  initiator = initiator.substr(0, layout::kTargetBytes - 1);
  const std::lock_guard lock(mutex_);
  if (detail::get(luns_[lun.value].state) != index_of(SlotState::kLive)) return std::nullopt;
  Key key{lun.value, initiator};
  if (const auto found = by_pair_.find(key); found != by_pair_.end()) {
    return Place{found->second, slots_[found->second].generation, true};
  }
  const auto free = initiator.empty() ? std::nullopt : free_slot(now);
  if (!free) {
    const std::size_t common = own_ + lun.value;
    if (slots_[common].state != SlotState::kLive) begin(common, lun.value, {});
    return Place{common, slots_[common].generation, false};
  }
  slots_[*free].key = &by_pair_.emplace(std::move(key), *free).first->first;
  free_.pop_back();  // not before: without memory for the pair, the slot stays free
  slots_[*free].counted = 0;
  slots_[*free].since = now;
  begin(*free, lun.value, initiator);
  return Place{*free, slots_[*free].generation, true};
}

void NexusTable::end(SlotId lun) {
  const std::lock_guard lock(mutex_);
  for (auto at = by_pair_.lower_bound(Key{lun.value, {}});
       at != by_pair_.end() && at->first.first == lun.value;) {
    const std::size_t index = at->second;
    ++at;
    take_back(index);
  }
  const std::size_t common = own_ + lun.value;
  if (slots_[common].state != SlotState::kLive) return;
  slots_[common].state = SlotState::kTombstone;
  write(common, lun.value, {});
}

std::optional<std::size_t> NexusTable::free_slot(BootTime now) {
  if (free_.empty()) take_back_idle(now);
  if (free_.empty()) return std::nullopt;
  return free_.back();
}

// Since nobody reports what is counted, a pair is known to be idle when two looks find the same
// number, kIdleNs apart. Looks are made only when slots are wanted and there is none, so the first
// to be found are found an hour after the table was first full.
void NexusTable::take_back_idle(BootTime now) {
  if (looked_.ns != 0 && now - looked_ < kLookEveryNs) return;
  looked_ = now;
  for (std::size_t index = own_; index-- > 0;) {
    Slot& slot = slots_[index];
    if (slot.state != SlotState::kLive) continue;
    const std::uint64_t here = counted(index);
    if (here != slot.counted) {
      slot.counted = here;
      slot.since = now;
    } else if (now - slot.since >= kIdleNs) {
      take_back(index);
    }
  }
}

void NexusTable::take_back(std::size_t index) {
  Slot& slot = slots_[index];
  const auto pair = by_pair_.extract(by_pair_.find(*std::exchange(slot.key, nullptr)));
  slot.state = SlotState::kTombstone;
  ++slot.generation;  // handles must not count where no reader looks, until another pair has it
  write(index, pair.key().first, pair.key().second);
  free_.push_back(index);  // it had this room from the beginning
}

std::uint64_t NexusTable::counted(std::size_t index) const {
  std::uint64_t ops = 0;
  for (std::size_t loop = 0; loop < loops_; ++loop) {
    layout::NexusShard& shard = shards_[index * loops_ + loop];
    if (detail::get(shard.generation) != slots_[index].generation) continue;
    for (std::uint64_t& cell : shard.ops) ops += detail::get(cell);
  }
  return ops;
}

void NexusTable::begin(std::size_t index, std::uint32_t lun, std::string_view initiator) {
  Slot& slot = slots_[index];
  slot.state = SlotState::kLive;
  ++slot.generation;
  write(index, lun, initiator);
  detail::raise_to(header_.nexus_slots_used, index + 1);
}

void NexusTable::write(std::size_t index, std::uint32_t lun, std::string_view initiator) {
  Slot& slot = slots_[index];
  layout::NexusSlot image{};
  image.sequence = 2 * ++slot.changes;
  image.state = index_of(slot.state);
  image.generation = slot.generation;
  image.lun_slot = lun;
  image.lun_slot_generation = detail::get(luns_[lun].generation);
  detail::copy_text(image.initiator, initiator);
  detail::write_whole(in_segment_[index], image);
}

}  // namespace lungate::telemetry
