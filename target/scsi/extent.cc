// SPDX-License-Identifier: LGPL-2.1-or-later

// First block and number of blocks of a CDB, whatever its length, and whether they exist. All
// arithmetic on what a peer sent for an address is here and cannot wrap: LBA and length are held
// against the capacity by subtraction, never added first. Pure; any thread.
#include "scsi/extent.h"

#include "base/check.h"
#include "scsi/cdb.h"

namespace lungate::scsi {
namespace {

Extent of(const Transfer6& cdb) {
  constexpr std::uint32_t kLbaMask = 0x1fffff;
  return {cdb.lba & kLbaMask, cdb.blocks == 0 ? 256u : cdb.blocks, 4};
}
Extent of(const Transfer10& cdb) {
  return {cdb.lba, cdb.blocks, 7};
}
Extent of(const Transfer12& cdb) {
  return {cdb.lba, cdb.blocks, 6};
}
Extent of(const Transfer16& cdb) {
  return {cdb.lba, cdb.blocks, 10};
}

}  // namespace

Extent extent_of(const Cdb& cdb) {
  switch (cdb.opcode() >> 5) {  // the group code (SPC-4, 4.2.5.1) tells the length
    case 0:
      return of(as<Transfer6>(cdb));
    case 1:
    case 2:
      return of(as<Transfer10>(cdb));
    case 4:
      return of(as<Transfer16>(cdb));
    case 5:
      return of(as<Transfer12>(cdb));
  }
  check_failed("only commands of a Transfer form have an extent", __FILE__, __LINE__);
}

std::optional<Sense> out_of_range(const Extent& extent, const Geometry& geometry) {
  const bool inside =
      extent.lba < geometry.block_count && extent.blocks <= geometry.block_count - extent.lba;
  if (inside) return std::nullopt;
  return Sense{sense::kLbaOutOfRange, {}, {}};
}

}  // namespace lungate::scsi
