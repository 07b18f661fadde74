// SPDX-License-Identifier: LGPL-2.1-or-later

// Slots of commands. Called by Commands alone, on the lane's thread. A tag is the peer's choice;
// Commands has refused the reserved one, one that is in use, and a command beyond the last slot, so
// that the first and the last are our mistakes here and stop the process. The second is not looked
// for again: the caller has just made that scan, and this is the path of every I/O.
#include "session/task_set.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace lungate::session {
namespace {

/// The reserved tag (RFC 7143, 11.2.1.8) marks a free slot: no command may bear it.
constexpr std::uint32_t kNoTag = 0xffffffff;

}  // namespace

TaskSet::TaskSet(Session& session, std::size_t slots)
    : tasks_(std::make_unique<Task[]>(slots)), tags_(slots, kNoTag) {
  free_.reserve(slots);
  for (std::size_t slot = slots; slot-- > 0;) {
    tasks_[slot].session = &session;
    tasks_[slot].slot = static_cast<std::uint16_t>(slot);
    free_.push_back(static_cast<std::uint16_t>(slot));
  }
}

Task* TaskSet::take(std::uint32_t initiator_task_tag) {
  check(initiator_task_tag != kNoTag, "the reserved tag names no command");
  check(!free_.empty(), "a slot is taken while there is one");
  Task& task = tasks_[free_.back()];
  free_.pop_back();
  ++in_use_;
  tags_[task.slot] = initiator_task_tag;
  task.phase.enter(TaskPhase::kReceiving);
  task.aborted = task.taken_away = task.failed = task.delivered = task.seen_stuck = false;
  task.initiator_task_tag = initiator_task_tag;
  task.times = {};
  return &task;
}

void TaskSet::give_back(Task& task) {
  task.phase.enter(TaskPhase::kFree);
  task.buffer.reset();
  task.scratch.reset();
  task.execution.copy.reset();
  task.write.reset();
  task.view.reset();
  task.lun = nullptr;
  task.recorder = {};
  tags_[task.slot] = kNoTag;
  free_.push_back(task.slot);
  --in_use_;
  // Last: a baton's end may start anything, the answer to the abort included.
  const std::vector<Baton> ended = std::exchange(task.batons, {});
}

Task* TaskSet::find(std::uint32_t initiator_task_tag) {
  if (initiator_task_tag == kNoTag) return nullptr;
  const auto found = std::find(tags_.begin(), tags_.end(), initiator_task_tag);
  return found == tags_.end() ? nullptr : &tasks_[static_cast<std::size_t>(found - tags_.begin())];
}

}  // namespace lungate::session
