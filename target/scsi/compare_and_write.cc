// SPDX-License-Identifier: LGPL-2.1-or-later

// COMPARE AND WRITE (SBC-3, 5.2): hosts build their locks from it, so nobody may write between the
// comparison and the write. Data-out is what must be on the medium, then what is to replace it.
//
//   lock the range --> read a piece, compare --+--> all equal: write --> flush (FUA) --> GOOD
//                        ^                     |
//                        +------ the next -----+--> a difference: MISCOMPARE, nothing is written
#include <algorithm>

#include "scsi/cdb.h"
#include "scsi/commands.h"
#include "scsi/error_map.h"
#include "scsi/extent.h"
#include "scsi/medium_access.h"
#include "scsi/outcome.h"

namespace lungate::scsi {
namespace {

constexpr std::uint8_t kBlocksByte = 13;

std::uint64_t compared_bytes(const Execution& execution) {
  return execution.planned.bytes / 2;
}

Step compare_next(Execution& execution);

Step compare_piece(Execution& execution) {
  if (failed(execution)) return backend_failed(execution);
  const Bytes on_medium = piece(execution);
  const Bytes expected = execution.data_out.subspan(execution.cursor, on_medium.size());
  if (const auto difference = first_difference(expected, on_medium))
    return miscompare(execution, execution.cursor + *difference);
  execution.cursor += on_medium.size();
  return compare_next(execution);
}

Step compare_next(Execution& execution) {
  const std::uint64_t total = compared_bytes(execution);
  if (execution.cursor < total) return read_piece(execution, total, compare_piece);
  return write_then_stored(execution, execution.data_out.subspan(total, total));
}

}  // namespace

/// A CDB of no blocks still plans for those of one: data that come with it show that the initiator
/// meant some, whose number did not fit the field (256).
std::uint64_t compare_and_write_bytes(const Cdb& cdb, std::uint32_t block_bytes) {
  const std::uint64_t blocks = as<CompareAndWriteCdb>(cdb).blocks;
  return 2 * std::max<std::uint64_t>(blocks, 1) * block_bytes;
}

std::uint64_t compare_and_write_scratch(const Cdb& cdb, std::uint32_t block_bytes) {
  return scratch_for(std::uint64_t{as<CompareAndWriteCdb>(cdb).blocks} * block_bytes);
}

std::optional<Sense> compare_and_write_refusal(const Cdb& cdb, const Unit& unit) {
  const auto request = as<CompareAndWriteCdb>(cdb);
  if (auto outside = out_of_range({request.lba, request.blocks, kBlocksByte}, unit.geometry))
    return outside;
  if (request.blocks > limits::kCompareAndWriteBlocksMax) return invalid_field_in_cdb(kBlocksByte);
  return std::nullopt;
}

Step compare_and_write(Execution& execution) {
  if (as<CompareAndWriteCdb>(execution.cdb).blocks == 0) {
    if (execution.data_out.empty()) return good(execution);
    return fail(execution, invalid_field_in_cdb(kBlocksByte));
  }
  execution.transfer_bytes = execution.planned.bytes;
  // Half a comparison is none: unlike a WRITE it is not done in part.
  if (execution.data_out.size() < execution.planned.bytes)
    return fail(execution, {sense::kInvalidFieldInInformationUnit, {}, {}});
  return lock_then(execution, start_byte(execution), compared_bytes(execution), compare_next);
}

}  // namespace lungate::scsi
