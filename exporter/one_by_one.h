// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace lungate::exporter {

/// A thread that runs jobs one after the other, in the order of their coming: what takes long or
/// much memory is made here, while the thread that serves clients goes on serving.
///
/// Every job that was taken is called exactly once, with kRun in its turn or with kGiveUp when the
/// end came first, so a job can keep a promise that it was given. Jobs must not throw.
class OneByOne {
 public:
  enum class Turn { kRun, kGiveUp };
  using Job = std::function<void(Turn)>;

  /// `name`: the thread's. Throws std::system_error when the machine gives no thread.
  explicit OneByOne(const char* name);
  /// As stop().
  ~OneByOne();
  OneByOne(const OneByOne&) = delete;
  OneByOne& operator=(const OneByOne&) = delete;

  /// False when it has been stopped: the job is not taken. Thread-safe; throws std::bad_alloc.
  bool add(Job job);
  /// Waits for the job in progress, gives the others up, takes no more.
  void stop();

 private:
  void work();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;   // guarded by mutex_
  bool stopping_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace lungate::exporter
