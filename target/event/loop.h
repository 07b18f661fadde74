// SPDX-License-Identifier: LGPL-2.1-or-later

// One libev loop and what is watched on it. Nothing here is thread-safe but what says so; a watcher
// is made, used and destroyed on its loop's thread (or while the loop does not run). That is
// checked, in release builds too: libev would not notice, and go wrong an hour later.
#pragma once

#include <functional>
#include <memory>

#include "base/clock.h"
#include "event/mailbox.h"

namespace lungate::event {

/// What a watcher wants of a file descriptor.
enum class Interest : unsigned { kNone = 0, kRead = 1, kWrite = 2, kBoth = 3 };

class Loop {
 public:
  /// Throws std::system_error when the kernel gives no epoll descriptor: made at start-up only.
  Loop();
  /// Closures that were posted and have not run are destroyed without having run. REQUIRES: not
  /// running, no watcher left, no letter of another kind under way, and nobody inside stop().
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Runs on the calling thread until stop(). May be called again afterwards. REQUIRES: nobody
  /// runs it.
  void run();
  /// Any thread, before run() too. The loop returns from run() at the end of its turn, after the
  /// turn-end hook.
  void stop() noexcept;

  /// True on the thread that runs this loop, and on every thread while nobody runs it: a loop that
  /// does not run belongs to whoever builds it or takes it apart. Any thread; two loads.
  bool on_loop_thread() const noexcept;

  /// The time at which this turn began: one clock reading serves every event of a turn.
  BootTime turn_start() const;

  /// Runs `work` on this loop, in order of posting. Any thread; allocates: for control, not for
  /// I/O.
  void post(std::function<void()> work);

  /// The loop's letter box for completions. Its address is stable for the loop's life.
  Mailbox& mailbox();

  /// Calls `work` first in each turn, with its turn_start(). At most one hook.
  void set_turn_begin(std::function<void(BootTime)> work);

  /// Calls `work` once at the end of each turn, after all events: the place to send in one piece
  /// what a turn has produced. At most one hook; not changed from inside it. What it posts is
  /// delivered in the next turn, which then begins at once.
  void set_turn_end(std::function<void()> work);

  /// A loop that did not begin a turn for longer than `limit` has stalled: a callback ran too long,
  /// or the process or the machine was stopped. Waiting for events is no stall: the loop then wakes
  /// four times per `limit` to prove that it lives. The hook gets the time between the two turns'
  /// beginnings; it is called at the beginning of the later one, before any event of it. At most
  /// one hook (null: none); not changed from inside it.
  void set_stall_hook(Nanoseconds limit, std::function<void(Nanoseconds)> hook);

  struct Impl;
  Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

// Every watcher's callback may destroy its own watcher or any other; it must not throw.

/// Calls back while the descriptor is ready for what is wanted (an error or a hang-up makes it
/// ready for both). Level-triggered. Does not own the descriptor, which must be open until the
/// watcher is destroyed.
class FdWatcher {
 public:
  using Callback = std::function<void(Interest ready)>;
  FdWatcher(Loop& loop, int fd, Interest interest, Callback callback);
  ~FdWatcher();
  FdWatcher(const FdWatcher&) = delete;
  FdWatcher& operator=(const FdWatcher&) = delete;

  /// Cheap where nothing changes.
  void set_interest(Interest interest);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Calls back once after `delay`, or every `period`; epoll rounds up to milliseconds. A period that
/// was missed is not made up for. Restarting replaces what was set.
class Timer {
 public:
  Timer(Loop& loop, std::function<void()> callback);
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  void start(Nanoseconds delay);
  void start_repeating(Nanoseconds period);
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Calls back on the loop when the process gets the signal. One loop of the process only.
class SignalWatcher {
 public:
  SignalWatcher(Loop& loop, int signal, std::function<void()> callback);
  ~SignalWatcher();
  SignalWatcher(const SignalWatcher&) = delete;
  SignalWatcher& operator=(const SignalWatcher&) = delete;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lungate::event
