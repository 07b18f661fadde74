// SPDX-License-Identifier: LGPL-2.1-or-later

// The blocks that a command is about. LBAs and lengths come from the peer: all arithmetic on them
// that could wrap is done here, once.
#pragma once

#include <cstdint>
#include <optional>

#include "scsi/execution.h"

namespace lungate::scsi {

struct Extent {
  std::uint64_t lba = 0;
  std::uint64_t blocks = 0;
  std::uint8_t blocks_byte = 0;  // where the CDB names the length, for the field pointer
};

/// Blocks as the CDB means them: none in six bytes are 256. From a CDB of one of the Transfer forms
/// (cdb.h); which one, its operation code's group tells.
Extent extent_of(const Cdb& cdb);

/// The first block that any CDB names, for people to read; 0 where it names none.
std::uint64_t lba_of(const Cdb& cdb);

/// LOGICAL BLOCK ADDRESS OUT OF RANGE unless the whole extent lies on the unit. One without blocks
/// must name an existing block all the same.
std::optional<Sense> out_of_range(const Extent& extent, const Geometry& geometry);

}  // namespace lungate::scsi
