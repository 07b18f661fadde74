// SPDX-License-Identifier: LGPL-2.1-or-later

// The port behind which a LUN is local or relayed to the gateway that owns it. Session hands over a
// task whose data-out is complete and hears of it again exactly once.
//
//   session --execute(task)--> executor ... --> task.session->executed(task)
//                                               (inline when no I/O is needed)
//
// An aborted task comes back the same way when its I/O has ended: RBD cannot cancel, so it is
// absorbed (DESIGN, rule 3). What the executor may do for an abort is start nothing further.
#pragma once

namespace lungate::session {

struct Task;

class LunExecutor {
 public:
  virtual ~LunExecutor() = default;

  /// Lane's thread. REQUIRES: as check_ready() says.
  virtual void execute(Task& task) noexcept = 0;

  /// Of an aborted task: if it waits and has nothing with a backend, it comes back now. Lane's
  /// thread.
  virtual void give_up(Task& task) noexcept = 0;

 protected:
  /// Every executor begins by it: task.lun is set, data_out has been received whole, data_in has
  /// the room that the initiator and the CDB agree upon.
  static void check_ready(const Task& task);
};

}  // namespace lungate::session
