// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <chrono>

#include "base/limits.h"
#include "config/config.h"

namespace lungate::session {

/// What the sessions of this gateway go by; from the configuration, constant until a restart. Each
/// lane has its own copy. Time-outs are separate members, and not read from `iscsi`, because tests
/// need them shorter than an operator may make them.
struct Settings {
  config::Iscsi iscsi;
  std::chrono::milliseconds login_timeout = limits::kLoginTimeout;
  std::chrono::milliseconds nop_interval = limits::kNopInterval;
  std::chrono::milliseconds nop_timeout = limits::kNopTimeout;
  std::chrono::milliseconds receive_timeout = limits::kReceiveTimeout;
  std::chrono::milliseconds send_timeout = limits::kSendTimeout;
  std::chrono::milliseconds stall_limit = limits::kStallLimit;
  /// Not of the configuration: tests reach it with less memory.
  std::size_t task_bytes_per_lane = limits::kTaskBytesPerLaneMax;
};

}  // namespace lungate::session
