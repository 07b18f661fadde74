// SPDX-License-Identifier: LGPL-2.1-or-later

// Task management functions and their responses (RFC 7143, 11.5.1 and 11.6.1; RFC 7144, 4).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "iscsi/named.h"

namespace lungate::iscsi {

// X(enumerator, value, name). From kQueryTask on: RFC 7144, 4.1.1.
#define LUNGATE_ISCSI_TASK_FUNCTIONS(X)         \
  X(kAbortTask, 1, "abort_task")                \
  X(kAbortTaskSet, 2, "abort_task_set")         \
  X(kClearAca, 3, "clear_aca")                  \
  X(kClearTaskSet, 4, "clear_task_set")         \
  X(kLogicalUnitReset, 5, "logical_unit_reset") \
  X(kTargetWarmReset, 6, "target_warm_reset")   \
  X(kTargetColdReset, 7, "target_cold_reset")   \
  X(kTaskReassign, 8, "task_reassign")          \
  X(kQueryTask, 9, "query_task")                \
  X(kQueryTaskSet, 10, "query_task_set")        \
  X(kItNexusReset, 11, "i_t_nexus_reset")       \
  X(kQueryAsynchronousEvent, 12, "query_asynchronous_event")

enum class TaskFunction : std::uint8_t {
#define X(enumerator, value, text) enumerator = value,
  LUNGATE_ISCSI_TASK_FUNCTIONS(X)
#undef X
};

inline constexpr std::array kTaskFunctions = {
#define X(enumerator, value, text) Named<TaskFunction>{TaskFunction::enumerator, text},
    LUNGATE_ISCSI_TASK_FUNCTIONS(X)
#undef X
};
#undef LUNGATE_ISCSI_TASK_FUNCTIONS

// X(enumerator, value, name). kSucceeded: RFC 7144, 4.2, what the query functions found.
#define LUNGATE_ISCSI_TASK_RESPONSES(X)                 \
  X(kComplete, 0, "complete")                           \
  X(kNoSuchTask, 1, "no_such_task")                     \
  X(kNoSuchLun, 2, "no_such_lun")                       \
  X(kStillAllegiant, 3, "still_allegiant")              \
  X(kReassignNotSupported, 4, "reassign_not_supported") \
  X(kNotSupported, 5, "not_supported")                  \
  X(kAuthorizationFailed, 6, "authorization_failed")    \
  X(kSucceeded, 7, "succeeded")                         \
  X(kRejected, 255, "rejected")

enum class TaskResponse : std::uint8_t {
#define X(enumerator, value, text) enumerator = value,
  LUNGATE_ISCSI_TASK_RESPONSES(X)
#undef X
};

inline constexpr std::array kTaskResponses = {
#define X(enumerator, value, text) Named<TaskResponse>{TaskResponse::enumerator, text},
    LUNGATE_ISCSI_TASK_RESPONSES(X)
#undef X
};
#undef LUNGATE_ISCSI_TASK_RESPONSES

/// The function of a request's seven bits; nullopt for a value that no RFC defines: the owner
/// answers kNotSupported (11.6.1).
constexpr std::optional<TaskFunction> task_function(std::uint8_t value) {
  return value_in(kTaskFunctions, value);
}
constexpr std::string_view name(TaskFunction function) {
  return name_in(kTaskFunctions, function);
}
constexpr std::string_view name(TaskResponse response) {
  return name_in(kTaskResponses, response);
}

}  // namespace lungate::iscsi
