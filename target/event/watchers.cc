// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/check.h"
#include "event/libev.h"
#include "event/loop.h"

namespace lungate::event {

static_assert(static_cast<int>(Interest::kRead) == EV_READ);
static_assert(static_cast<int>(Interest::kWrite) == EV_WRITE);

// --- File descriptors ------------------------------------------------------------------------

struct FdWatcher::Impl {
  Impl(Loop& loop, int fd, Callback work) : handle(handle_of(loop)), callback(std::move(work)) {
    ev_io_init(&io, &fired, fd, EV_NONE);
    io.data = this;
  }
  ~Impl() { ev_io_stop(handle, &io); }

  static void fired(struct ev_loop*, ev_io* watcher, int events) {
    static_cast<Impl*>(watcher->data)
        ->callback(static_cast<Interest>(events & (EV_READ | EV_WRITE)));
  }

  struct ev_loop* handle;
  ev_io io{};
  Interest interest = Interest::kNone;
  WatcherCallback<Interest> callback;
};

FdWatcher::FdWatcher(Loop& loop, int fd, Interest interest, Callback callback)
    : impl_(std::make_unique<Impl>(loop, fd, std::move(callback))) {
  check(fd >= 0, "a watched descriptor is open");
  set_interest(interest);
}

FdWatcher::~FdWatcher() = default;

void FdWatcher::set_interest(Interest interest) {
  Impl& self = *impl_;
  if (interest == self.interest) return;
  self.interest = interest;
  ev_io_stop(self.handle, &self.io);
  if (interest == Interest::kNone) return;
  ev_io_modify(&self.io, static_cast<int>(interest));
  ev_io_start(self.handle, &self.io);
}

Interest FdWatcher::interest() const {
  return impl_->interest;
}

// --- Timers ----------------------------------------------------------------------------------

struct Timer::Impl {
  Impl(Loop& loop, std::function<void()> work)
      : handle(handle_of(loop)), callback(std::move(work)) {
    ev_init(&timer, &fired);
    timer.data = this;
  }
  ~Impl() { ev_timer_stop(handle, &timer); }

  static void fired(struct ev_loop*, ev_timer* watcher, int) {
    static_cast<Impl*>(watcher->data)->callback();
  }

  void start(Nanoseconds delay, Nanoseconds repeat) {
    ev_timer_stop(handle, &timer);
    ev_now_update(handle);  // libev counts from the turn's start, or from long before run()
    ev_timer_set(&timer, seconds_of(delay), seconds_of(repeat));
    ev_timer_start(handle, &timer);
  }

  struct ev_loop* handle;
  ev_timer timer{};
  WatcherCallback<> callback;
};

Timer::Timer(Loop& loop, std::function<void()> callback)
    : impl_(std::make_unique<Impl>(loop, std::move(callback))) {}

Timer::~Timer() = default;

void Timer::start(Nanoseconds delay) {
  impl_->start(delay, Nanoseconds::zero());
}

void Timer::start_repeating(Nanoseconds period) {
  check(period > Nanoseconds::zero(), "a period is positive");
  impl_->start(period, period);
}

void Timer::stop() {
  ev_timer_stop(impl_->handle, &impl_->timer);
}

bool Timer::active() const {
  return ev_is_active(&impl_->timer);
}

// --- Signals ---------------------------------------------------------------------------------

struct SignalWatcher::Impl {
  Impl(Loop& loop, int signal, std::function<void()> work)
      : handle(handle_of(loop)), callback(std::move(work)) {
    ev_signal_init(&watcher, &fired, signal);
    watcher.data = this;
    ev_signal_start(handle, &watcher);
  }
  ~Impl() { ev_signal_stop(handle, &watcher); }

  static void fired(struct ev_loop*, ev_signal* signal, int) {
    static_cast<Impl*>(signal->data)->callback();
  }

  struct ev_loop* handle;
  ev_signal watcher{};
  WatcherCallback<> callback;
};

SignalWatcher::SignalWatcher(Loop& loop, int signal, std::function<void()> callback)
    : impl_(std::make_unique<Impl>(loop, signal, std::move(callback))) {}

SignalWatcher::~SignalWatcher() = default;

}  // namespace lungate::event
