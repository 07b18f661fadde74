// SPDX-License-Identifier: LGPL-2.1-or-later

// Threads with a name and without signals. Whoever needs a thread of ours calls this while
// starting; the new thread inherits the mask, which is why it is set around the creation and not in
// the thread. The machine may refuse: that is std::system_error, for the caller to turn into an
// error of its own kind.
#include "base/thread.h"

#include <pthread.h>

#include <csignal>
#include <exception>

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

}  // namespace

std::thread start_thread(const char* name, std::function<void()> body) {
  const AllSignalsBlocked blocked;
  std::thread thread(std::move(body));
  ::pthread_setname_np(thread.native_handle(), name);
  return thread;
}

bool start_detached(const char* name, const std::function<void()>& body) noexcept {
  try {
    start_thread(name, body).detach();
    return true;
  } catch (const std::exception&) {  // system_error, or no memory for the closure
    return false;
  }
}

}  // namespace lungate
