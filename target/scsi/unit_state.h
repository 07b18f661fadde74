// SPDX-License-Identifier: LGPL-2.1-or-later

// What a unit's state forbids. The answers are the sense data of a refusal.
#pragma once

#include <algorithm>
#include <optional>

#include "base/limits.h"
#include "scsi/sense.h"
#include "scsi/unit.h"

namespace lungate::scsi {

/// NOT READY because there is no store at hand, with the reason as far as the unit knows it.
std::optional<Sense> unavailable(const Unit& unit);

/// NOT READY: FORMAT UNIT or SANITIZE is at work. REQUIRES: it has not failed.
Sense in_progress(const MediumActivity& activity);

/// Why the blocks are at nobody's disposal: either of these, or what FORMAT UNIT or SANITIZE has
/// left when it failed.
std::optional<Sense> not_ready(const Unit& unit);

/// DATA PROTECT: by the store or the configuration.
std::optional<Sense> read_only(const Unit& unit);
/// The same, or by MODE SELECT (SWP).
std::optional<Sense> write_protected(const Unit& unit);

/// UNMAP and the UNMAP bit of WRITE SAME are there (LBPME, LBPU, LBPWS, LBPWS10: all or none).
inline bool thinly_provisioned(const Unit& unit) {
  return unit.geometry.unmap_granularity_blocks != 0;
}

/// The longest WRITE ATOMIC. 0: there is none.
inline std::uint32_t atomic_transfer_blocks_max(const Geometry& geometry) {
  return std::min(geometry.atomic_blocks_max, limits::kTransferBytesMax / geometry.block_bytes);
}

}  // namespace lungate::scsi
