// SPDX-License-Identifier: LGPL-2.1-or-later

// Who uses the gateway, out of a segment: initiators on LUNs, and the portals that they come
// through. Parts of decode(), under its rules: the bytes are hostile, texts are cleaned, what
// belongs to nothing is left out. Tables that an older writer does not have are empty ones.
#include <set>
#include <string>
#include <utility>

#include "telemetry/decode_tables.h"
#include "telemetry/slot_reader.h"

namespace lungate::telemetry::detail {

using layout::Header;
using layout::NexusShard;
using layout::NexusSlot;

namespace {

// Cells of another generation were counted for whoever had the slot before, by a loop that has not
// met the new one.
void merge(NexusSnapshot& nexus, const NexusShard& shard) {
  if (shard.generation != nexus.slot_generation) return;
  add(nexus.ops, shard.ops);
  add(nexus.bytes, shard.bytes);
  add(nexus.latency_ns, shard.latency_ns);
  nexus.slow += shard.slow;
  nexus.errors += shard.errors;
}

}  // namespace

// A hostile table may give any slot number: it is an index only where it is one of a LUN's.
LunIndex::LunIndex(const Snapshot& snapshot) : snapshot_(snapshot) {
  for (std::size_t i = 0; i < snapshot.luns.size(); ++i) {
    const std::size_t slot = snapshot.luns[i].slot;
    if (slot >= by_slot_.size()) by_slot_.resize(slot + 1);
    by_slot_[slot] = i + 1;
  }
}

std::optional<std::size_t> LunIndex::find(std::uint64_t slot, std::uint64_t generation) const {
  if (slot >= by_slot_.size() || by_slot_[slot] == 0) return std::nullopt;
  const std::size_t at = by_slot_[slot] - 1;
  if (snapshot_.luns[at].slot_generation != generation) return std::nullopt;
  return at;
}

// A pair that two slots claim would be two series of one name: the first is taken, the second
// counted. One whose LUN is gone ends with it, and is no fault: the two tables are not read in the
// same moment.
Result<void, ReadError> decode_nexuses(const Source& source, const Header& header,
                                       const LunIndex& luns, Snapshot& snapshot) {
  std::set<std::pair<std::size_t, std::string>> seen;
  for (std::uint32_t index = 0; index < header.nexus_slots_used; ++index) {
    NexusSlot slot;
    NexusSnapshot nexus;
    const auto shards = [&] {
      if (slot.state != kLive) return true;
      nexus = {};
      nexus.slot = index;
      nexus.slot_generation = slot.generation;
      NexusShard shard;
      for (std::uint64_t loop = 0; loop < header.loops.count; ++loop) {
        const std::uint64_t at = index * header.loops.count + loop;
        if (!copy(source, header.nexus_shards, at, shard)) return false;
        merge(nexus, shard);
      }
      return true;
    };
    const SlotRead read =
        read_whole(source, header.nexus_slots, index, snapshot.slot_retries, slot, shards);
    if (read == SlotRead::kTruncated) return err(shrunk());
    if (read == SlotRead::kChanging) ++snapshot.slots_skipped;
    if (read != SlotRead::kWhole || slot.state != kLive) continue;
    const auto lun = luns.find(slot.lun_slot, slot.lun_slot_generation);
    if (!lun) continue;
    nexus.lun = *lun;
    nexus.initiator = text(slot.initiator);
    if (seen.emplace(nexus.lun, nexus.initiator).second) {
      snapshot.nexuses.push_back(std::move(nexus));
    } else {
      ++snapshot.slots_repeated;
    }
  }
  return {};
}

// No address twice, as with LUNs; one without a name cannot be a label and is left out.
Result<void, ReadError> decode_portals(const Source& source, const Header& header,
                                       Snapshot& snapshot) {
  std::set<std::string> seen;
  for (std::uint64_t index = 0; index < header.portal_slots.count; ++index) {
    layout::PortalSlot slot;
    if (!copy(source, header.portal_slots, index, slot)) return err(shrunk());
    PortalSnapshot portal;
    portal.address = text(slot.address);
    portal.tag = static_cast<std::uint16_t>(slot.tag);
    layout::PortalShard shard;
    for (std::uint64_t loop = 0; loop < header.loops.count; ++loop) {
      const std::uint64_t at = index * header.loops.count + loop;
      if (!copy(source, header.portal_shards, at, shard)) return err(shrunk());
      portal.connections += shard.connections;
      portal.accepted += shard.accepted;
      portal.pdus_received += shard.pdus_received;
      portal.pdus_sent += shard.pdus_sent;
      portal.bytes_received += shard.bytes_received;
      portal.bytes_sent += shard.bytes_sent;
      portal.bytes_retransmitted += shard.bytes_retransmitted;
      portal.segments_out_of_order += shard.segments_out_of_order;
    }
    if (portal.address.empty() || slot.tag > 0xffff) {
      ++snapshot.slots_skipped;
    } else if (!seen.insert(portal.address).second) {
      ++snapshot.slots_repeated;
    } else {
      snapshot.portals.push_back(std::move(portal));
    }
  }
  return {};
}

}  // namespace lungate::telemetry::detail
