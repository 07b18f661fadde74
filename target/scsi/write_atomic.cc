// SPDX-License-Identifier: LGPL-2.1-or-later

// WRITE ATOMIC 16 (SBC-4, 5.48): all of it or nothing, which is the store's to keep within
// Geometry::atomic_blocks_max; here it is only seen to that the store gets one write that it can
// keep the promise for. VPD page B0h says the same bounds.
#include "scsi/cdb.h"
#include "scsi/commands.h"
#include "scsi/extent.h"
#include "scsi/outcome.h"
#include "scsi/unit_state.h"

namespace lungate::scsi {
namespace {

constexpr std::uint8_t kLbaByte = 2;
constexpr std::uint8_t kBlocksByte = 12;

}  // namespace

bool writes_atomically(const Unit& unit) {
  return unit.geometry.atomic_blocks_max > 0;
}

std::optional<Sense> write_atomic_refusal(const Cdb& cdb, const Unit& unit) {
  const Extent extent = extent_of(cdb);
  const Geometry& geometry = unit.geometry;
  if (auto outside = out_of_range(extent, geometry)) return outside;
  if (extent.blocks > atomic_transfer_blocks_max(geometry))
    return invalid_field_in_cdb(kBlocksByte);
  if (extent.lba % geometry.atomic_blocks_max != 0) return invalid_field_in_cdb(kLbaByte);
  return std::nullopt;
}

Step write_atomic(Execution& execution) {
  execution.transfer_bytes = execution.planned.bytes;
  // Unlike a WRITE it must not be done in part.
  if (execution.data_out.size() < execution.planned.bytes)
    return fail(execution, {sense::kInvalidFieldInInformationUnit, {}, {}});
  return write_blocks(execution);
}

}  // namespace lungate::scsi
