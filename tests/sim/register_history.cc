// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/sim/register_history.h"

#include <algorithm>

namespace lungate::sim {

void RegisterHistory::widen(WriteId value, Moment begin, Moment end) {
  Zone& zone = zones_[value];
  zone.first_end = std::min(zone.first_end, end);
  zone.last_begin = std::max(zone.last_begin, begin);
}

std::optional<WriteId> RegisterHistory::contradiction() const {
  for (const auto& [held, during] : zones_) {
    if (!during.forward()) continue;
    for (const auto& [value, zone] : zones_) {
      if (value == held) continue;
      const bool overlaps = zone.forward() && zone.first_end < during.last_begin &&
                            during.first_end < zone.last_begin;
      const bool within = !zone.forward() && during.first_end < zone.last_begin &&
                          zone.first_end < during.last_begin;
      if (overlaps || within) return value;
    }
  }
  return std::nullopt;
}

}  // namespace lungate::sim
