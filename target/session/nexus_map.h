// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/limits.h"
#include "scsi/nexus.h"
#include "session/directory.h"
#include "session/lun.h"

namespace lungate::session {

class Lane;

/// One I_T_L nexus: a LUN as this session sees it.
struct NexusLun {
  LaneLun* lun = nullptr;
  scsi::Nexus nexus;
};

/// The LUNs of one session, by the number that the initiator uses.
class NexusMap {
 public:
  enum class Change : std::uint8_t { kNone, kInventory };

  /// Takes over what the initiator may see now. LUNs that were there keep what their nexus is owed;
  /// new ones begin with POWER ON OCCURRED.
  Change set(Lane& lane, const ExportedTarget& target, const std::vector<std::uint16_t>& visible);

  /// Null: this initiator has no such LUN.
  NexusLun* find(std::uint16_t number);
  /// For commands that address no LUN of ours: REPORT LUNS and INQUIRY are answered all the same.
  scsi::Nexus& nowhere() { return nowhere_; }

  /// Establishes a unit attention condition on every number of this LUN, or on all LUNs.
  void raise(const LaneLun& lun, const scsi::AdditionalSense& attention);
  void raise_on_all(const scsi::AdditionalSense& attention);

  const std::vector<std::uint16_t>& inventory() const { return inventory_; }

 private:
  std::vector<std::uint16_t> inventory_;  // ascending
  std::array<std::unique_ptr<NexusLun>, limits::kLunNumberMax + 1> by_number_;
  scsi::Nexus nowhere_;
};

}  // namespace lungate::session
