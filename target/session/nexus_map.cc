// SPDX-License-Identifier: LGPL-2.1-or-later

// LUN numbers of one session to the lane's LUNs. Called by Session when the directory changes and
// by Commands for every command, on the lane's thread. A number that no configuration gives to this
// initiator is a null pointer, which the device server answers (LOGICAL UNIT NOT SUPPORTED). An
// array by number, because this look-up is made for every command.
#include "session/nexus_map.h"

#include <algorithm>

#include "session/lane.h"

namespace lungate::session {

/// A LUN that is in the directory but not on the lane cannot be (lane.h: it is installed before);
/// the null check is for a directory of a reload that was overtaken by the next one.
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
      establish(*place, scsi::sense::kResetOccurred);
    }
    if (place != nullptr) place->nexus.lun_inventory = inventory_;
  }
  nowhere_.lun_inventory = inventory_;
  return before != inventory_ || replaced ? Change::kInventory : Change::kNone;
}

NexusLun* NexusMap::find(std::uint16_t number) {
  return number < by_number_.size() ? by_number_[number].get() : nullptr;
}

bool NexusMap::shows(const LaneLun& lun) const {
  return std::any_of(by_number_.begin(), by_number_.end(),
                     [&](const auto& nexus) { return nexus != nullptr && nexus->lun == &lun; });
}

void NexusMap::raise(const LaneLun& lun, const scsi::AdditionalSense& attention) {
  for (const std::uint16_t number : inventory_)
    if (NexusLun* nexus = find(number); nexus != nullptr && nexus->lun == &lun)
      establish(*nexus, attention);
}

void NexusMap::raise_on_all(const scsi::AdditionalSense& attention) {
  for (const std::uint16_t number : inventory_)
    if (NexusLun* nexus = find(number)) establish(*nexus, attention);
}

void NexusMap::establish(NexusLun& nexus, const scsi::AdditionalSense& attention) {
  nexus.nexus.unit_attentions.raise(attention);
  nexus.lun->recorder.add(telemetry::LunCounter::kUnitAttentions);
}

}  // namespace lungate::session
