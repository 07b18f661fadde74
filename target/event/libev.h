// SPDX-License-Identifier: LGPL-2.1-or-later

// libev as this room's .cc files see it; no public header of the room includes it.
#pragma once

#include <functional>
#include <utility>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wall"
#pragma GCC diagnostic ignored "-Wextra"
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wconversion"
#include <ev.h>
#pragma GCC diagnostic pop

#include "base/clock.h"
#include "event/loop.h"

namespace lungate::event {

struct ev_loop* handle_of(Loop& loop);

inline ev_tstamp seconds_of(Nanoseconds span) {
  return static_cast<double>(span.count()) * 1e-9;
}

/// A watcher's callback, which may destroy its own watcher: while it runs, it lives on the stack of
/// the one who calls it, and goes home afterwards only if its home still stands.
template <class... Args>
class WatcherCallback {
 public:
  explicit WatcherCallback(std::function<void(Args...)> work) : work_(std::move(work)) {}
  WatcherCallback(const WatcherCallback&) = delete;
  WatcherCallback& operator=(const WatcherCallback&) = delete;
  ~WatcherCallback() {
    if (gone_ != nullptr) *gone_ = true;
  }

  void operator()(Args... args) noexcept {
    bool gone = false;
    gone_ = &gone;
    auto work = std::move(work_);
    work(args...);
    if (gone) return;
    gone_ = nullptr;
    work_ = std::move(work);
  }

 private:
  std::function<void(Args...)> work_;
  bool* gone_ = nullptr;
};

}  // namespace lungate::event
