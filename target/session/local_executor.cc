// SPDX-License-Identifier: LGPL-2.1-or-later

// Drives one execution step by step. Called by Commands (execute) and by the lane's mailbox when a
// backend has delivered, on the lane's thread. The outcome of a request, good or bad, is the device
// server's to judge: here it is only carried. Requests are members of their tasks and letters find
// their task by `owner`, so that an I/O allocates nothing and no closure is made for it.
#include "session/local_executor.h"

#include "base/check.h"
#include "session/lane.h"
#include "session/session.h"
#include "session/task.h"

namespace lungate::session {

void LocalExecutor::execute(Task& task) noexcept {
  check_ready(task);
  scsi::Execution& execution = task.execution;
  execution.request.reply_to = &lane_.loop().mailbox();
  execution.request.deliver = &LocalExecutor::delivered;
  execution.request.owner = &task;
  proceed(task, scsi::start(execution));
}

void LocalExecutor::proceed(Task& task, scsi::Step step) noexcept {
  // An aborted task starts nothing further; what it has done already stands.
  if (task.aborted) return task.session->executed(task);
  switch (step) {
    case scsi::Step::kDone:
      return task.session->executed(task);
    case scsi::Step::kSubmit:
      return submit(task);
    case scsi::Step::kChange:
      return change(task);
  }
}

/// By the task's own snapshot, not by the LUN's present one: a command runs against one state of
/// its unit from its first step to its last, and keeps that state's backend open until then.
void LocalExecutor::submit(Task& task) noexcept {
  check(task.view != nullptr && task.view->backend != nullptr,
        "the device server submits for a unit that is ready");
  if (task.times.submitted == BootTime{}) task.times.submitted = boot_now();
  task.view->backend->submit(task.execution.request);
}

/// The lane is found by the task's session, which outlives its last task: the letter itself knows
/// only who has sent it.
void LocalExecutor::delivered(Mail& letter) noexcept {
  Task& task = *static_cast<Task*>(static_cast<backend::Request&>(letter).owner);
  LocalExecutor& self = task.session->lane().local_executor();
  self.proceed(task, scsi::resume(task.execution));
}

/// The task stays in progress on its LUN until the home loop answers, so that the LUN is not
/// forgotten and a reset waits for it. An abort meanwhile is seen by proceed(): the change stands.
void LocalExecutor::change(Task& task) noexcept {
  lane_.home().apply_change(lane_, task.lun->id, *task.execution.change, task.session->id(),
                            [this, &task] { proceed(task, scsi::resume(task.execution)); });
}

}  // namespace lungate::session
