// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "config/config.h"
#include "control/stores.h"
#include "event/loop.h"
#include "session/gateway.h"
#include "telemetry/segment.h"

namespace lungate::control {

/// What the segment says of the process as a whole (telemetry::ControlCell): which configuration is
/// in force, how Ceph answers, whose logins are refused. Home loop's thread.
class ProcessCells {
 public:
  /// All of them outlive it.
  ProcessCells(event::Loop& home, telemetry::Segment& segment, const session::Gateway& gateway,
               const Stores& stores);

  void in_force(const config::Config& config);
  void reloaded(const config::Config& config);
  void reload_refused();

 private:
  void look();

  telemetry::Segment& segment_;
  const session::Gateway& gateway_;
  const Stores& stores_;
  event::Timer timer_;
};

}  // namespace lungate::control
