// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "scsi/unit.h"
#include "session/baton.h"
#include "session/ids.h"
#include "session/registry.h"

namespace lungate::session {

class Lane;

/// What lanes ask of the home loop. Any lane's thread may call; answers come back on the lane that
/// asked, by its post().
class HomeDoor {
 public:
  virtual void admit(Lane& from, const Admission& admission, Registry::Answer answer) = 0;
  /// The session's connection is gone and its last command has ended.
  virtual void session_ended(SessionId id) = 0;
  /// One of the connections that were handed to a lane is gone (counted against kConnectionsMax).
  virtual void connection_ended() = 0;
  virtual void apply_change(Lane& from, LunId lun, const scsi::UnitChange& change, SessionId by,
                            Done done) = 0;
  virtual void reset_lun(Lane& from, LunId lun, Done done) = 0;

 protected:
  ~HomeDoor() = default;
};

}  // namespace lungate::session
