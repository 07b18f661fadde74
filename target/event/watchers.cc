// SPDX-License-Identifier: LGPL-2.1-or-later

// Descriptors, timers and signals on a loop: libev's watchers, made safe to use. Called by whoever
// lives on that loop, on its thread; the wrong thread stops the process (check_thread). Nothing
// from outside is interpreted here: what has gone wrong with a descriptor is for its owner to find
// out, by reading or writing it, which is why an error shows as readiness.
//
// Each watcher's libev struct lives behind a pointer, for libev keeps its address; the callback may
// destroy its own watcher (libev.h, WatcherCallback).
#include "base/check.h"
#include "event/libev.h"
#include "event/loop.h"

namespace lungate::event {

static_assert(static_cast<int>(Interest::kRead) == EV_READ);
static_assert(static_cast<int>(Interest::kWrite) == EV_WRITE);

namespace {

/// libev's lists have no lock: a watcher that another thread touches corrupts them in silence.
void check_thread(const Loop& loop) noexcept {
  check(loop.on_loop_thread(), "a watcher is used on its loop's thread");
}

}  // namespace

// --- File descriptors ------------------------------------------------------------------------

struct FdWatcher::Impl {
  Impl(Loop& its_loop, int fd, Callback work)
      : loop(its_loop), handle(handle_of(loop)), callback(std::move(work)) {
    check_thread(loop);
    ev_io_init(&io, &fired, fd, EV_NONE);
    io.data = this;
  }
  ~Impl() {
    check_thread(loop);
    ev_io_stop(handle, &io);
  }

  static void fired(struct ev_loop*, ev_io* watcher, int events) {
    static_cast<Impl*>(watcher->data)
        ->callback(static_cast<Interest>(events & (EV_READ | EV_WRITE)));
  }

  Loop& loop;
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

// ev_io_modify and not ev_io_set: libev then knows that the descriptor is the same, and asks epoll
// only if what is wanted at the turn's end differs from before. A connection that chokes and goes
// on within a turn costs no system call.
void FdWatcher::set_interest(Interest interest) {
  Impl& self = *impl_;
  check_thread(self.loop);
  if (interest == self.interest) return;
  self.interest = interest;
  ev_io_stop(self.handle, &self.io);
  if (interest == Interest::kNone) return;
  ev_io_modify(&self.io, static_cast<int>(interest));
  ev_io_start(self.handle, &self.io);
}

// --- Timers ----------------------------------------------------------------------------------

struct Timer::Impl {
  Impl(Loop& its_loop, std::function<void()> work)
      : loop(its_loop), handle(handle_of(loop)), callback(std::move(work)) {
    check_thread(loop);
    ev_init(&timer, &fired);
    timer.data = this;
  }
  ~Impl() { stop(); }

  static void fired(struct ev_loop*, ev_timer* watcher, int) {
    static_cast<Impl*>(watcher->data)->callback();
  }

  void stop() {
    check_thread(loop);
    ev_timer_stop(handle, &timer);
  }

  void start(Nanoseconds delay, Nanoseconds repeat) {
    stop();
    ev_now_update(handle);  // libev counts from the turn's start, or from long before run()
    ev_timer_set(&timer, seconds_of(delay), seconds_of(repeat));
    ev_timer_start(handle, &timer);
  }

  Loop& loop;
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
  impl_->stop();
}

// --- Signals ---------------------------------------------------------------------------------

// libev catches the signal with a handler of its own, which writes to a descriptor and returns; the
// callback runs as an ordinary event. So it may do what a signal handler must not: lock, allocate.
struct SignalWatcher::Impl {
  Impl(Loop& its_loop, int signal, std::function<void()> work)
      : loop(its_loop), handle(handle_of(loop)), callback(std::move(work)) {
    check_thread(loop);
    ev_signal_init(&watcher, &fired, signal);
    watcher.data = this;
    ev_signal_start(handle, &watcher);
  }
  ~Impl() {
    check_thread(loop);
    ev_signal_stop(handle, &watcher);
  }

  static void fired(struct ev_loop*, ev_signal* signal, int) {
    static_cast<Impl*>(signal->data)->callback();
  }

  Loop& loop;
  struct ev_loop* handle;
  ev_signal watcher{};
  WatcherCallback<> callback;
};

SignalWatcher::SignalWatcher(Loop& loop, int signal, std::function<void()> callback)
    : impl_(std::make_unique<Impl>(loop, signal, std::move(callback))) {}

SignalWatcher::~SignalWatcher() = default;

}  // namespace lungate::event
