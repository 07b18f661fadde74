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

  /// Lane's thread. REQUIRES: task.lun set, data_out received, data_in provided.
  virtual void execute(Task& task) noexcept = 0;
};

}  // namespace lungate::session
