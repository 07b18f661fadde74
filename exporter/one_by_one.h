// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace lungate::exporter {

/// A thread that runs jobs one after the other: what takes long or much memory is made here, while
/// the thread that serves clients goes on serving. Sources take turns, so that one with many jobs
/// does not keep another one's waiting; jobs of one source run in the order of their coming.
///
/// Every job that was taken is called exactly once, with kRun in its turn or with kGiveUp when the
/// end came first, so a job can keep a promise that it was given. Jobs should
/// not throw; one that does is logged, and the thread goes on.
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
  bool add(Job job, std::string source = {});
  /// Waits for the job in progress, gives the others up, takes no more.
  void stop();

 private:
  struct Queued {
    Job job;
    std::string source;
    std::uint64_t round;  // in which it is this source's turn
  };
  void work();
  std::uint64_t round_of(const std::string& source) const;
  Queued take();

  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_.
  std::deque<Queued> jobs_;
  std::string source_;  // of the job that was taken last, and its round
  std::uint64_t round_ = 0;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace lungate::exporter
