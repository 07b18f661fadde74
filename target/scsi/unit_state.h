// SPDX-License-Identifier: LGPL-2.1-or-later

// What a unit's state forbids. The answers are the sense data of a refusal.
#pragma once

#include <optional>

#include "scsi/sense.h"
#include "scsi/unit.h"

namespace lungate::scsi {

/// NOT READY, with the reason as far as the unit knows it.
std::optional<Sense> not_ready(const Unit& unit);

/// DATA PROTECT: by the store or the configuration, or by MODE SELECT (SWP).
std::optional<Sense> write_protected(const Unit& unit);

/// UNMAP and the UNMAP bit of WRITE SAME are there (LBPME, LBPU, LBPWS, LBPWS10: all or none).
inline bool thinly_provisioned(const Unit& unit) {
  return unit.geometry.unmap_granularity_blocks != 0;
}

}  // namespace lungate::scsi
