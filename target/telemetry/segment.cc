// SPDX-License-Identifier: LGPL-2.1-or-later

// The writer's end. main's thread makes the segment once and adds and removes LUNs (the control
// thread below); the lanes write their shards through recorder.h and never come here. The
// environment may refuse (another process, a full tmpfs, a foreign file): that is a SegmentError,
// the target starts without telemetry or refuses to start, as control decides. Misuse by our own
// code is a check.
//
// A slot is written under its sequence number (slot_writer.h), by the control thread alone.
//
// A slot's shards are cleared (memset, add_lun) although others might look: readers take shards of
// a live slot only, and the slot is a tombstone until write_slot() says otherwise; loops write by
// handles that they have dropped before remove_lun() (recorder.h says so), or, where an I/O did not
// end in time, with the last of it, and a slot is given again when it has rested for a minute and
// no loop has I/O there. So neither side can meet the clearing.
#include "telemetry/segment.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <optional>
#include <vector>

#include "base/check.h"
#include "telemetry/birth.h"
#include "telemetry/layout.h"
#include "telemetry/nexus_table.h"
#include "telemetry/segment_file.h"
#include "telemetry/slot_writer.h"

namespace lungate::telemetry {
namespace {

using layout::Header;
using layout::LoopShard;
using layout::LunShard;
using layout::LunSlot;
using layout::SlotState;

std::string hex(std::uint64_t value) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(value));
  return text;
}

/// A share of 1 in millionths.
std::uint64_t millionths(double share) {
  return static_cast<std::uint64_t>(std::llround(std::clamp(share, 0.0, 1.0) * 1e6));
}

}  // namespace

struct Segment::Impl {
  Impl(std::string at, SegmentFile made) : path(std::move(at)), file(std::move(made)) {}

  /// What the control thread knows of a slot; the segment itself is only ever written.
  struct Slot {
    SlotState state = SlotState::kFree;
    BootTime removed;
    std::string target;
    std::uint16_t lun = 0;
    LunSlot image{};  // what stands in the segment
  };

  // Constant after create().
  std::string path;
  SegmentFile file;
  Header* header = nullptr;
  LoopShard* loops = nullptr;
  LunSlot* lun_slots = nullptr;
  LunShard* lun_shards = nullptr;
  // The control thread's.
  std::vector<Slot> slots;
  // The loops'.
  std::optional<NexusTable> nexuses;
  std::vector<detail::LoopCells> loop_cells;

  /// The one place where offsets become pointers. The mapping lives as long as `file`, so the
  /// pointers do. Null: there is no such table.
  template <class Row>
  Row* rows(const layout::Table& table) {
    return table.count == 0 ? nullptr : reinterpret_cast<Row*>(file.bytes().data() + table.offset);
  }

  void map_tables() {
    header = reinterpret_cast<Header*>(file.bytes().data());
    loops = rows<LoopShard>(header->loops);
    lun_slots = rows<LunSlot>(header->lun_slots);
    lun_shards = rows<LunShard>(header->lun_shards);
    auto* nexus_shards = rows<layout::NexusShard>(header->nexus_shards);
    if (nexus_shards != nullptr) {
      nexuses.emplace(*header, lun_slots, rows<layout::NexusSlot>(header->nexus_slots),
                      nexus_shards);
    }
    auto* portals = rows<layout::PortalShard>(header->portal_shards);
    for (std::size_t i = 0; i < header->loops.count; ++i) {
      detail::LoopCells& cells = loop_cells.emplace_back();
      cells.loop = loops + i;
      cells.stride = header->loops.count;
      cells.lun_slots = lun_slots;
      cells.first_lun = lun_shards + i;
      cells.slots = header->lun_slots.count;
      cells.nexuses = nexuses ? &*nexuses : nullptr;
      cells.first_nexus = nexuses ? nexus_shards + i : nullptr;
      cells.portals = header->portal_slots.count;
      cells.first_portal = cells.portals == 0 ? nullptr : portals + i;
      cells.slow = rows<layout::SlowRecord>(header->slow_records) + i * layout::kSlowRecords;
    }
  }

  /// Everything but the LUNs' shards, which get their memory with their LUN (add_lun).
  Result<void, SegmentError> reserve() {
    const Header& at = *header;
    if (auto got = file.reserve(0, at.lun_shards.offset); !got) return got;
    const std::uint64_t behind = at.lun_shards.offset + at.lun_shards.count * at.lun_shards.stride;
    return file.reserve(behind, at.segment_bytes - behind);
  }

  LunShard* shards_of(std::size_t slot) const { return lun_shards + slot * header->loops.count; }

  /// No loop has I/O in flight in this slot. Relaxed loads: a count that was raised long ago is
  /// seen, and none is raised any more, for the lanes have dropped their handles of a LUN that was
  /// removed.
  bool quiet(std::size_t slot) const {
    for (std::uint64_t loop = 0; loop < header->loops.count; ++loop) {
      if (detail::get(shards_of(slot)[loop].in_flight) != 0) return false;
    }
    return true;
  }

  /// A slot that was never used, or whose rest is over.
  std::optional<std::size_t> find_slot(BootTime now) const {
    for (std::size_t i = 0; i < slots.size(); ++i) {
      if (slots[i].state == SlotState::kFree) return i;
      const bool rested = now - slots[i].removed >=
                          static_cast<std::uint64_t>(Nanoseconds(limits::kTombstoneTime).count());
      if (slots[i].state == SlotState::kTombstone && rested && quiet(i)) return i;
    }
    return std::nullopt;
  }

  /// What is outside of the seqlock stays what it is.
  void write_slot(std::size_t index) {
    LunSlot& image = slots[index].image;
    LunSlot& to = lun_slots[index];
    image.sequence += 2;
    image.size_bytes = detail::get(to.size_bytes);
    image.offline = detail::get(to.offline);
    image.slo_read_ns = detail::get(to.slo_read_ns);
    image.slo_write_ns = detail::get(to.slo_write_ns);
    image.slo_objective_ppm = detail::get(to.slo_objective_ppm);
    image.queue_depth_limit = detail::get(to.queue_depth_limit);
    image.place_used_ppm = detail::get(to.place_used_ppm);
    detail::write_whole(to, image);
  }
};

Result<std::unique_ptr<Segment>, SegmentError> Segment::create(const SegmentPlan& plan) {
  check(plan.loops >= 1 && plan.loops <= limits::kLoopsMax, "1 to kLoopsMax loops");
  check(plan.lun_slots >= 1 && plan.lun_slots <= limits::kLunSlots, "1 to kLunSlots slots");
  check(plan.nexus_slots <= limits::kNexusSlots, "at most kNexusSlots pairs");
  check(plan.portals.size() <= limits::kPortalsMax, "at most kPortalsMax portals");
  const Header header = make_header(plan);

  // Only now is anything of the outside world touched: a plan that is wrong has left no file.
  auto file = SegmentFile::create(plan.path, header.segment_bytes, hex(header.generation));
  if (!file) return err(file.error());
  // Memory before the first store: without it a full file system is a SIGBUS.
  if (auto got = file->reserve(0, sizeof header); !got) return err(got.error());
  auto impl = std::make_unique<Impl>(plan.path, std::move(*file));
  std::memcpy(impl->file.bytes().data(), &header, sizeof header);
  impl->map_tables();
  if (auto reserved = impl->reserve(); !reserved) return err(reserved.error());
  impl->slots.resize(plan.lun_slots);
  const BootTime now = boot_now();
  for (unsigned i = 0; i < plan.loops; ++i) impl->loops[i].heartbeat_ns = now.ns;
  auto* portals = impl->rows<layout::PortalSlot>(header.portal_slots);
  for (std::size_t i = 0; i < plan.portals.size(); ++i) {
    detail::copy_text(portals[i].address, plan.portals[i].address);
    portals[i].tag = plan.portals[i].tag;
  }
  detail::put(impl->header->state, index_of(layout::State::kReady));
  if (auto published = impl->file.publish(plan.path); !published) return err(published.error());
  return std::unique_ptr<Segment>(new Segment(std::move(impl)));
}

Segment::Segment(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

// Says "stopping" and lets go; the file stays, so that the last counts can be looked at. A reader
// tells this end from a death by the state.
Segment::~Segment() {
  stopping();
}

LoopRecorder Segment::loop(unsigned index) const noexcept {
  check(index < impl_->loop_cells.size(), "the segment has this loop");
  return LoopRecorder(&impl_->loop_cells[index]);
}

// In this order, for readers: shards zero, identity written under the seqlock as live, then the
// number of slots in use raised with a release. A reader that sees the number sees the slot; one
// that does not, does not read it.
Result<SlotId, SegmentError> Segment::add_lun(const LunDescription& lun, BootTime now) {
  using Kind = SegmentError::Kind;
  const auto same = [&lun](const Impl::Slot& slot) {
    return slot.state == SlotState::kLive && slot.lun == lun.lun && slot.target == lun.target;
  };
  if (std::any_of(impl_->slots.begin(), impl_->slots.end(), same)) {
    return err(SegmentError{Kind::kDuplicate, "the target has this LUN already"});
  }
  const auto index = impl_->find_slot(now);
  if (!index) return err(SegmentError{Kind::kNoSlot, "all LUN slots are taken or resting"});

  Impl::Slot& slot = impl_->slots[*index];
  LunShard* shards = impl_->shards_of(*index);
  const std::size_t shards_bytes = impl_->header->loops.count * sizeof(LunShard);
  if (slot.state == SlotState::kFree) {
    const auto offset = static_cast<std::uint64_t>(reinterpret_cast<std::byte*>(shards) -
                                                   impl_->file.bytes().data());
    if (auto got = impl_->file.reserve(offset, shards_bytes); !got) return err(got.error());
  } else {
    std::memset(shards, 0, shards_bytes);
  }

  slot.state = SlotState::kLive;
  slot.target = lun.target;
  slot.lun = lun.lun;
  slot.image.state = index_of(SlotState::kLive);
  slot.image.generation += 1;
  slot.image.tombstone_ns = 0;
  slot.image.lun = lun.lun;
  slot.image.block_bytes = lun.block_bytes;
  detail::copy_text(slot.image.target, lun.target);
  detail::copy_text(slot.image.pool, lun.pool);
  detail::copy_text(slot.image.rados_namespace, lun.rados_namespace);
  detail::copy_text(slot.image.image, lun.image);
  detail::copy_text(slot.image.wwn, lun.wwn);
  detail::copy_text(slot.image.serial, lun.serial);
  detail::copy_text(slot.image.backend, lun.backend);
  const SlotId id{static_cast<std::uint32_t>(*index)};
  update_lun(id, {OfflineReason::kOpening, 0, std::nullopt});
  promise_lun(id, {});
  impl_->write_slot(*index);
  detail::raise_to(impl_->header->lun_slots_used, *index + 1);
  return id;
}

// Outside the seqlock: each is one word, and a size that is newer than an offline reason misleads
// nobody.
void Segment::update_lun(SlotId slot, const LunState& state) noexcept {
  check(slot.value < impl_->slots.size(), "a slot of this segment");
  LunSlot& to = impl_->lun_slots[slot.value];
  detail::put(to.size_bytes, state.size_bytes);
  detail::put(to.offline, index_of(state.offline));
  detail::put(to.place_used_ppm, state.place_used ? millionths(*state.place_used) + 1 : 0);
}

// Outside, too: the loops read the thresholds at each I/O, and a reader that sees a new objective
// with an old threshold shows it once.
void Segment::promise_lun(SlotId slot, const LunPromise& promise) noexcept {
  check(slot.value < impl_->slots.size(), "a slot of this segment");
  LunSlot& to = impl_->lun_slots[slot.value];
  detail::put(to.slo_read_ns, promise.read_ns);
  detail::put(to.slo_write_ns, promise.write_ns);
  detail::put(to.slo_objective_ppm, millionths(promise.objective));
  detail::put(to.queue_depth_limit, promise.queue_depth_limit);
}

// Inside the seqlock, unlike the state: a reader must not take one disk's wwn with another's
// serial. What is the same is not written, for a LUN that comes and goes.
void Segment::identify_lun(SlotId id, std::string_view wwn, std::string_view serial) noexcept {
  check(id.value < impl_->slots.size(), "a slot of this segment");
  Impl::Slot& slot = impl_->slots[id.value];
  check(slot.state == SlotState::kLive, "only a LUN that is there is identified");
  const LunSlot before = slot.image;
  detail::copy_text(slot.image.wwn, wwn);
  detail::copy_text(slot.image.serial, serial);
  if (slot.image.wwn == before.wwn && slot.image.serial == before.serial) return;
  impl_->write_slot(id.value);
}

// The tombstone ends the LUN's series with the next scrape. Its counters stay where they are: late
// I/O of a lane still ends in them.
void Segment::remove_lun(SlotId id, BootTime now) noexcept {
  check(id.value < impl_->slots.size(), "a slot of this segment");
  Impl::Slot& slot = impl_->slots[id.value];
  check(slot.state == SlotState::kLive, "a LUN is removed once");
  slot.state = SlotState::kTombstone;
  slot.removed = now;
  slot.image.state = index_of(SlotState::kTombstone);
  slot.image.tombstone_ns = now.ns;
  impl_->write_slot(id.value);
  if (impl_->nexuses) impl_->nexuses->end(id);
}

void Segment::set(ControlCell cell, std::uint64_t value) noexcept {
  detail::put(impl_->header->control[index_of(cell)], value);
}

void Segment::add(ControlCell cell, std::uint64_t n) noexcept {
  detail::bump(impl_->header->control[index_of(cell)], n);
}

void Segment::stopping() noexcept {
  detail::put(impl_->header->state, index_of(layout::State::kStopping));
}

const std::string& Segment::path() const {
  return impl_->path;
}
std::uint64_t Segment::generation() const {
  return impl_->header->generation;
}

}  // namespace lungate::telemetry
