// SPDX-License-Identifier: LGPL-2.1-or-later

// A session's command window with a clock: how long its initiator had no place for a command. A
// window that is full most of the time is too small for what its host wants to have in flight, and
// the time that commands wait in the host shows in no figure of ours.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "iscsi/cmdsn.h"
#include "telemetry/recorder.h"

namespace lungate::session {

class Lane;

/// Lane's thread only. Times are those of turns: an initiator is told of the window at their ends.
class Window {
 public:
  Window(Lane& lane, std::uint32_t first_cmd_sn, std::uint32_t slots)
      : lane_(lane), numbers_(first_cmd_sn, slots) {}

  const iscsi::CommandWindow& numbers() const { return numbers_; }
  /// As CommandWindow's.
  void accept();
  void release();

  /// Counts what has passed so far, so that a window that never opens again is seen, too.
  void tick(BootTime now);
  /// The initiator has gone: nobody waits any more.
  void end(BootTime now);

 private:
  Lane& lane_;
  iscsi::CommandWindow numbers_;
  BootTime full_since_;  // 0: it has a free slot; else what is before it has been counted
};

}  // namespace lungate::session
