// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "scsi/nexus.h"
#include "session/directory.h"
#include "session/lun.h"

namespace lungate::session {

class Lane;

/// One I_T_L nexus: a LUN as this session sees it. It lives as long as the directory shows that LUN
/// under that number; a command keeps none of it but looks it up again when it is executed, because
/// the directory may have changed while its data came.
struct NexusLun {
  LaneLun* lun = nullptr;
  bool read_only = false;  // for this initiator alone
  scsi::Nexus nexus;

  /// What its commands run against: the lane's snapshot, or one that is the same and
  /// write-protected.
  const LunViewPtr& view();

  /// Counts an I/O of this initiator that ended now, as LunRecorder::record() has counted it. A
  /// place of its own in the segment is taken with the first I/O, or with the first error that says
  /// more than a look does, and not with the first look: a host that looks at a thousand disks uses
  /// few of them.
  void record(telemetry::LoopRecorder& loop, std::string_view initiator,
              const telemetry::IoRecord& io, bool slow, BootTime now);

 private:
  LunViewPtr base_;  // what protected_ was made from
  LunViewPtr protected_;
  telemetry::NexusRecorder recorder_;
  bool counted_ = false;  // recorder_ was asked for
};

/// What a session owes its initiator when its connection is taken away, for the one that reinstates
/// it, perhaps on another lane: a copy that points to nothing of the old session.
struct NexusLegacy {
  struct Unit {
    LunId lun = 0;
    std::uint64_t tellings = 0;  // of the LUN on the old lane until then: LaneLun::tellings
    bool cut_off = false;        // commands on it were terminated
    scsi::Nexus nexus;
  };
  std::map<std::uint16_t, Unit> units;
  std::vector<std::uint16_t> inventory;
};

/// The LUNs of one session, by the number that the initiator uses.
class NexusMap {
 public:
  enum class Change : std::uint8_t { kNone, kInventory };

  /// Takes over what the initiator may see now. LUNs that were there keep what their nexus is owed;
  /// new ones begin with POWER ON, RESET, OR BUS DEVICE RESET OCCURRED. Another LUN under a number
  /// that was there before is a new one: what was owed for the old disk says nothing of it.
  /// `name` must live as long as this.
  Change set(Lane& lane, const VisibleLuns& visible, const scsi::NexusName& name);

  /// What is left to a connection that continues the session. `cut_off`: which LUNs have commands.
  NexusLegacy leave(const std::function<bool(const LaneLun&)>& cut_off) const;
  /// Begins as the old session's map; REQUIRES: set() follows, which brings it up to date.
  void inherit(Lane& lane, const NexusLegacy& legacy, const scsi::NexusName& name);

  /// Null: this initiator has no such LUN.
  NexusLun* find(std::uint16_t number);
  /// This LUN has a number here.
  bool shows(const LaneLun& lun) const;
  /// It has one that is not write-protected for this initiator.
  bool may_write(const LaneLun& lun) const;
  /// For commands that address no LUN of ours: REPORT LUNS and INQUIRY are answered all the same.
  scsi::Nexus& nowhere() { return nowhere_; }

  /// Establishes a unit attention condition on every number of this LUN, or on all LUNs. Counted on
  /// the LUN (telemetry: kUnitAttentions), once for each nexus.
  void raise(const LaneLun& lun, const scsi::AdditionalSense& attention);
  void raise_on_all(const scsi::AdditionalSense& attention);

  const std::vector<std::uint16_t>& inventory() const { return inventory_; }

 private:
  static void establish(NexusLun& nexus, const scsi::AdditionalSense& attention);

  /// Ascending. Every nexus has a span into it (for REPORT LUNS): set() renews them all whenever it
  /// changes this.
  std::vector<std::uint16_t> inventory_;
  std::array<std::unique_ptr<NexusLun>, limits::kLunNumberMax + 1> by_number_;
  scsi::Nexus nowhere_;
};

}  // namespace lungate::session
