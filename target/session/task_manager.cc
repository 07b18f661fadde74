// SPDX-License-Identifier: LGPL-2.1-or-later

// Task management requests of one session. Called by Session when the request's turn by CmdSN has
// come, on the lane's thread. Whatever a peer asks for is answered: an unknown function or one too
// many as "rejected", one that is not built as "not supported", a LUN that is not there by its
// name.
//
//   function              here                what others see
//   ABORT TASK            abort_task          nothing: the task is this nexus's own
//   ABORT TASK SET        abort_task_set      nothing: this nexus's tasks on the LUN
//   CLEAR TASK SET        clear_task_set      their commands on the LUN end with TASK ABORTED
//   LOGICAL UNIT RESET    reset_lun           the same, and the unit attention BUS DEVICE RESET
//                                             FUNCTION OCCURRED
//   TARGET WARM RESET     reset_target        the same on every LUN of the target
//   TARGET COLD RESET     reset_target        the same, and every session of the target ends
//   QUERY TASK, TASK SET  query_task, ...     nothing
//   I_T NEXUS RESET       reset_nexus         nothing: this nexus's commands, attentions, RESERVE
//   QUERY ASYNC. EVENT    query_event         nothing: there are none but unit attentions
//   TASK REASSIGN         refuse_reassign     nothing (error recovery level 0 has none)
//   CLEAR ACA: "not supported" (NORMACA is 0). Those of RFC 7144 too, unless the session has agreed
//   upon a protocol level that has them.
//
// An aborted command is absorbed: its I/O goes on, and the answer to the request waits for it.
#include "session/task_manager.h"

#include <algorithm>
#include <optional>

#include "base/limits.h"
#include "base/log.h"
#include "iscsi/lun.h"
#include "iscsi/serial.h"
#include "session/lane.h"
#include "session/session.h"

namespace lungate::session {
namespace {

using iscsi::TaskFunction;
using iscsi::TaskResponse;

std::optional<telemetry::TaskFunction> counted_as(TaskFunction function) {
  switch (function) {
    case TaskFunction::kAbortTask:
      return telemetry::TaskFunction::kAbortTask;
    case TaskFunction::kAbortTaskSet:
      return telemetry::TaskFunction::kAbortTaskSet;
    case TaskFunction::kClearTaskSet:
      return telemetry::TaskFunction::kClearTaskSet;
    case TaskFunction::kLogicalUnitReset:
      return telemetry::TaskFunction::kLunReset;
    case TaskFunction::kTargetWarmReset:
    case TaskFunction::kTargetColdReset:
      return telemetry::TaskFunction::kTargetReset;
    case TaskFunction::kClearAca:
    case TaskFunction::kTaskReassign:
    case TaskFunction::kQueryTask:
    case TaskFunction::kQueryTaskSet:
    case TaskFunction::kItNexusReset:
    case TaskFunction::kQueryAsynchronousEvent:
      return std::nullopt;
  }
  return std::nullopt;
}

telemetry::TaskResponse counted_as(TaskResponse response) {
  if (response == TaskResponse::kComplete) return telemetry::TaskResponse::kComplete;
  if (response == TaskResponse::kNoSuchTask) return telemetry::TaskResponse::kNoTask;
  if (response == TaskResponse::kNotSupported) return telemetry::TaskResponse::kUnsupported;
  return telemetry::TaskResponse::kRejected;
}

}  // namespace

/// What is built. Every other function is answered "not supported".
struct TaskManager::Row {
  TaskFunction function;
  std::uint32_t protocol_level;  // iSCSIProtocolLevel that has it (RFC 7143, 13.24; RFC 7144, 4)
  Handler handler;
};

const std::array<TaskManager::Row, 11> TaskManager::kRows = {{
    {TaskFunction::kAbortTask, 1, &TaskManager::abort_task},
    {TaskFunction::kAbortTaskSet, 1, &TaskManager::abort_task_set},
    {TaskFunction::kClearTaskSet, 1, &TaskManager::clear_task_set},
    {TaskFunction::kLogicalUnitReset, 1, &TaskManager::reset_lun},
    {TaskFunction::kTargetWarmReset, 1, &TaskManager::reset_target},
    {TaskFunction::kTargetColdReset, 1, &TaskManager::reset_target},
    {TaskFunction::kTaskReassign, 1, &TaskManager::refuse_reassign},
    {TaskFunction::kQueryTask, 2, &TaskManager::query_task},
    {TaskFunction::kQueryTaskSet, 2, &TaskManager::query_task_set},
    {TaskFunction::kItNexusReset, 2, &TaskManager::reset_nexus},
    {TaskFunction::kQueryAsynchronousEvent, 2, &TaskManager::query_event},
}};

void TaskManager::request(const iscsi::TaskManagementRequest& request) {
  const auto function = iscsi::task_function(request.function());
  if (!function || pending_ >= limits::kTaskManagementPendingMax)
    return answer(request, TaskResponse::kRejected);
  log::info("session", "task_management",
            {{"session", session_.id()},
             {"function", iscsi::name(*function)},
             {"task", request.referenced_task_tag.value()}});
  const auto row = std::find_if(kRows.begin(), kRows.end(),
                                [&](const Row& r) { return r.function == *function; });
  if (row == kRows.end() || row->protocol_level > protocol_level_)
    return answer(request, TaskResponse::kNotSupported);
  (this->*row->handler)(request);
}

/// The LUN is compared because the RFC wants both to name the task (11.5.4): a request with the
/// right tag and another LUN means a task that is not here.
void TaskManager::abort_task(const iscsi::TaskManagementRequest& request) {
  Task* task = commands_.find(request.referenced_task_tag);
  if (task == nullptr) return abort_unseen(request);
  if (task->lun_field != request.lun) return answer(request, TaskResponse::kNoSuchTask);
  commands_.abort(*task, make_baton(answer_later(request)));
}

/// The task is not here. If its CmdSN is one that has yet to come, it must never run (RFC 7143,
/// 11.5.5); if it has passed, the task has been answered, and there is nothing to abort.
void TaskManager::abort_unseen(const iscsi::TaskManagementRequest& request) {
  const std::uint32_t ref = request.ref_cmd_sn;
  const bool to_come = window_.classify(ref, false) != iscsi::CommandWindow::Verdict::kIgnore &&
                       iscsi::serial_before(ref, request.cmd_sn);
  if (!to_come) return answer(request, TaskResponse::kNoSuchTask);
  session_.skip(ref, false);
  answer(request, TaskResponse::kComplete);
}

void TaskManager::abort_task_set(const iscsi::TaskManagementRequest& request) {
  NexusLun* nexus = lun_of(request);
  if (nexus == nullptr) return answer(request, TaskResponse::kNoSuchLun);
  commands_.abort_all(nexus->lun, make_baton(answer_later(request)), !request.immediate());
}

/// By way of the home loop, because it reaches the commands of every session on every lane; its
/// answer comes back when the last of them has ended and every nexus has been told.
void TaskManager::reset_lun(const iscsi::TaskManagementRequest& request) {
  NexusLun* nexus = lun_of(request);
  if (nexus == nullptr) return answer(request, TaskResponse::kNoSuchLun);
  Lane& lane = session_.lane();
  lane.home().reset_lun(lane, nexus->lun->id, taker(request), answer_later(request));
}

void TaskManager::clear_task_set(const iscsi::TaskManagementRequest& request) {
  NexusLun* nexus = lun_of(request);
  if (nexus == nullptr) return answer(request, TaskResponse::kNoSuchLun);
  Lane& lane = session_.lane();
  lane.home().clear_lun(lane, nexus->lun->id, taker(request), answer_later(request));
}

Taker TaskManager::taker(const iscsi::TaskManagementRequest& request) const {
  return {session_.id(), request.cmd_sn, commands_.ever_arrived()};
}

/// Subject to access control (RFC 7143, 11.5.1): only who may write to all of them disturbs all.
bool TaskManager::may_reset(const ExportedTarget& target) const {
  Lane& lane = session_.lane();
  return std::all_of(target.luns.begin(), target.luns.end(), [&](const auto& one) {
    const LaneLun* lun = lane.find_lun(one.second);
    return lun != nullptr && commands_.nexuses().may_write(*lun);
  });
}

/// Every LUN of the target: it is the target that is reset (SAM-5, 7.10). After a cold reset all
/// sessions end, this one too: the answer is queued by then, and Session::end() sends it.
void TaskManager::reset_target(const iscsi::TaskManagementRequest& request) {
  Lane& lane = session_.lane();
  const ExportedTarget* target = lane.directory()->find(session_.identity().target_name);
  if (target == nullptr || target->luns.empty()) return answer(request, TaskResponse::kComplete);
  if (!may_reset(*target)) return answer(request, TaskResponse::kAuthorizationFailed);
  const bool cold = iscsi::task_function(request.function()) == TaskFunction::kTargetColdReset;
  const Done done = answer_later(request);
  auto left = std::make_shared<std::size_t>(target->luns.size());
  for (const auto& [number, id] : target->luns) {
    if (LaneLun* lun = lane.find_lun(id))
      lun->recorder.add(telemetry::TaskFunction::kTargetReset, telemetry::TaskResponse::kComplete);
    const auto ended = [left, done, cold, &lane, name = target->config.iqn] {
      if (--*left > 0) return;
      done();
      if (cold) lane.home().close_target(name);
    };
    lane.home().reset_lun(lane, id, taker(request), ended);
  }
}

/// RFC 7144, 4.1: "succeeded" means that it is there.
void TaskManager::query_task(const iscsi::TaskManagementRequest& request) {
  Task* task = commands_.find(request.referenced_task_tag);
  const bool there = task != nullptr && !task->aborted && task->lun_field == request.lun;
  answer(request, there ? TaskResponse::kSucceeded : TaskResponse::kComplete);
}

void TaskManager::query_task_set(const iscsi::TaskManagementRequest& request) {
  NexusLun* nexus = lun_of(request);
  if (nexus == nullptr) return answer(request, TaskResponse::kNoSuchLun);
  answer(request,
         commands_.any_on(*nexus->lun) ? TaskResponse::kSucceeded : TaskResponse::kComplete);
}

/// What an I_T nexus loss does (SAM-5, 6.3.4), and the session stays.
void TaskManager::reset_nexus(const iscsi::TaskManagementRequest& request) {
  Lane& lane = session_.lane();
  const Done done = answer_later(request);
  const auto ended = session_.if_serving([this, done, &lane](Session& session) {
    commands_.nexuses().raise_on_all(scsi::sense::kNexusLoss);
    lane.home().lose_nexus(lane, session.port(), session.identity().target_name, done);
  });
  commands_.abort_all(nullptr, make_baton(ended), !request.immediate());
}

void TaskManager::query_event(const iscsi::TaskManagementRequest& request) {
  answer(request, TaskResponse::kComplete);
}

void TaskManager::refuse_reassign(const iscsi::TaskManagementRequest& request) {
  answer(request, TaskResponse::kReassignNotSupported);
}

NexusLun* TaskManager::lun_of(const iscsi::TaskManagementRequest& request) {
  const auto number = iscsi::decode_lun(request.lun);
  return number ? commands_.nexuses().find(*number) : nullptr;
}

/// `pending_` is given back only by an answer: when the session has gone meanwhile, so has the
/// count.
Done TaskManager::answer_later(const iscsi::TaskManagementRequest& request) {
  ++pending_;
  return session_.if_serving([this, request](Session&) {
    --pending_;
    answer(request, TaskResponse::kComplete);
  });
}

void TaskManager::answer(const iscsi::TaskManagementRequest& request, TaskResponse response) {
  const auto function = iscsi::task_function(request.function());
  NexusLun* nexus = lun_of(request);
  const auto kind = function ? counted_as(*function) : std::nullopt;
  // A reset of the target has been counted on each of its LUNs.
  const bool counts = kind && *kind != telemetry::TaskFunction::kTargetReset;
  if (nexus != nullptr && counts) nexus->lun->recorder.add(*kind, counted_as(response));
  sender_.send(
      iscsi::task_management_response(request.initiator_task_tag, response, sender_.next()));
}

}  // namespace lungate::session
