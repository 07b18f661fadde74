// SPDX-License-Identifier: LGPL-2.1-or-later
#include "iscsi/task_management.h"

namespace lungate::iscsi {

std::optional<TaskFunction> task_function(std::uint8_t value) {
  const auto first = static_cast<std::uint8_t>(TaskFunction::kAbortTask);
  const auto last = static_cast<std::uint8_t>(TaskFunction::kQueryAsynchronousEvent);
  if (value < first || value > last) return std::nullopt;
  return static_cast<TaskFunction>(value);
}

std::string_view name(TaskFunction function) {
  switch (function) {
    case TaskFunction::kAbortTask:
      return "abort_task";
    case TaskFunction::kAbortTaskSet:
      return "abort_task_set";
    case TaskFunction::kClearAca:
      return "clear_aca";
    case TaskFunction::kClearTaskSet:
      return "clear_task_set";
    case TaskFunction::kLogicalUnitReset:
      return "logical_unit_reset";
    case TaskFunction::kTargetWarmReset:
      return "target_warm_reset";
    case TaskFunction::kTargetColdReset:
      return "target_cold_reset";
    case TaskFunction::kTaskReassign:
      return "task_reassign";
    case TaskFunction::kQueryTask:
      return "query_task";
    case TaskFunction::kQueryTaskSet:
      return "query_task_set";
    case TaskFunction::kItNexusReset:
      return "i_t_nexus_reset";
    case TaskFunction::kQueryAsynchronousEvent:
      return "query_asynchronous_event";
  }
  return "unknown";
}

std::string_view name(TaskResponse response) {
  switch (response) {
    case TaskResponse::kComplete:
      return "complete";
    case TaskResponse::kNoSuchTask:
      return "no_such_task";
    case TaskResponse::kNoSuchLun:
      return "no_such_lun";
    case TaskResponse::kStillAllegiant:
      return "still_allegiant";
    case TaskResponse::kReassignNotSupported:
      return "reassign_not_supported";
    case TaskResponse::kNotSupported:
      return "not_supported";
    case TaskResponse::kAuthorizationFailed:
      return "authorization_failed";
    case TaskResponse::kSucceeded:
      return "succeeded";
    case TaskResponse::kRejected:
      return "rejected";
  }
  return "unknown";
}

}  // namespace lungate::iscsi
