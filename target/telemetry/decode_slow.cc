// SPDX-License-Identifier: LGPL-2.1-or-later

// The slow I/O out of a segment. Part of decode(), under its rules. A record is one I/O that has
// been, so unlike a slot it never changes: it is replaced by one of a higher number. That it is
// where its number belongs is checked, which also tells a record from noise.
#include <algorithm>
#include <tuple>

#include "telemetry/decode_tables.h"
#include "telemetry/slot_reader.h"

namespace lungate::telemetry::detail {

using layout::Header;
using layout::SlowRecord;

namespace {

/// Kinds that only a newer writer knows are "other"; what no writer writes is nothing.
bool fill(SlowSnapshot& slow, const SlowRecord& record) {
  if (record.kind >= kSlowKinds || record.opcode > 0xff || record.task_tag > 0xffffffff) {
    return false;
  }
  slow.number = record.number;
  slow.kind = static_cast<SlowKind>(record.kind);
  slow.op = record.op < kOps ? static_cast<Op>(record.op) : Op::kOther;
  slow.error = record.error_class < kErrorClasses ? static_cast<ErrorClass>(record.error_class)
                                                  : ErrorClass::kOther;
  slow.opcode = static_cast<std::uint8_t>(record.opcode);
  slow.lba = record.lba;
  slow.bytes = record.bytes;
  slow.task_tag = static_cast<std::uint32_t>(record.task_tag);
  slow.start = {record.start_ns};
  slow.recorded = {record.recorded_ns};
  std::copy_n(record.stage_ns.begin(), kStages, slow.stage_ns.begin());
  slow.initiator = text(record.initiator);
  slow.peer = text(record.peer);
  if (record.stage >= 1 && record.stage <= kStages)
    slow.stage = static_cast<Stage>(record.stage - 1);
  return true;
}

bool older(const SlowSnapshot& a, const SlowSnapshot& b) {
  return std::tie(a.recorded.ns, a.loop, a.number) < std::tie(b.recorded.ns, b.loop, b.number);
}

}  // namespace

// Records of a LUN that is gone are left out with it: nobody could say what their numbers mean.
Result<void, ReadError> decode_slow(const Source& source, const Header& header,
                                    const LunIndex& luns, Snapshot& snapshot) {
  const std::uint64_t per_loop = header.slow_records.count / header.loops.count;
  for (std::uint64_t index = 0; index < header.slow_records.count; ++index) {
    SlowRecord record;
    const SlotRead read = read_whole(source, header.slow_records, index, snapshot.slot_retries,
                                     record, [] { return true; });
    if (read == SlotRead::kTruncated) return err(shrunk());
    if (read == SlotRead::kWhole && record.sequence == 0) continue;  // never written
    SlowSnapshot slow;
    const bool whole = read == SlotRead::kWhole && record.number != 0 &&
                       record.number % per_loop == index % per_loop && fill(slow, record);
    if (!whole) {
      ++snapshot.slots_skipped;
      continue;
    }
    const auto lun = luns.find(record.lun_slot, record.lun_slot_generation);
    if (!lun) continue;
    slow.loop = static_cast<std::uint32_t>(index / per_loop);
    slow.lun = *lun;
    snapshot.slow.push_back(std::move(slow));
  }
  std::sort(snapshot.slow.begin(), snapshot.slow.end(), older);
  return {};
}

}  // namespace lungate::telemetry::detail
