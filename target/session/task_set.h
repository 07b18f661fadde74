// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "session/task.h"

namespace lungate::session {

/// The commands of one session: a fixed number of slots, found by initiator task tag. Lane's thread
/// only.
///
/// A tag is found by a scan: 144 tags of four bytes lie in nine cache lines, which is faster than
/// any table at this size and needs nothing kept in step. Slots are made once, so that memory per
/// session is known at its login and no command can fail for want of a slot's memory.
class TaskSet {
 public:
  /// `slots`: the command window plus the immediate commands that may stand beside it.
  TaskSet(Session& session, std::size_t slots);

  /// A free slot for this tag. REQUIRES: not full, no task of this tag in progress.
  Task* take(std::uint32_t initiator_task_tag);
  void give_back(Task& task);

  /// The task of this tag; null when none is in progress under it.
  Task* find(std::uint32_t initiator_task_tag);

  bool full() const { return free_.empty(); }
  std::size_t in_use() const { return in_use_; }
  std::span<Task> all() { return {tasks_.get(), tags_.size()}; }
  std::span<const Task> all() const { return {tasks_.get(), tags_.size()}; }

 private:
  std::unique_ptr<Task[]> tasks_;
  std::vector<std::uint32_t> tags_;  // by slot; side by side, so that a search is one short scan
  std::vector<std::uint16_t> free_;
  std::size_t in_use_ = 0;
};

}  // namespace lungate::session
