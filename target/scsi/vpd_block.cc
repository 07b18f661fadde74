// SPDX-License-Identifier: LGPL-2.1-or-later

// VPD pages B0h, B1h, B2h: what a block device may be asked for, and at what cost.
#include <algorithm>

#include "scsi/commands.h"
#include "scsi/unit_state.h"
#include "scsi/vpd_pages.h"

namespace lungate::scsi {
namespace {

/// From byte 4 of the page on; with its header 64 bytes, which is what SBC-3 asks of B0h and B1h.
/// The granularity of transfers is not reported: Linux takes it for the smallest sensible I/O, and
/// no I/O is too small for our backends.
struct BlockLimits {
  std::uint8_t wsnz = 1;  // WRITE SAME of no blocks is refused
  std::uint8_t compare_and_write_blocks_max = limits::kCompareAndWriteBlocksMax;
  be16 transfer_granularity_blocks;
  be32 transfer_blocks_max;
  be32 transfer_blocks_optimal;
  be32 prefetch_blocks_max;
  be32 unmap_blocks_max;
  be32 unmap_descriptors_max;
  be32 unmap_granularity_blocks;
  be32 unmap_alignment;  // with UGAVALID as its highest bit
  be64 write_same_blocks_max;
  be32 atomic_blocks_max;
  be32 atomic_alignment;
  be32 atomic_granularity;
  be32 boundary_transfer_blocks_max;  // no atomic boundary
  be32 boundary_blocks_max;
};
static_assert(sizeof(BlockLimits) == 0x3c);

struct BlockCharacteristics {
  be16 rotation_rate;
  std::uint8_t product_type = 0;
  std::uint8_t sanitize = 0;            // WABEREQ, WACEREQ, form factor
  std::array<std::uint8_t, 56> rest{};  // not reported
};
static_assert(sizeof(BlockCharacteristics) == 0x3c);

/// From byte 4 on, without a descriptor of a provisioning group.
struct Provisioning {
  std::uint8_t threshold_exponent = 0;  // 0: no thresholds
  std::uint8_t support = 0;
  std::uint8_t type = 0;
  std::uint8_t threshold_percentage = 0;  // SBC-4: their width, in tenths; 0: of no percentages
};
static_assert(sizeof(Provisioning) == 4);

constexpr std::uint32_t in_blocks(std::uint64_t bytes, const Geometry& geometry) {
  return static_cast<std::uint32_t>(bytes / geometry.block_bytes);
}

}  // namespace

void build_block_limits(const Unit& unit, ParameterData& data) {
  const Geometry& geometry = unit.geometry;
  BlockLimits page;
  page.transfer_blocks_max = in_blocks(limits::kTransferBytesMax, geometry);
  page.transfer_blocks_optimal =
      std::min<std::uint32_t>(geometry.optimal_blocks, page.transfer_blocks_max);
  page.write_same_blocks_max = in_blocks(limits::kWriteSameBytesMax, geometry);
  page.atomic_blocks_max = atomic_transfer_blocks_max(geometry);
  page.atomic_alignment = geometry.atomic_blocks_max;
  if (thinly_provisioned(unit)) {
    constexpr std::uint32_t kUgavalid = 0x80000000;  // aligned at LBA 0
    page.unmap_blocks_max = in_blocks(limits::kUnmapBytesMax, geometry);
    page.unmap_descriptors_max = limits::kUnmapDescriptorsMax;
    page.unmap_granularity_blocks = geometry.unmap_granularity_blocks;
    page.unmap_alignment = kUgavalid;
  }
  data.append(page);
}

/// An unknown rate is said to be unknown: initiators then schedule as for a rotating disk.
void build_block_characteristics(const Unit& unit, ParameterData& data) {
  constexpr std::uint16_t kNotReported = 0;
  constexpr std::uint16_t kNonRotating = 1;
  BlockCharacteristics page;
  page.rotation_rate = unit.geometry.rotational ? kNotReported : kNonRotating;
  constexpr std::uint8_t kReadableWhenErased = 0x40;  // WABEREQ 01b
  if (erases_blocks(unit)) page.sanitize = kReadableWhenErased;
  data.append(page);
}

void build_provisioning(const Unit& unit, ParameterData& data) {
  // UNMAP, WRITE SAME 16 and 10 with UNMAP; unmapped blocks read as zeros; nothing is anchored.
  constexpr std::uint8_t kLbpuLbpwsLbpws10Lbprz = 0xe4;
  constexpr std::uint8_t kThin = 0x02;
  Provisioning page;
  if (thinly_provisioned(unit)) {
    page.support = kLbpuLbpwsLbpws10Lbprz;
    page.type = kThin;
  }
  if (has_threshold(unit)) {
    constexpr std::uint8_t kTenths = 10;
    page.threshold_exponent = threshold_exponent(unit.geometry);
    page.threshold_percentage = limits::kThresholdHysteresisPercent * kTenths;
  }
  data.append(page);
}

}  // namespace lungate::scsi
