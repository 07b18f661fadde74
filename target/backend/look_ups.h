// SPDX-License-Identifier: LGPL-2.1-or-later

// What bounds the requests for which an adapter must look and wait (kAllocation): a store may take
// a second for each, an initiator may send a window full of commands with dozens of them each, and
// a reset, a removal and the end of the process wait for all that have been submitted. So few wait
// at a time, a command has its time, and who is in a hurry is let go. What is not looked up is
// answered "allocated", which is always correct, and marked as not looked.
//
//   submit()              pass_on()  a status: answer it at once
//   the clerk's thread    due()      false: answer it, nothing is to be looked up; true: look
//                         end()      before it is posted
#pragma once

#include <atomic>
#include <optional>

#include "backend/backend.h"
#include "base/clock.h"

namespace lungate::backend {

/// One of a store. Any thread.
class LookUps {
 public:
  bool begin(Request& request, BootTime now) noexcept;
  /// begin(), and then on to the clerk, by `give` (false: it has no memory for one more), which has
  /// it from then on; or else what it is answered with.
  template <class Give>
  std::optional<Status> pass_on(Request& request, BootTime now, const Give& give) noexcept {
    if (!begin(request, now)) return Status::kOk;
    if (give(request)) return std::nullopt;
    end();
    return Status::kNoMemory;
  }
  static bool due(Request& request, BootTime now) noexcept;
  /// Once for each begin() that was true.
  void end() noexcept { waiting_.fetch_sub(1, std::memory_order_relaxed); }

 private:
  std::atomic<unsigned> waiting_{0};  // a count and nothing else: it orders no memory
};

}  // namespace lungate::backend
