// SPDX-License-Identifier: LGPL-2.1-or-later

// From a checked header to a Snapshot. Reader calls it on the scraping thread (exporter) or the
// screen's (`lungate top`), while a target writes or after it died. The bytes are hostile: texts
// are cleaned, numbers that name a kind are compared with the kinds we know, a slot that never
// comes to rest or makes no sense is left out and counted, a file that shrinks under us is
// kTruncated. What header fields promise about places has been checked by read_header(), so that no
// offset is computed from anything else.
// A slot is read whole under its sequence number (slot_reader.h); counters are outside of that,
// each cell for itself.
#include "telemetry/decode.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "telemetry/decode_tables.h"
#include "telemetry/slot_reader.h"
#include "telemetry/validate.h"

namespace lungate::telemetry {
namespace {

using detail::add;
using detail::copy;
using detail::kLive;
using detail::shrunk;
using detail::SlotRead;
using detail::text;
using layout::Header;
using layout::LoopShard;
using layout::LunShard;
using layout::LunSlot;

/// A number that counts: no loop sees so many I/Os, and the sum of all loops, taken for a signed
/// one, stays positive. Prometheus drops a page with a bucket that is negative.
constexpr std::uint64_t kCountMax = (std::uint64_t{1} << 62) / kLoopsReadMax;

template <std::size_t kSize>
bool counts(const std::array<std::uint64_t, kSize>& bins) {
  return std::all_of(bins.begin(), bins.end(), [](std::uint64_t n) { return n <= kCountMax; });
}

bool counts(const LoopShard& shard) {
  bool good = counts(shard.lag);
  for (std::size_t op = 0; op < kOpClasses; ++op) {
    for (std::size_t stage = 0; stage < kStages; ++stage) good &= counts(shard.stages[op][stage]);
  }
  return good;
}

bool counts(const LunShard& shard) {
  bool good = counts(shard.sizes[0]) && counts(shard.sizes[1]);
  for (std::size_t op = 0; op < kOps; ++op) good &= counts(shard.latency[op]);
  return good;
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
  snapshot.window_full_ns += shard.window_full_ns;
  add(snapshot.gauges, shard.gauges);
  add(snapshot.counters, shard.counters);
  for (std::size_t op = 0; op < kOpClasses; ++op) {
    for (std::size_t stage = 0; stage < kStages; ++stage) {
      snapshot.stages[op][stage].sum_ns += shard.stage_ns[op][stage];
      add(snapshot.stages[op][stage].bins, shard.stages[op][stage]);
    }
  }
}

void take_older(BootTime& oldest, std::uint64_t ns) {
  if (ns != 0 && (oldest.ns == 0 || ns < oldest.ns)) oldest = {ns};
}

// Sums of loops. The latency's sum is that of its stages and the number of I/Os that of its bins:
// neither is stored, so neither can disagree with the parts. The oldest is the minimum over the
// loops that have one.
void merge(LunSnapshot& lun, const LunShard& shard, bool by_what_it_waits_for) {
  lun.in_flight += shard.in_flight;
  take_older(lun.oldest_in_store,
             by_what_it_waits_for ? shard.oldest_in_store_ns : shard.oldest_start_ns);
  take_older(lun.oldest_waiting, shard.oldest_waiting_ns);
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

/// Millionths, as a share of 1. More than the whole is nonsense, and shown as the whole.
double share(std::uint64_t millionths) {
  return static_cast<double>(std::min<std::uint64_t>(millionths, 1'000'000)) / 1e6;
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
  lun.slo_read_ns = slot.slo_read_ns;
  lun.slo_write_ns = slot.slo_write_ns;
  lun.slo_objective = share(slot.slo_objective_ppm);
  lun.queue_depth_limit = slot.queue_depth_limit;
  if (slot.place_used_ppm != 0) lun.place_used = share(slot.place_used_ppm - 1);
  return lun;
}

// A (target, lun) that two slots claim would be two series of one name, for which Prometheus drops
// the whole page: the first is taken, the second counted. Slots beyond lun_slots_used were never
// used and are not read: their memory may not even be there.
Result<void, ReadError> decode_luns(const Source& source, const Header& header,
                                    Snapshot& snapshot) {
  std::set<std::pair<std::string, std::uint16_t>> seen;
  for (std::uint32_t index = 0; index < header.lun_slots_used; ++index) {
    LunSlot slot;
    LunSnapshot lun;
    bool good = true;
    const auto shards = [&] {
      if (slot.state != kLive) return true;
      lun = identify(slot, index);
      good = true;
      LunShard shard;
      for (std::uint64_t loop = 0; loop < header.loops.count; ++loop) {
        const std::uint64_t at = index * header.loops.count + loop;
        if (!copy(source, header.lun_shards, at, shard)) return false;
        good &= counts(shard);
        merge(lun, shard, header.minor >= 3);
      }
      return true;
    };
    const SlotRead read =
        detail::read_whole(source, header.lun_slots, index, snapshot.slot_retries, slot, shards);
    if (read == SlotRead::kTruncated) return err(shrunk());
    if (read == SlotRead::kWhole && slot.state != kLive) continue;
    if (read == SlotRead::kChanging || slot.lun > 0xffff || lun.target.empty() || !good) {
      ++snapshot.slots_skipped;
    } else if (!seen.emplace(lun.target, lun.lun).second) {
      ++snapshot.slots_repeated;
    } else {
      snapshot.luns.push_back(std::move(lun));
    }
  }
  return {};
}

}  // namespace

std::string gateway_of(const Header& header) {
  return text(header.gateway);
}

// Loops first: a LUN that appears meanwhile is then missing from this reading as a whole, rather
// than there without its loops' share.
Result<Snapshot, ReadError> decode(const Source& source, const Header& header, BootTime now) {
  Snapshot snapshot;
  snapshot.gateway = gateway_of(header);
  snapshot.version = text(header.version);
  snapshot.instance_uuid = header.instance_uuid;
  snapshot.generation = header.generation;
  snapshot.pid = header.pid;
  snapshot.start_wall_ns = header.start_wall_ns;
  snapshot.layout_major = header.major;
  snapshot.layout_minor = header.minor;
  snapshot.stopping = header.state == static_cast<std::uint64_t>(layout::State::kStopping);
  snapshot.taken_at = now;
  std::copy_n(header.control.begin(), kControlCells, snapshot.control.begin());
  LoopShard shard;
  for (std::uint64_t i = 0; i < header.loops.count; ++i) {
    if (!copy(source, header.loops, i, shard)) return err(shrunk());
    if (!counts(shard)) return err(ReadError{Fault::kCorrupt, "a loop has counted too much"});
    merge(snapshot, shard);
  }
  Result<void, ReadError> done = decode_luns(source, header, snapshot);
  const detail::LunIndex luns(snapshot);
  if (done) done = detail::decode_nexuses(source, header, luns, snapshot);
  if (done) done = detail::decode_portals(source, header, snapshot);
  if (done) done = detail::decode_slow(source, header, luns, snapshot);
  if (!done) return err(done.error());
  return snapshot;
}

}  // namespace lungate::telemetry
