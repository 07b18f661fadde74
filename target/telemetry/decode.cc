// SPDX-License-Identifier: LGPL-2.1-or-later

// From a checked header to a Snapshot. Reader calls it on the scraping thread (exporter) or the
// screen's (`lungate top`), while a target writes or after it died. The bytes are hostile: texts
// are cleaned, numbers that name a kind are compared with the kinds we know, a slot that never
// comes to rest or makes no sense is left out and counted, a file that shrinks under us is
// kTruncated. What header fields promise about places has been checked by read_header(), so that no
// offset is computed from anything else.
//
// The seqlock's reader. The writer (segment.cc) stores an odd sequence, then the contents, then the
// next even one, each store a release. We copy the sequence, the contents, the sequence again, with
// an acquire fence between the copies:
//
// - `before` is even and equals the writer's number n: all contents of change n were stored before
//   it, so our copy of them, which comes later, has change n or something newer.
// - something newer, of change n+1, was stored after its odd sequence: having seen it, the second
//   copy of the sequence, behind the fence, sees that odd number or a later one: not `before`.
//
// So equal, even sequences mean one whole change. The fences are needed although the copies are
// system calls: a call is no barrier for the processor's own order of loads, on machines weaker
// than x86. Counters are outside of this, each cell for itself.
#include "telemetry/decode.h"

#include <algorithm>
#include <atomic>
#include <set>
#include <string_view>
#include <thread>
#include <utility>

#include "base/limits.h"
#include "telemetry/text.h"

namespace lungate::telemetry {
namespace {

using layout::Header;
using layout::LoopShard;
using layout::LunShard;
using layout::LunSlot;

constexpr auto kLive = static_cast<std::uint64_t>(layout::SlotState::kLive);

/// Orders two copies of this thread. The sanitizer does not model fences; nor need it, for the
/// copies are the kernel's.
void order_copies() {
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wtsan"
#endif
  std::atomic_thread_fence(std::memory_order_acquire);
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
}

template <class T>
[[nodiscard]] bool copy(const Source& source, const layout::Table& table, std::uint64_t index,
                        T& to) {
  return source.read(table.offset + index * table.stride,
                     std::as_writable_bytes(std::span(&to, 1)));
}

/// A text field of the segment; one without an end is taken whole.
template <std::size_t kSize>
std::string text(const std::array<char, kSize>& field) {
  const auto end = std::find(field.begin(), field.end(), '\0');
  return clean_text({field.data(), static_cast<std::size_t>(end - field.begin())});
}

template <std::size_t kTo, std::size_t kFrom>
void add(std::array<std::uint64_t, kTo>& to, const std::array<std::uint64_t, kFrom>& from) {
  static_assert(kTo <= kFrom);
  for (std::size_t i = 0; i < kTo; ++i) to[i] += from[i];
}

// Loops are kept apart where the question is "which loop" (heartbeat, turns, lag) and summed
// elsewhere.
void merge(Snapshot& snapshot, const LoopShard& shard) {
  LoopSnapshot& loop = snapshot.loops.emplace_back();
  loop.heartbeat = {shard.heartbeat_ns};
  loop.turn_start = {shard.turn_start_ns};
  loop.turns = shard.turns;
  loop.busy_ns = shard.busy_ns;
  loop.lag.sum_ns = shard.lag_ns;
  add(loop.lag.bins, shard.lag);
  add(snapshot.gauges, shard.gauges);
  add(snapshot.counters, shard.counters);
  for (std::size_t op = 0; op < kOpClasses; ++op) {
    for (std::size_t stage = 0; stage < kStages; ++stage) {
      snapshot.stages[op][stage].sum_ns += shard.stage_ns[op][stage];
      add(snapshot.stages[op][stage].bins, shard.stages[op][stage]);
    }
  }
}

// Sums of loops. The latency's sum is that of its stages and the number of I/Os that of its bins:
// neither is stored, so neither can disagree with the parts. The oldest start is the minimum over
// the loops that have something in flight.
void merge(LunSnapshot& lun, const LunShard& shard) {
  lun.in_flight += shard.in_flight;
  const BootTime oldest{shard.oldest_start_ns};
  if (oldest.ns != 0 && (lun.oldest_start.ns == 0 || oldest < lun.oldest_start)) {
    lun.oldest_start = oldest;
  }
  add(lun.bytes, shard.bytes);
  add(lun.counters, shard.counters);
  for (std::size_t op = 0; op < kOps; ++op) {
    add(lun.stage_ns[op], shard.stage_ns[op]);
    add(lun.errors[op], shard.errors[op]);
    add(lun.latency[op].bins, shard.latency[op]);
    for (std::size_t stage = 0; stage < kStages; ++stage) {
      lun.latency[op].sum_ns += shard.stage_ns[op][stage];
    }
  }
  for (std::size_t direction = 0; direction < 2; ++direction) {
    add(lun.sizes[direction].bins, shard.sizes[direction]);
    lun.sizes[direction].sum_bytes += shard.bytes[direction];
  }
}

// Numbers beyond what this build knows come from a newer writer: such a reason is shown as "other",
// not refused.
LunSnapshot identify(const LunSlot& slot, std::uint32_t index) {
  LunSnapshot lun;
  lun.slot = index;
  lun.slot_generation = slot.generation;
  lun.target = text(slot.target);
  lun.lun = static_cast<std::uint16_t>(slot.lun);
  lun.backend = text(slot.backend);
  lun.pool = text(slot.pool);
  lun.rados_namespace = text(slot.rados_namespace);
  lun.image = text(slot.image);
  lun.wwn = text(slot.wwn);
  lun.serial = text(slot.serial);
  lun.block_bytes = slot.block_bytes;
  lun.size_bytes = slot.size_bytes;
  lun.offline = slot.offline < kOfflineReasons ? static_cast<OfflineReason>(slot.offline)
                                               : OfflineReason::kOther;
  return lun;
}

enum class SlotRead { kLun, kNoLun, kChanging, kNonsense, kTruncated };

/// One try of the seqlock's reader: the sequence, the slot and its shards, the sequence again.
SlotRead try_slot(const Source& source, const Header& header, std::uint32_t index,
                  LunSnapshot& lun) {
  std::uint64_t before = 0;
  if (!copy(source, header.lun_slots, index, before)) return SlotRead::kTruncated;
  if (before % 2 != 0) return SlotRead::kChanging;
  order_copies();
  LunSlot slot;
  if (!copy(source, header.lun_slots, index, slot)) return SlotRead::kTruncated;
  if (slot.state == kLive) {
    lun = identify(slot, index);
    LunShard shard;
    for (std::uint64_t loop = 0; loop < header.loops.count; ++loop) {
      const std::uint64_t at = index * header.loops.count + loop;
      if (!copy(source, header.lun_shards, at, shard)) return SlotRead::kTruncated;
      merge(lun, shard);
    }
  }
  order_copies();
  std::uint64_t after = 0;
  if (!copy(source, header.lun_slots, index, after)) return SlotRead::kTruncated;
  if (before != after) return SlotRead::kChanging;
  if (slot.state != kLive) return SlotRead::kNoLun;
  return slot.lun <= 0xffff && !lun.target.empty() ? SlotRead::kLun : SlotRead::kNonsense;
}

/// Tries a bounded number of times: a writer that died within a change never ends it.
// A change takes the writer well under a microsecond, so one retry nearly always does; yield() is
// for a writer that was stopped on this very core.
SlotRead read_slot(const Source& source, const Header& header, std::uint32_t index,
                   Snapshot& snapshot, LunSnapshot& lun) {
  for (unsigned tries = 1;; ++tries) {
    const SlotRead read = try_slot(source, header, index, lun);
    if (read != SlotRead::kChanging || tries == limits::kSlotReadTries) return read;
    ++snapshot.slot_retries;
    std::this_thread::yield();
  }
}

ReadError shrunk() {
  return {Fault::kTruncated, "the file shrank while it was read"};
}

// A (target, lun) that two slots claim would be two series of one name, for which Prometheus drops
// the whole page: the first is taken, the second counted. Slots beyond lun_slots_used were never
// used and are not read: their memory may not even be there.
Result<void, ReadError> decode_luns(const Source& source, const Header& header,
                                    Snapshot& snapshot) {
  std::set<std::pair<std::string, std::uint16_t>> seen;
  for (std::uint32_t index = 0; index < header.lun_slots_used; ++index) {
    LunSnapshot lun;
    switch (read_slot(source, header, index, snapshot, lun)) {
      case SlotRead::kLun:
        if (seen.emplace(lun.target, lun.lun).second) {
          snapshot.luns.push_back(std::move(lun));
        } else {
          ++snapshot.slots_repeated;
        }
        break;
      case SlotRead::kNoLun:
        break;
      case SlotRead::kChanging:
      case SlotRead::kNonsense:
        ++snapshot.slots_skipped;
        break;
      case SlotRead::kTruncated:
        return err(shrunk());
    }
  }
  return {};
}

}  // namespace

// Loops first: a LUN that appears meanwhile is then missing from this reading as a whole, rather
// than there without its loops' share.
Result<Snapshot, ReadError> decode(const Source& source, const Header& header, BootTime now) {
  Snapshot snapshot;
  snapshot.gateway = text(header.gateway);
  snapshot.version = text(header.version);
  snapshot.instance_uuid = header.instance_uuid;
  snapshot.generation = header.generation;
  snapshot.pid = header.pid;
  snapshot.start_wall_ns = header.start_wall_ns;
  snapshot.layout_major = header.major;
  snapshot.layout_minor = header.minor;
  snapshot.stopping = header.state == static_cast<std::uint64_t>(layout::State::kStopping);
  snapshot.taken_at = now;
  LoopShard shard;
  for (std::uint64_t i = 0; i < header.loops.count; ++i) {
    if (!copy(source, header.loops, i, shard)) return err(shrunk());
    merge(snapshot, shard);
  }
  if (auto luns = decode_luns(source, header, snapshot); !luns) return err(luns.error());
  return snapshot;
}

}  // namespace lungate::telemetry
