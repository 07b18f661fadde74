// SPDX-License-Identifier: LGPL-2.1-or-later

// The exporter's threads for what takes long: one makes pages, one checks passwords. The HTTP
// server's thread adds jobs, these take them; both meet in one queue under one mutex that is never
// held while a job runs. The queue needs no bound of its own: a job belongs to a connection, and
// those are bounded.
#include "exporter/one_by_one.h"

#include <utility>

#include "base/thread.h"

namespace lungate::exporter {

OneByOne::OneByOne(const char* name) : thread_(start_thread(name, [this] { work(); })) {}

OneByOne::~OneByOne() {
  stop();
}

bool OneByOne::add(Job job) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return false;
    jobs_.push_back(std::move(job));
  }
  changed_.notify_one();
  return true;
}

void OneByOne::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

// The rest of the queue is given up after stop(), in order, each job called: see the class for the
// promise. The lock is not held meanwhile, so add() answers at once.
void OneByOne::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    const Job job = std::move(jobs_.front());
    jobs_.pop_front();
    const Turn turn = stopping_ ? Turn::kGiveUp : Turn::kRun;
    lock.unlock();
    job(turn);
    lock.lock();
  }
}

}  // namespace lungate::exporter
