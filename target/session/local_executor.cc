// SPDX-License-Identifier: LGPL-2.1-or-later

// Drives one execution step by step. Called by Commands (execute) and by the lane's mailbox when a
// backend has delivered, on the lane's thread. The outcome of a request, good or bad, is the device
// server's to judge: here it is only carried. Requests are members of their tasks and letters find
// their task by `owner`, so that an I/O allocates nothing and no closure is made for it.
#include "session/local_executor.h"

#include <algorithm>
#include <variant>

#include "base/check.h"
#include "session/lane.h"
#include "session/session.h"
#include "session/task.h"

namespace lungate::session {

namespace {

bool has_naa(const scsi::Identity& identity, Bytes naa) {
  const Bytes own = bytes_of(identity.naa).first(identity.naa_bytes);
  return identity.known() && std::equal(naa.begin(), naa.end(), own.begin(), own.end());
}

/// For EXTENDED COPY: only among what this session may see. Another unit's snapshot is kept by the
/// task; a lock on it keeps its store open (range_locks.h).
const scsi::Unit* find_unit(scsi::Execution& execution, Bytes naa) {
  Task& task = *static_cast<Task*>(execution.request.owner);
  if (has_naa(task.view->unit.identity, naa)) return &task.view->unit;
  NexusMap& nexuses = task.session->commands().nexuses();
  for (const std::uint16_t number : nexuses.inventory()) {
    NexusLun& nexus = *nexuses.find(number);
    if (!has_naa(nexus.lun->view->unit.identity, naa)) continue;
    task.neighbours.push_back({nexus.lun->id, nexus.view()});
    return &task.neighbours.back().view->unit;
  }
  return nullptr;
}

/// Where a unit of this execution is: its own, or one that find_unit() has found.
Neighbour place_of(const Task& task, const scsi::Unit* unit) {
  if (unit == nullptr || unit == &task.view->unit) return {task.lun->id, task.view};
  const auto found =
      std::find_if(task.neighbours.begin(), task.neighbours.end(),
                   [&](const Neighbour& neighbour) { return &neighbour.view->unit == unit; });
  check(found != task.neighbours.end(), "a command works on units that it has found");
  return *found;
}

}  // namespace

void LocalExecutor::execute(Task& task) noexcept {
  check_ready(task);
  scsi::Execution& execution = task.execution;
  execution.request.reply_to = &lane_.loop().mailbox();
  execution.request.deliver = &LocalExecutor::delivered;
  execution.request.owner = &task;
  execution.find_unit = &find_unit;
  task.began = lane_.next_beginning();
  if (execution.planned.op == scsi::OpClass::kOther) execution.now_ms = wall_now_ns() / 1'000'000;
  proceed(task, scsi::start(execution));
}

void LocalExecutor::proceed(Task& task, scsi::Step step) noexcept {
  // An aborted task starts nothing further; what it has done already stands.
  if (task.aborted) return end(task);
  switch (step) {
    case scsi::Step::kDone:
      return end(task);
    case scsi::Step::kSubmit:
      return submit(task);
    case scsi::Step::kChange:
      return change(task);
    case scsi::Step::kLock:
      return lock(task);
  }
}

/// Who waits for a range may wait for hours, and has begun nothing that would have to end.
void LocalExecutor::give_up(Task& task) noexcept {
  if (task.lun->ranges.unpark(task)) return end(task);
  if (task.lock_ticket != 0) lane_.home().withdraw_lock(task.lock_ticket);
}

/// By their snapshots the units may be ready, and a FORMAT UNIT or SANITIZE be at work by now: what
/// is written then would be wiped, or left behind it.
bool LocalExecutor::overtaken(const Task& task) const noexcept {
  const auto works = [](const scsi::Unit& then, const LaneLun* lun) {
    if (lun == nullptr) return false;
    const auto& now = lun->view->unit.medium_activity;
    return now != nullptr && now != then.medium_activity;
  };
  return works(task.view->unit, task.lun) ||
         std::any_of(task.neighbours.begin(), task.neighbours.end(), [&](const Neighbour& one) {
           return works(one.view->unit, lane_.find_lun(one.lun));
         });
}

void LocalExecutor::end_busy(Task& task) noexcept {
  task.execution.status = scsi::Status::kBusy;
  task.execution.transfer_bytes = task.execution.data_in_bytes = 0;
  end(task);
}

void LocalExecutor::end(Task& task) noexcept {
  if (task.lock_ticket != 0) lane_.home().unlock_ranges(std::exchange(task.lock_ticket, 0));
  task.neighbours.clear();
  task.lun->leave_store(task);
  task.session->executed(task);
}

/// By the task's own snapshot, not by the LUN's present one: a command runs against one state of
/// its unit from its first step to its last, and keeps that state's backend open until then.
void LocalExecutor::submit(Task& task) noexcept {
  backend::Request& request = task.execution.request;
  const scsi::Unit* unit = task.execution.submit_to;
  const bool own = unit == nullptr || unit == &task.view->unit;
  // On another unit a command has locked what it writes.
  if (own && !task.lun->ranges.empty() &&
      task.lun->ranges.stop(request, task.lock_ticket, task.began)) [[unlikely]] {
    task.lun->enter_store(task, boot_now());  // who holds the range may be stuck in it
    return task.lun->ranges.park(task);
  }
  const LunView& view = own ? *task.view : *place_of(task, unit).view;
  check(view.backend != nullptr, "the device server submits for a unit that is ready");
  const BootTime now = boot_now();
  if (task.times.submitted == BootTime{}) task.times.submitted = now;
  task.lun->enter_store(task, now);
  view.backend->submit(request);
}

void LocalExecutor::resume_parked(LaneLun& lun) noexcept {
  for (Task* task : lun.ranges.take_parked()) {
    if (overtaken(*task))
      end_busy(*task);
    else
      proceed(*task, scsi::Step::kSubmit);
  }
}

/// The lane is found by the task's session, which outlives its last task: the letter itself knows
/// only who has sent it.
void LocalExecutor::delivered(Mail& letter) noexcept {
  Task& task = *static_cast<Task*>(static_cast<backend::Request&>(letter).owner);
  LocalExecutor& self = task.session->lane().local_executor();
  task.lun->leave_store(task);
  self.proceed(task, scsi::resume(task.execution));
}

/// The task stays in progress on its LUN until the home loop answers, so that the LUN is not
/// forgotten and a reset waits for it. An abort meanwhile is seen by proceed(): the change stands.
void LocalExecutor::change(Task& task) noexcept {
  // Work on a whole medium takes hours and hangs nowhere.
  if (!std::holds_alternative<scsi::MediumJob>(*task.execution.change))
    task.lun->enter_store(task, boot_now());
  lane_.home().apply_change(lane_, task.lun->id, *task.execution.change,
                            {task.session->id(), task.lock_ticket},
                            [this, &task](const scsi::ChangeOutcome& outcome) {
                              task.execution.changed = outcome;
                              task.lun->leave_store(task);
                              proceed(task, scsi::resume(task.execution));
                            });
}

/// Refused when a unit has lost its store, or has another one by now, or more ranges are asked for
/// than may be (kRangeLocksPerLunMax), and of no use when its medium is worked on by now: BUSY, and
/// the initiator asks again.
void LocalExecutor::lock(Task& task) noexcept {
  const scsi::Execution& execution = task.execution;
  check(task.lock_ticket == 0, "a command locks once");
  LockRequest request;
  for (std::size_t i = 0; i < execution.lock_count; ++i) {
    const scsi::RangeLock& range = execution.locks[i];
    const Neighbour place = place_of(task, range.unit);
    request.ranges.push_back({place.lun, place.view->backend.get(), range.offset, range.length});
  }
  task.lock_ticket = request.ticket = lane_.next_ticket();
  task.lun->enter_store(task, boot_now());
  lane_.home().lock_ranges(lane_, std::move(request), [this, &task](bool granted) {
    task.lun->leave_store(task);
    if (granted && !overtaken(task)) return proceed(task, scsi::resume(task.execution));
    if (!granted) task.lock_ticket = 0;  // else end() gives it back
    end_busy(task);
  });
}

}  // namespace lungate::session
