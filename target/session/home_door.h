// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <functional>
#include <string>

#include "scsi/unit.h"
#include "session/baton.h"
#include "session/ids.h"
#include "session/range_locks.h"
#include "session/registry.h"

namespace lungate::session {

class Lane;

using Changed = std::function<void(const scsi::ChangeOutcome& outcome)>;

/// What lanes ask of the home loop. Any lane's thread may call; answers come back on the lane that
/// asked, by its post(). What one lane asks is heard in the order of asking.
class HomeDoor {
 public:
  /// Answered once, unless it is withdrawn; perhaps late (registry.h). Whoever asked may be gone
  /// then: a session that was admitted for nobody must be ended by session_ended().
  virtual void admit(Lane& from, const Admission& admission, Registry::Answer answer) = 0;
  /// This login waits no longer. Nothing happens when it has been answered.
  virtual void withdraw(const Admission& admission) = 0;
  /// The session's connection is gone and its last command has ended. Once per admitted session.
  /// `legacy`: for the login that continues it, if there is one; null: it has none to leave.
  virtual void session_ended(SessionId id, NexusLegacyPtr legacy) = 0;
  /// A proof has failed; perhaps the logins of this source are refused from now on.
  virtual void proof_failed(const Source& source) = 0;
  /// One of the connections that were handed to a lane is gone (counted against kConnectionsMax,
  /// and against its source's). Once per connection, after session_ended() of its session.
  virtual void connection_ended(const Source& source) = 0;
  /// Answered after every lane has the change, or at once if there is nothing to change (the LUN
  /// has been removed meanwhile: BUSY). The caller's command is in progress on the LUN until then,
  /// so the LUN is still known to its lane.
  virtual void apply_change(Lane& from, LunId lun, const scsi::UnitChange& change, Asker by,
                            Changed changed) = 0;
  /// If the command that holds this range lock has asked for a FORMAT UNIT or SANITIZE of the LUN,
  /// it is answered as soon as that has begun: neither is stopped by task management (SBC-3,
  /// 4.11.3), and nobody should wait for hours to hear that.
  virtual void let_waiter_go(LunId lun, std::uint64_t ticket) = 0;
  /// False at once when one of the LUNs does not have the store any more that is named, or when too
  /// many ask for its ranges. True, and
  /// perhaps late, when nobody else writes there: until unlock_ranges().
  virtual void lock_ranges(Lane& from, LockRequest request,
                           std::function<void(bool granted)> answer) = 0;
  virtual void unlock_ranges(std::uint64_t ticket) = 0;
  /// Who still waits for this lock is answered "false". Nothing happens when it has it.
  virtual void withdraw_lock(std::uint64_t ticket) = 0;
  /// `done` after every command of the LUN has ended on every lane and every nexus has been told;
  /// at once if the LUN has been removed.
  virtual void reset_lun(Lane& from, LunId lun, Taker by, Done done) = 0;
  /// CLEAR TASK SET of session `by`: as a reset, but nothing else of the unit changes.
  virtual void clear_lun(Lane& from, LunId lun, Taker by, Done done) = 0;
  /// What RESERVE gave to this nexus goes, on every LUN of the target: a nexus is one of a target,
  /// and towards others an initiator uses the same name.
  virtual void lose_nexus(Lane& from, const scsi::NexusName& nexus, const std::string& target,
                          Done done) = 0;
  /// Ends every session of the target.
  virtual void close_target(const std::string& iqn) = 0;

 protected:
  ~HomeDoor() = default;
};

}  // namespace lungate::session
