// SPDX-License-Identifier: LGPL-2.1-or-later

// What stands before the pages in the data of MODE SENSE and MODE SELECT (SPC-4, 7.5.4, 7.5.5): a
// header of 4 or 8 bytes and perhaps one block descriptor.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "scsi/unit.h"

namespace lungate::scsi {

struct ModeHeader6 {
  std::uint8_t data_bytes = 0;  // of all that follow this field
  std::uint8_t medium_type = 0;
  std::uint8_t device_specific = 0;
  std::uint8_t descriptor_bytes = 0;
};
static_assert(sizeof(ModeHeader6) == 4);

struct ModeHeader10 {
  be16 data_bytes;
  std::uint8_t medium_type = 0;
  std::uint8_t device_specific = 0;
  std::uint8_t flags = 0;  // LONGLBA
  std::uint8_t reserved = 0;
  be16 descriptor_bytes;
};
static_assert(sizeof(ModeHeader10) == 8);

/// The short LBA block descriptor (SBC-3, 6.4.2.2). More blocks than 32 bits hold read as all ones.
struct BlockDescriptor {
  be32 blocks;
  std::uint8_t reserved = 0;
  be24 block_bytes;
};
static_assert(sizeof(BlockDescriptor) == 8);

BlockDescriptor block_descriptor(const Geometry& geometry);

}  // namespace lungate::scsi
