// SPDX-License-Identifier: LGPL-2.1-or-later

// The loop itself: turns, posted closures, stalls. Called by whoever owns a thread with a loop (the
// lanes, the home loop); post() and stop() by anybody. No outside input reaches this file, so there
// are no error values: what is misused stops the process.
//
// One turn, as libev runs it:
//
//   poll --> ev_check: turn_started()  --> events --> ev_prepare: turn_ended() --> poll ...
//            (highest priority: first)                 (lowest priority: last)
//
// The priorities matter. turn_started() must come before any event, for a loop that has stalled
// closes its connections instead of executing what they hold; turn_ended() after all of them, for
// it sends in one piece what they have produced.
//
// No letter waits without a wake-up. Only the poster who finds the box empty has to wake (the
// reader empties the box after a wake-up, never before), and he is in one of three places:
//   - on another thread, or the loop does not run: ev_async_send, the poll returns;
//   - on the loop's thread while events run (delivers_soon): turn_ended() of this very turn takes
//     all letters before the next poll, so nothing is sent;
//   - on the loop's thread in or after turn_ended()'s delivery (delivers_soon is false again): this
//     turn has taken its letters already, so ev_async_send, and the next poll returns at once.
#include "event/loop.h"

#include <atomic>
#include <cerrno>
#include <system_error>
#include <utility>

#include "base/check.h"
#include "event/libev.h"

namespace lungate::event {
namespace {

/// A posted closure: the one kind of letter that the loop owns.
struct Closure final : Mail {
  explicit Closure(std::function<void()> w) : work(std::move(w)) { deliver = &run; }
  static void run(Mail& self) noexcept {
    const std::unique_ptr<Closure> closure(static_cast<Closure*>(&self));
    closure->work();
  }
  std::function<void()> work;
};

struct LoopDeleter {
  void operator()(struct ev_loop* loop) const { ev_loop_destroy(loop); }
};

std::unique_ptr<struct ev_loop, LoopDeleter> make_loop() {
  // epoll, whatever LIBEV_FLAGS says: libev's other backends are experiments.
  std::unique_ptr<struct ev_loop, LoopDeleter> loop(
      ev_loop_new(unsigned{EVBACKEND_EPOLL} | unsigned{EVFLAG_NOENV}));
  if (!loop) throw std::system_error(errno, std::generic_category(), "cannot make an event loop");
  return loop;
}

}  // namespace

struct Loop::Impl {
  Impl();
  ~Impl();

  void turn_started();
  void turn_ended();

  std::unique_ptr<struct ev_loop, LoopDeleter> handle = make_loop();
  ev_async wake{};
  ev_check check_watcher{};
  ev_prepare prepare{};
  ev_timer pulse{};  // bounds the time in poll while stalls are watched for
  Mailbox mailbox;
  bool delivers_soon = false;  // a turn runs, and the letters of its end are still to come
  std::atomic<bool> stop{false};
  std::atomic<bool> runs{false};  // somebody is inside run()
  BootTime turn_start = boot_now();
  std::function<void(BootTime)> turn_begin;
  std::function<void()> turn_end;
  Nanoseconds stall_limit{0};
  std::function<void(Nanoseconds)> stall_hook;
};

namespace {

/// The loop whose events the calling thread runs. Null on threads that run none.
thread_local const Loop::Impl* running = nullptr;

}  // namespace

Loop::Impl::Impl()
    : mailbox(
          [](void* self) noexcept {
            auto& impl = *static_cast<Impl*>(self);
            // A letter from the loop's own events is delivered at the end of their turn anyway: it
            // needs no wake-up, which would be a system call and another turn.
            if (running == self && impl.delivers_soon) return;
            ev_async_send(impl.handle.get(), &impl.wake);
          },
          this) {
  ev_async_init(&wake, [](struct ev_loop*, ev_async* watcher, int) {
    static_cast<Impl*>(watcher->data)->mailbox.deliver_all();
  });
  ev_check_init(&check_watcher, [](struct ev_loop*, ev_check* watcher, int) {
    static_cast<Impl*>(watcher->data)->turn_started();
  });
  ev_prepare_init(&prepare, [](struct ev_loop*, ev_prepare* watcher, int) {
    static_cast<Impl*>(watcher->data)->turn_ended();
  });
  ev_init(&pulse, [](struct ev_loop*, ev_timer*, int) {});  // its event is the turn itself
  ev_set_priority(&check_watcher, EV_MAXPRI);
  ev_set_priority(&prepare, EV_MINPRI);
  wake.data = check_watcher.data = prepare.data = this;
  ev_async_start(handle.get(), &wake);
  ev_check_start(handle.get(), &check_watcher);
  ev_prepare_start(handle.get(), &prepare);
}

Loop::Impl::~Impl() {
  check(!runs.load(std::memory_order_relaxed), "a loop is destroyed after run() has returned");
  turn_end = nullptr;
  stall_hook = nullptr;
  // Closures end here without having run. They may post more while they are destroyed.
  while (Mail* letter = mailbox.take_all()) {
    while (letter != nullptr) {
      check(letter->deliver == &Closure::run, "no completion is under way when its loop ends");
      delete static_cast<Closure*>(std::exchange(letter, letter->next_mail));
    }
  }
  mailbox.settle();
  ev_timer_stop(handle.get(), &pulse);
  ev_prepare_stop(handle.get(), &prepare);
  ev_check_stop(handle.get(), &check_watcher);
  ev_async_stop(handle.get(), &wake);
}

// The gap is measured from the beginning of one turn to that of the next, so it holds both a
// callback that ran too long and a machine that stood still; time in poll counts too, which is why
// `pulse` keeps that below a quarter of the limit.
void Loop::Impl::turn_started() {
  const BootTime now = boot_now();
  const Nanoseconds gap(now - std::exchange(turn_start, now));
  delivers_soon = true;
  if (stall_hook && gap > stall_limit) stall_hook(gap);
  if (turn_begin) turn_begin(now);
}

// Letters, then the hook, then the end: what a letter produces is sent in this turn, and a loop
// that is told to stop has sent everything before it returns.
void Loop::Impl::turn_ended() {
  delivers_soon = false;
  mailbox.deliver_all();
  if (turn_end) turn_end();
  if (stop.exchange(false, std::memory_order_acquire)) ev_break(handle.get(), EVBREAK_ONE);
}

Loop::Loop() : impl_(std::make_unique<Impl>()) {}
Loop::~Loop() = default;

void Loop::run() {
  check(!impl_->runs.exchange(true, std::memory_order_acq_rel), "one thread at a time runs a loop");
  // A callback may run another loop to its end (tests do): this one's turn goes on afterwards.
  const Impl* const outer = std::exchange(running, impl_.get());
  impl_->turn_start = boot_now();
  ev_run(impl_->handle.get(), 0);
  running = outer;
  impl_->runs.store(false, std::memory_order_release);
}

// The thread's own variable first: on the loop's thread, which asks all the time, the other is not
// even read.
bool Loop::on_loop_thread() const noexcept {
  return running == impl_.get() || !impl_->runs.load(std::memory_order_acquire);
}

// A flag and a wake-up, not ev_break: that may only be called on the loop's thread, and is
// forgotten when the loop has not begun to run.
void Loop::stop() noexcept {
  impl_->stop.store(true, std::memory_order_release);
  ev_async_send(impl_->handle.get(), &impl_->wake);
}

BootTime Loop::turn_start() const {
  check(on_loop_thread(), "a turn's time is for the events of that turn");
  return impl_->turn_start;
}

void Loop::post(std::function<void()> work) {
  impl_->mailbox.post(*new Closure(std::move(work)));  // freed by Closure::run or ~Impl
}

Mailbox& Loop::mailbox() {
  return impl_->mailbox;
}

void Loop::set_turn_begin(std::function<void(BootTime)> work) {
  check(on_loop_thread(), "a loop's hooks are set on its thread");
  impl_->turn_begin = std::move(work);
}

void Loop::set_turn_end(std::function<void()> work) {
  check(on_loop_thread(), "a loop's hooks are set on its thread");
  impl_->turn_end = std::move(work);
}

void Loop::set_stall_hook(Nanoseconds limit, std::function<void(Nanoseconds)> hook) {
  check(on_loop_thread(), "a loop's hooks are set on its thread");
  check(limit > Nanoseconds::zero(), "a stall limit is positive");
  impl_->stall_limit = limit;
  impl_->stall_hook = std::move(hook);
  ev_timer_stop(impl_->handle.get(), &impl_->pulse);
  if (!impl_->stall_hook) return;
  ev_timer_set(&impl_->pulse, 0., seconds_of(limit) / 4);
  ev_timer_again(impl_->handle.get(), &impl_->pulse);
}

struct ev_loop* handle_of(Loop& loop) {
  return loop.impl().handle.get();
}

}  // namespace lungate::event
