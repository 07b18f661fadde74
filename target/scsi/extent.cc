// SPDX-License-Identifier: LGPL-2.1-or-later

// First block and number of blocks of a CDB, whatever its length, and whether they exist. All
// arithmetic on what a peer sent for an address is here and cannot wrap: LBA and length are held
// against the capacity by subtraction, never added first. Pure; any thread.
#include "scsi/extent.h"

#include <algorithm>
#include <array>

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

/// Where an LBA stands as in a Transfer form, ascending. Theirs of 16 bytes share 9Eh with others.
constexpr std::array<std::uint8_t, 24> kNamesLba = {0x08, 0x0a, 0x28, 0x2a, 0x2e, 0x2f, 0x34, 0x35,
                                                    0x41, 0x88, 0x89, 0x8a, 0x8b, 0x8e, 0x8f, 0x90,
                                                    0x91, 0x93, 0x9c, 0x9e, 0xa8, 0xaa, 0xae, 0xaf};
constexpr std::uint8_t kServiceActionIn16 = 0x9e;
constexpr std::uint8_t kGetLbaStatus = 0x12;

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

std::uint64_t lba_of(const Cdb& cdb) {
  if (!std::binary_search(kNamesLba.begin(), kNamesLba.end(), cdb.opcode())) return 0;
  const bool other = cdb.opcode() == kServiceActionIn16 && (cdb.bytes[1] & 0x1f) != kGetLbaStatus;
  return other ? 0 : extent_of(cdb).lba;
}

std::optional<Sense> out_of_range(const Extent& extent, const Geometry& geometry) {
  const bool inside =
      extent.lba < geometry.block_count && extent.blocks <= geometry.block_count - extent.lba;
  if (inside) return std::nullopt;
  return Sense{sense::kLbaOutOfRange, {}, {}};
}

}  // namespace lungate::scsi
