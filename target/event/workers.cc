// SPDX-License-Identifier: LGPL-2.1-or-later

// A queue and a few threads, for calls that block. Called by control, from the home loop; `work`
// runs on a worker, `done` on the loop that was named. One queue in order of asking: nothing here
// decides what is urgent, the number of threads does (limits::kWorkerThreads).
//
// Who destroys what, and where, is part of the contract:
//   - `work` dies on the worker, and before `done` is posted: when `done` runs, nothing on another
//     thread holds what `work` held, so `done` may close or destroy it;
//   - `done` dies on the loop, after it has run; or with the loop, when that ends first;
//   - at the end (~Workers) a call that has begun is waited for and its `done` posted: the loop
//   must
//     still be there, which is why Workers are destroyed before their loop and are the last member
//     of who owns both. What has not begun is dropped on the destroying thread, work and done.
#include "event/workers.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/thread.h"
#include "event/loop.h"

namespace lungate::event {

struct Workers::Impl {
  struct Call {
    std::function<void()> work;
    Loop* loop;
    std::function<void()> done;
  };

  void serve();

  std::mutex mutex;
  std::condition_variable wanted;
  std::deque<Call> queue;  // guarded by mutex
  bool ending = false;     // guarded by mutex
  std::vector<std::thread> threads;
};

void Workers::Impl::serve() {
  std::unique_lock lock(mutex);
  while (true) {
    wanted.wait(lock, [this] { return ending || !queue.empty(); });
    if (ending) return;
    Call call = std::move(queue.front());
    queue.pop_front();
    lock.unlock();
    call.work();
    call.work = nullptr;  // what it holds ends here, before `done` can run
    call.loop->post(std::move(call.done));
    lock.lock();
  }
}

Workers::Workers(unsigned threads) : impl_(std::make_unique<Impl>()) {
  check(threads > 0, "there is a worker");
  impl_->threads.reserve(threads);
  try {
    for (unsigned i = 0; i < threads; ++i) {
      const std::string name = "lg-worker-" + std::to_string(i);
      impl_->threads.push_back(start_thread(name.c_str(), [impl = impl_.get()] { impl->serve(); }));
    }
  } catch (...) {
    end();  // those that have come about wait for work
    throw;
  }
}

Workers::~Workers() {
  end();
}

void Workers::end() noexcept {
  // Ends without the lock: the end of a closure may be the end of an object that calls run() once
  // more. That call is dropped too.
  std::deque<Impl::Call> dropped;
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->ending = true;
    dropped.swap(impl_->queue);
  }
  dropped.clear();
  impl_->wanted.notify_all();
  for (std::thread& thread : impl_->threads) thread.join();
}

void Workers::run(std::function<void()> work, Loop& loop, std::function<void()> done) {
  {
    const std::lock_guard lock(impl_->mutex);
    if (impl_->ending) return;
    impl_->queue.push_back({std::move(work), &loop, std::move(done)});
  }
  impl_->wanted.notify_one();
}

}  // namespace lungate::event
