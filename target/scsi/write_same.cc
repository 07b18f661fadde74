// SPDX-License-Identifier: LGPL-2.1-or-later

// WRITE SAME 10, 16 (SBC-3, 5.39, 5.40).
//
//   pattern (or NDOB)   UNMAP=1       UNMAP=0
//   zeros               kDiscard      kWriteZeroes
//   anything else       kWriteSame    kWriteSame    (unmapped blocks read as zeros: LBPRZ=1)
//
// WSNZ is 1: no blocks would mean up to the end of the unit, which MAXIMUM WRITE SAME LENGTH
// forbids on any unit worth the name. (libiscsi's WriteSame10.UnmapUntilEnd, which runs only where
// WSNZ is 0, expects zeros after a pattern of ones; SBC-3 does not.)
#include <cstring>

#include "scsi/cdb.h"
#include "scsi/commands.h"
#include "scsi/error_map.h"
#include "scsi/extent.h"
#include "scsi/outcome.h"

namespace lungate::scsi {
namespace {

constexpr std::uint8_t kWriteSame16 = 0x93;

bool wants_unmap(const Cdb& cdb) {
  return (cdb.bytes[1] & 0x08) != 0;
}

bool has_no_data(const Cdb& cdb) {  // NDOB
  return cdb.opcode() == kWriteSame16 && (cdb.bytes[1] & 0x01) != 0;
}

bool all_zeros(Bytes bytes) {
  return bytes[0] == std::byte{0} &&
         std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

Step written(Execution& execution) {
  if (execution.request.status != backend::Status::kOk) return backend_failed(execution);
  return good(execution);
}

}  // namespace

std::uint64_t write_same_bytes(const Cdb& cdb, std::uint32_t block_bytes) {
  return has_no_data(cdb) ? 0 : block_bytes;
}

std::optional<Sense> write_same_refusal(const Cdb& cdb, const Unit& unit) {
  const Geometry& geometry = unit.geometry;
  // LBPWS and LBPWS10 in VPD page B2h say the same as this refusal does.
  if (wants_unmap(cdb) && geometry.unmap_granularity_blocks == 0) return invalid_field_in_cdb(1, 3);
  const Extent extent = extent_of(cdb);
  if (extent.blocks == 0) return invalid_field_in_cdb(extent.blocks_byte);
  if (std::optional<Sense> outside = out_of_range(extent, geometry)) return outside;
  if (extent.blocks > limits::kWriteSameBytesMax / geometry.block_bytes)
    return invalid_field_in_cdb(extent.blocks_byte);
  return std::nullopt;
}

Step write_same(Execution& execution) {
  const Geometry& geometry = execution.unit->geometry;
  execution.transfer_bytes = execution.planned.bytes;
  // Unlike a short WRITE this cannot be done in part: no pattern, no blocks.
  if (execution.data_out.size() < execution.planned.bytes)
    return fail(execution, {sense::kInvalidFieldInInformationUnit, {}, {}});

  const Extent extent = extent_of(execution.cdb);
  const std::uint64_t offset = extent.lba * geometry.block_bytes;
  const std::uint64_t length = extent.blocks * geometry.block_bytes;
  const MutableBytes pattern = execution.data_out.first(execution.planned.bytes);
  if (!pattern.empty() && !all_zeros(pattern))
    return submit(execution, {backend::Verb::kWriteSame, offset, length, pattern}, written);
  const auto verb =
      wants_unmap(execution.cdb) ? backend::Verb::kDiscard : backend::Verb::kWriteZeroes;
  return submit(execution, {verb, offset, length, {}}, written);
}

}  // namespace lungate::scsi
