// SPDX-License-Identifier: LGPL-2.1-or-later

// LUN numbers of one session to the lane's LUNs. Called by Session when the directory changes and
// by Commands for every command, on the lane's thread. A number that no configuration gives to this
// initiator is a null pointer, which the device server answers (LOGICAL UNIT NOT SUPPORTED). An
// array by number, because this look-up is made for every command.
#include "session/nexus_map.h"

#include <algorithm>
#include <utility>

#include "session/lane.h"

namespace lungate::session {
namespace {

/// Whoever looks at a new disk is told of its reset, and asks for what it does not have.
bool is_met_by_looking(telemetry::ErrorClass error) {
  return error == telemetry::ErrorClass::kNone || error == telemetry::ErrorClass::kUnitAttention ||
         error == telemetry::ErrorClass::kIllegalRequest;
}

}  // namespace

/// A LUN that is in the directory but not on the lane cannot be (lane.h: it is installed before);
/// the null check is for a directory of a reload that was overtaken by the next one.
NexusMap::Change NexusMap::set(Lane& lane, const VisibleLuns& visible,
                               const scsi::NexusName& name) {
  const std::vector<std::uint16_t> before = std::exchange(inventory_, {});
  for (const auto& [number, lun] : visible) inventory_.push_back(number);
  bool replaced = false;
  for (std::uint16_t number = 0; number <= limits::kLunNumberMax; ++number) {
    std::unique_ptr<NexusLun>& place = by_number_[number];
    const auto shown = visible.find(number);
    LaneLun* lun = shown != visible.end() ? lane.find_lun(shown->second.id) : nullptr;
    if (lun == nullptr) {
      place.reset();
      continue;
    }
    if (place == nullptr || place->lun != lun) {
      replaced = true;
      place = std::make_unique<NexusLun>();
      place->lun = lun;
      place->nexus.name = &name;
      establish(*place, scsi::sense::kResetOccurred);
    }
    place->read_only = shown->second.read_only;
    place->nexus.lun_inventory = inventory_;
  }
  nowhere_.lun_inventory = inventory_;
  nowhere_.name = &name;
  return before != inventory_ || replaced ? Change::kInventory : Change::kNone;
}

NexusLegacy NexusMap::leave(const std::function<bool(const LaneLun&)>& cut_off) const {
  NexusLegacy legacy;
  for (const std::uint16_t number : inventory_) {
    const NexusLun* place = by_number_[number].get();
    if (place == nullptr) continue;
    NexusLegacy::Unit& unit = legacy.units[number];
    unit = {place->lun->id, place->lun->tellings, cut_off(*place->lun), place->nexus};
    unit.nexus.name = nullptr;
    unit.nexus.lun_inventory = {};
  }
  legacy.inventory = inventory_;
  return legacy;
}

/// Terminated commands are told of (RFC 7143, 11.14.5). So is what the LUN has told its nexuses
/// while there was no session to hear it: not what it was, but all that it may have been. When the
/// old lane was the one ahead, the new one will tell it again.
void NexusMap::inherit(Lane& lane, const NexusLegacy& legacy, const scsi::NexusName& name) {
  for (const auto& [number, unit] : legacy.units) {
    LaneLun* lun = lane.find_lun(unit.lun);
    if (lun == nullptr) continue;  // removed meanwhile: set() will find it missing
    std::unique_ptr<NexusLun>& place = by_number_[number];
    place = std::make_unique<NexusLun>();
    place->lun = lun;
    place->nexus = unit.nexus;
    place->nexus.name = &name;
    if (unit.cut_off) establish(*place, scsi::sense::kCommandsClearedByProtocol);
    if (lun->tellings > unit.tellings) establish(*place, scsi::sense::kResetOccurred);
  }
  inventory_ = legacy.inventory;
}

const LunViewPtr& NexusLun::view() {
  if (!read_only) return lun->view;
  if (base_ != lun->view) {
    auto copy = std::make_shared<LunView>(*lun->view);
    copy->unit.read_only = true;
    base_ = lun->view;
    protected_ = std::move(copy);
  }
  return protected_;
}

/// A place that was given away meanwhile, for nothing came from here for long, is asked for again;
/// and so is, now and then, one where there was none.
void NexusLun::record(telemetry::LoopRecorder& loop, std::string_view initiator,
                      const telemetry::IoRecord& io, bool slow, BootTime now) {
  if (counted_ && recorder_.record(io, slow, now)) [[likely]]
    return;
  if (!counted_ && io.op == telemetry::Op::kOther && is_met_by_looking(io.error)) return;
  counted_ = true;
  recorder_ = loop.nexus(lun->slot, initiator, now);
  recorder_.record(io, slow);
}

NexusLun* NexusMap::find(std::uint16_t number) {
  return number < by_number_.size() ? by_number_[number].get() : nullptr;
}

bool NexusMap::shows(const LaneLun& lun) const {
  return std::any_of(by_number_.begin(), by_number_.end(),
                     [&](const auto& nexus) { return nexus != nullptr && nexus->lun == &lun; });
}

bool NexusMap::may_write(const LaneLun& lun) const {
  return std::any_of(by_number_.begin(), by_number_.end(), [&](const auto& place) {
    return place != nullptr && place->lun == &lun && !place->read_only;
  });
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
  // Copies are aborted by a reset, and nothing is to be asked about them (SPC-4, 5.17.4.2).
  if (attention == scsi::sense::kBusDeviceReset) nexus.nexus.copies.clear();
  nexus.lun->recorder.add(telemetry::LunCounter::kUnitAttentions);
}

}  // namespace lungate::session
