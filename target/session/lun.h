// SPDX-License-Identifier: LGPL-2.1-or-later

// A logical unit in two places:
//
//   home loop: LunHome (lun_home.h)            every lane: LaneLun
//   the truth: unit, backend, changes   --->   the snapshot that commands of this lane run against,
//                                   <--- ack   the lane's commands in progress, its telemetry shard
//
// A lane never looks at the home's state and the home never at a lane's: they send each other
// words.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "backend/backend.h"
#include "base/clock.h"
#include "scsi/sense.h"
#include "scsi/unit.h"
#include "session/ids.h"
#include "session/range_locks.h"
#include "telemetry/recorder.h"

namespace lungate::session {

class LunExecutor;
struct Task;

/// One snapshot: what commands are decided by, and where their I/O goes. Immutable. A command keeps
/// the snapshot that it was started with, and through it the backend, until its I/O has ended.
struct LunView {
  scsi::Unit unit;
  std::shared_ptr<backend::Backend> backend;  // null while offline
};
using LunViewPtr = std::shared_ptr<const LunView>;

/// Commands in progress on one LUN of one lane, oldest first: a list through the tasks themselves.
class TasksInProgress {
 public:
  void add(Task& task);
  void remove(Task& task);
  bool empty() const { return oldest_ == nullptr; }
  std::uint32_t count() const { return count_; }
  /// When the oldest command arrived; 0 when there is none.
  BootTime oldest_start() const;
  Task* oldest() const { return oldest_; }
  /// The oldest that has not been seen to be stuck. Those are seen from the oldest on: a store that
  /// hangs with all its commands is not walked through again each second.
  Task* oldest_unseen() const;
  /// REQUIRES: it is oldest_unseen().
  void set_seen(Task& task) { newest_seen_ = &task; }

 private:
  Task* oldest_ = nullptr;
  Task* newest_ = nullptr;
  Task* newest_seen_ = nullptr;
  std::uint32_t count_ = 0;
};

/// Commands of one LUN on one lane that are in some state, and since when: who has been in it for
/// longest is in front. A list through the tasks.
class TasksSince {
 public:
  enum class State : std::uint8_t {
    kInStore,  // the store, or its keeper, owes an answer to a request
    kWaiting,  // their initiator owes data, or an earlier command
  };
  explicit TasksSince(State state) : state_(static_cast<std::size_t>(state)) {}
  static bool has(State state, const Task& task);
  /// Nothing when it is in it, and when it is not.
  void add(Task& task, BootTime now);
  void remove(Task& task);
  /// Since when; 0 when there is none.
  BootTime longest() const;

 private:
  const std::size_t state_;
  Task* first_ = nullptr;
  Task* last_ = nullptr;
};

/// What has become of a LUN whose commands are quiesced (commands.h).
enum class LunFate : std::uint8_t {
  kOffline,  // it is there, without a backend: NOT READY
  kRemoved,  // it is not there: LOGICAL UNIT NOT SUPPORTED
};

/// A lane's share of one LUN. Lane's thread only.
struct LaneLun {
  LunId id = 0;
  LunViewPtr view;
  LunExecutor* executor = nullptr;  // local today; relayed when another gateway owns the LUN
  telemetry::SlotId slot;
  telemetry::LunRecorder recorder;
  TasksInProgress in_progress;
  LaneRanges ranges;  // that commands have to themselves now
  /// How often its nexuses have been told something by its home: the same count on every lane when
  /// that has heard of the same.
  std::uint64_t tellings = 0;

  /// After every change of in_progress.
  void publish_in_flight();
  // The exporter sees stuck I/O by these. Apart from each other, because a peer may wait as long as
  // it likes, and must not be able to say that the store hangs.
  void enter_store(Task& task, BootTime now);
  void leave_store(Task& task);
  void enter_waiting(Task& task, BootTime now);
  void leave_waiting(Task& task);

 private:
  TasksSince in_store_{TasksSince::State::kInStore};
  TasksSince waiting_{TasksSince::State::kWaiting};
};

}  // namespace lungate::session
