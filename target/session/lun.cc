// SPDX-License-Identifier: LGPL-2.1-or-later

// The lists of a LUN's commands on one lane. Called by Commands when a command begins, waits, and
// has been decided or ends, and by LocalExecutor around each request to the store, on the lane's
// thread. Lists through the tasks: entering and leaving cost four stores, and their fronts are the
// oldest commands, which is what tells a stuck store.
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

bool TasksSince::has(State state, const Task& task) {
  return task.since[static_cast<std::size_t>(state)].time != BootTime{};
}

void TasksSince::add(Task& task, BootTime now) {
  TaskSince& place = task.since[state_];
  if (place.time != BootTime{}) return;
  place = {now, last_, nullptr};
  (last_ != nullptr ? last_->since[state_].next : first_) = &task;
  last_ = &task;
}

void TasksSince::remove(Task& task) {
  TaskSince& place = task.since[state_];
  if (place.time == BootTime{}) return;
  (place.before != nullptr ? place.before->since[state_].next : first_) = place.next;
  (place.next != nullptr ? place.next->since[state_].before : last_) = place.before;
  place = {};
}

BootTime TasksSince::longest() const {
  return first_ == nullptr ? BootTime{} : first_->since[state_].time;
}

void LaneLun::enter_store(Task& task, BootTime now) {
  in_store_.add(task, now);
  recorder.set_in_store(in_store_.longest());
}

/// At its end a command is asked for once more: who has waited for a range until then is still in.
void LaneLun::leave_store(Task& task) {
  if (!TasksSince::has(TasksSince::State::kInStore, task)) return;
  in_store_.remove(task);
  recorder.set_in_store(in_store_.longest());
}

void LaneLun::enter_waiting(Task& task, BootTime now) {
  waiting_.add(task, now);
  recorder.set_waiting(waiting_.longest());
}

/// Most commands never waited.
void LaneLun::leave_waiting(Task& task) {
  if (!TasksSince::has(TasksSince::State::kWaiting, task)) [[likely]]
    return;
  waiting_.remove(task);
  recorder.set_waiting(waiting_.longest());
}

void LaneLun::publish_in_flight() {
  recorder.set_in_flight(in_progress.count(), in_progress.oldest_start());
}

}  // namespace lungate::session
