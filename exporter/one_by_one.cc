// SPDX-License-Identifier: LGPL-2.1-or-later

// The exporter's threads for what takes long: one makes pages, one checks passwords. The HTTP
// server's thread adds jobs, these take them; both meet in one queue under one mutex that is never
// held while a job runs. The queue needs no bound of its own: a job belongs to a connection, and
// those are bounded.
#include "exporter/one_by_one.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/thread.h"

namespace lungate::exporter {

OneByOne::OneByOne(const char* name) : thread_(start_thread(name, [this] { work(); })) {}

OneByOne::~OneByOne() {
  stop();
}

bool OneByOne::add(Job job, std::string source) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return false;
    const std::uint64_t round = round_of(source);
    jobs_.push_back({std::move(job), std::move(source), round});
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

// The round that is on, or the one behind the source's last job. Jobs are few, as connections are.
std::uint64_t OneByOne::round_of(const std::string& source) const {
  std::uint64_t round = source == source_ ? round_ + 1 : round_;
  for (const Queued& queued : jobs_) {
    if (queued.source == source) round = std::max(round, queued.round + 1);
  }
  return round;
}

// Of the earliest round the first that came. REQUIRES: there are jobs.
OneByOne::Queued OneByOne::take() {
  const auto first =
      std::min_element(jobs_.begin(), jobs_.end(),
                       [](const Queued& a, const Queued& b) { return a.round < b.round; });
  Queued taken = std::move(*first);
  jobs_.erase(first);
  source_ = std::move(taken.source);  // not copied: there may be no memory
  round_ = taken.round;
  return taken;
}

// The rest of the queue is given up after stop(), in order, each job called: see the class for the
// promise. The lock is not held meanwhile, so add() answers at once.
void OneByOne::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    const Queued queued = take();
    const Turn turn = stopping_ ? Turn::kGiveUp : Turn::kRun;
    lock.unlock();
    try {
      queued.job(turn);
    } catch (...) {
      log::error("exporter", "job_failed", {});
    }
    lock.lock();
  }
}

}  // namespace lungate::exporter
