// SPDX-License-Identifier: LGPL-2.1-or-later
#include "session/nexus_map.h"

#include <algorithm>

#include "session/lane.h"

namespace lungate::session {

NexusMap::Change NexusMap::set(Lane& lane, const ExportedTarget& target,
                               const std::vector<std::uint16_t>& visible) {
  const std::vector<std::uint16_t> before = inventory_;
  bool replaced = false;
  inventory_ = visible;
  for (std::uint16_t number = 0; number <= limits::kLunNumberMax; ++number) {
    std::unique_ptr<NexusLun>& place = by_number_[number];
    LaneLun* lun = nullptr;
    if (std::binary_search(visible.begin(), visible.end(), number))
      lun = lane.find_lun(target.luns.at(number));
    if (lun == nullptr) {
      place.reset();
    } else if (place == nullptr || place->lun != lun) {
      replaced = true;
      place = std::make_unique<NexusLun>();
      place->lun = lun;
      place->nexus.unit_attentions.raise(scsi::sense::kResetOccurred);
    }
    if (place != nullptr) place->nexus.lun_inventory = inventory_;
  }
  nowhere_.lun_inventory = inventory_;
  return before != inventory_ || replaced ? Change::kInventory : Change::kNone;
}

NexusLun* NexusMap::find(std::uint16_t number) {
  return number < by_number_.size() ? by_number_[number].get() : nullptr;
}

void NexusMap::raise(const LaneLun& lun, const scsi::AdditionalSense& attention) {
  for (const std::uint16_t number : inventory_)
    if (NexusLun* nexus = find(number); nexus != nullptr && nexus->lun == &lun)
      nexus->nexus.unit_attentions.raise(attention);
}

void NexusMap::raise_on_all(const scsi::AdditionalSense& attention) {
  for (const std::uint16_t number : inventory_)
    if (NexusLun* nexus = find(number)) nexus->nexus.unit_attentions.raise(attention);
}

}  // namespace lungate::session
