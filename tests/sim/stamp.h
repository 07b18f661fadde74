// SPDX-License-Identifier: LGPL-2.1-or-later
// Blocks that say who has written them, and where to: whatever comes back shows by itself whether
// it is one write's block, whole and in its place.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"

namespace lungate::sim {

inline constexpr std::uint32_t kBlockBytes = 512;

/// Names a write among all of a run. 0: nobody's, what a disk holds at first.
using WriteId = std::uint32_t;

void stamp(MutableBytes block, unsigned disk, std::uint32_t lba, WriteId writer);
/// Nothing: the block is no stamp, is of two writes, or belongs elsewhere.
std::optional<WriteId> writer_of(Bytes block, unsigned disk, std::uint32_t lba);

}  // namespace lungate::sim
