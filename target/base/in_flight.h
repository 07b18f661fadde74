// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <functional>
#include <utility>

#include "base/check.h"

namespace lungate {

/// Two problems, one class: stop taking new work, and learn when the work in progress has ended.
/// Shutdown is counted, not polled. One thread only (the owner's loop).
///
///   open --enter()/leave()--> open --close(done)--> closing --last leave()--> closed, done()
class InFlight {
 public:
  InFlight() = default;
  InFlight(const InFlight&) = delete;
  InFlight& operator=(const InFlight&) = delete;
  ~InFlight() { check(count_ == 0, "work outlives its gate"); }

  /// False when the gate is closing: the work must not start.
  [[nodiscard]] bool enter() {
    if (closing_) return false;
    ++count_;
    return true;
  }

  void leave() {
    check(count_ > 0, "a gate is left as often as it is entered");
    if (--count_ == 0 && on_idle_) std::exchange(on_idle_, nullptr)();
  }

  /// Refuses new work from now on; calls `on_idle` once nothing is in progress (at once if so).
  void close(std::function<void()> on_idle) {
    check(!closing_, "a gate closes once");
    closing_ = true;
    if (count_ == 0) return on_idle();
    on_idle_ = std::move(on_idle);
  }

  std::size_t count() const { return count_; }
  bool closing() const { return closing_; }

 private:
  std::size_t count_ = 0;
  bool closing_ = false;
  std::function<void()> on_idle_;
};

}  // namespace lungate
