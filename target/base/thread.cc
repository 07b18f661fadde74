// SPDX-License-Identifier: LGPL-2.1-or-later

// Threads with a name and without signals. Whoever needs a thread of ours calls this while
// starting; the new thread inherits the mask, which is why it is set around the creation and not in
// the thread. The machine may refuse: that is std::system_error, for the caller to turn into an
// error of its own kind.
#include "base/thread.h"

#include <pthread.h>

#include <condition_variable>
#include <csignal>
#include <exception>
#include <mutex>

namespace lungate {
namespace {

/// A thread inherits its creator's signal mask, so the mask is in place before its first moment.
class AllSignalsBlocked {
 public:
  AllSignalsBlocked() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  AllSignalsBlocked(const AllSignalsBlocked&) = delete;
  AllSignalsBlocked& operator=(const AllSignalsBlocked&) = delete;
  ~AllSignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

/// The detached threads that still work. The one thing here that belongs to the process: they have
/// no owner who could know them, and they may outlive main(), so it is never destroyed.
class Detached {
 public:
  static Detached& of_this_process() {
    static auto* const one = new Detached;
    return *one;
  }
  void begin() {
    const std::lock_guard lock(mutex_);
    ++working_;
  }
  void end() {
    const std::lock_guard lock(mutex_);
    if (--working_ == 0) none_.notify_all();
  }
  bool none_within(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    return none_.wait_for(lock, patience, [this] { return working_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable none_;
  unsigned working_ = 0;
};

}  // namespace

std::thread start_thread(const char* name, std::function<void()> body) {
  const AllSignalsBlocked blocked;
  std::thread thread(std::move(body));
  ::pthread_setname_np(thread.native_handle(), name);
  return thread;
}

bool start_detached(const char* name, const std::function<void()>& body) noexcept {
  Detached& detached = Detached::of_this_process();
  detached.begin();
  try {
    start_thread(name, [body, &detached] {
      body();
      detached.end();
    }).detach();
    return true;
  } catch (const std::exception&) {  // system_error, or no memory for the closure
    detached.end();
    return false;
  }
}

bool detached_threads_end_within(std::chrono::milliseconds patience) {
  return Detached::of_this_process().none_within(patience);
}

}  // namespace lungate
