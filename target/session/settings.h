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
  // Not of the configuration: bounds that tests reach with less.
  std::chrono::milliseconds stuck_after = limits::kStuckAfter;
  std::size_t task_bytes_per_lane = limits::kTaskBytesPerLaneMax;
  std::size_t copied_bytes_max = limits::kCopiedBytesMax;
  std::size_t connections_max = limits::kConnectionsMax;
  std::size_t logins_max = limits::kLoginsMax;
  std::size_t discovery_sessions_max = limits::kDiscoverySessionsMax;
  /// 0: nobody is asked to log out, and a drain closes what is idle at once.
  std::chrono::seconds logout_patience = limits::kLogoutPatience;
  std::chrono::milliseconds discovery_life = limits::kDiscoveryLife;

  /// Sessions of initiators with access: what is left of the connections. Logins count twice there:
  /// one that was ended for a newer one keeps its place until the home loop has heard of it.
  std::size_t normal_sessions_max() const {
    return connections_max - 2 * logins_max - discovery_sessions_max;
  }
};

}  // namespace lungate::session
