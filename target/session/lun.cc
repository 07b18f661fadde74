// SPDX-License-Identifier: LGPL-2.1-or-later

// The list of a LUN's commands on one lane. Called by Commands when a command begins and when it
// has been decided or ends, on the lane's thread. A list through the tasks: entering and leaving
// cost four stores, and its front is the oldest command, which is what tells a stuck store.
#include "session/lun.h"

#include "base/check.h"
#include "session/task.h"

namespace lungate::session {

void TasksInProgress::add(Task& task) {
  check(task.older == nullptr && task.newer == nullptr && oldest_ != &task,
        "a task is in progress once");
  task.older = newest_;
  (newest_ != nullptr ? newest_->newer : oldest_) = &task;
  newest_ = &task;
  ++count_;
}

void TasksInProgress::remove(Task& task) {
  check(count_ > 0, "a task that leaves was in progress");
  (task.older != nullptr ? task.older->newer : oldest_) = task.newer;
  (task.newer != nullptr ? task.newer->older : newest_) = task.older;
  if (newest_seen_ == &task) newest_seen_ = task.older;
  task.older = task.newer = nullptr;
  --count_;
}

Task* TasksInProgress::oldest_unseen() const {
  return newest_seen_ == nullptr ? oldest_ : newest_seen_->newer;
}

BootTime TasksInProgress::oldest_start() const {
  return oldest_ == nullptr ? BootTime{} : oldest_->times.arrival;
}

void LaneLun::publish_in_flight() {
  recorder.set_in_flight(in_progress.count(), in_progress.oldest_start());
}

}  // namespace lungate::session
