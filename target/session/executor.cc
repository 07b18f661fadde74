// SPDX-License-Identifier: LGPL-2.1-or-later

// What an executor may rely on. Called by each of them before it does anything, on the lane's
// thread; a task that is not like that is a mistake of Commands, whatever its peer has sent.
#include "session/executor.h"

#include <algorithm>

#include "base/check.h"
#include "session/task.h"

namespace lungate::session {

void LunExecutor::check_ready(const Task& task) {
  const scsi::Execution& execution = task.execution;
  check(task.phase == TaskPhase::kExecuting && !task.failed, "an executor gets what is to be run");
  check(task.lun != nullptr, "an executor gets commands of a LUN");
  check(!task.write || task.write->complete(), "an executor gets a command when its data is whole");
  const bool in = task.reads && execution.planned.direction == scsi::Direction::kIn;
  const std::uint64_t room = in ? std::min<std::uint64_t>(task.edtl, execution.planned.bytes) : 0;
  check(execution.data_in.size() == room, "data-in has its room before the command runs");
}

}  // namespace lungate::session
