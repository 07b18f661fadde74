// SPDX-License-Identifier: LGPL-2.1-or-later

// Task management functions and their responses (RFC 7143, 11.5.1 and 11.6.1; RFC 7144, 4).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace lungate::iscsi {

enum class TaskFunction : std::uint8_t {
  kAbortTask = 1,
  kAbortTaskSet = 2,
  kClearAca = 3,
  kClearTaskSet = 4,
  kLogicalUnitReset = 5,
  kTargetWarmReset = 6,
  kTargetColdReset = 7,
  kTaskReassign = 8,
  kQueryTask = 9,  // RFC 7144, 4.1.1, as are the following
  kQueryTaskSet = 10,
  kItNexusReset = 11,
  kQueryAsynchronousEvent = 12,
};

enum class TaskResponse : std::uint8_t {
  kComplete = 0,
  kNoSuchTask = 1,
  kNoSuchLun = 2,
  kStillAllegiant = 3,
  kReassignNotSupported = 4,
  kNotSupported = 5,
  kAuthorizationFailed = 6,
  kSucceeded = 7,  // RFC 7144, 4.2: what the query functions found
  kRejected = 255,
};

/// The function of a request's seven bits; nullopt for a value that no RFC defines.
std::optional<TaskFunction> task_function(std::uint8_t value);
std::string_view name(TaskFunction function);
std::string_view name(TaskResponse response);

}  // namespace lungate::iscsi
