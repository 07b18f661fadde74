// SPDX-License-Identifier: LGPL-2.1-or-later

// Called by the unit's home loop when its keeper has looked how full the store's place is, and by
// the pages that tell of it, on any loop. The numbers are the store's; none of them is trusted to
// fit into another.
#include "scsi/provisioning.h"

#include <algorithm>
#include <bit>

#include "base/limits.h"
#include "scsi/unit.h"
#include "scsi/unit_state.h"

namespace lungate::scsi {

unsigned Room::used_percent() const {
  const auto used = static_cast<double>(used_bytes);
  return static_cast<unsigned>(100.0 * used / (used + static_cast<double>(available_bytes)));
}

Room room_of(const Fullness& fullness) {
  return {fullness.used_bytes.load(std::memory_order_relaxed),
          fullness.available_bytes.load(std::memory_order_relaxed)};
}

bool has_threshold(const Unit& unit) {
  return unit.threshold_percent != 0 && unit.fullness != nullptr && thinly_provisioned(unit);
}

std::uint8_t threshold_exponent(const Geometry& geometry) {
  constexpr int kCountBits = 32;
  const auto a_megabyte = static_cast<int>(std::bit_width(limits::kMiB / geometry.block_bytes)) - 1;
  const auto capacity = static_cast<int>(std::bit_width(geometry.block_count)) - kCountBits;
  return static_cast<std::uint8_t>(std::max(a_megabyte, capacity));
}

bool SoftThreshold::take(const Room& room, unsigned percent) {
  if (percent == 0 || !room.known()) return false;
  const unsigned used = room.used_percent();
  if (used + limits::kThresholdHysteresisPercent < percent) armed_ = true;
  if (used < percent || !armed_) return false;
  armed_ = false;
  return true;
}

}  // namespace lungate::scsi
