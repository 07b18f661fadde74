// SPDX-License-Identifier: LGPL-2.1-or-later

// The one way to call what may never return: librados has no time limit for operations on objects
// (an operation that was given up may still land, see cluster.cc), so the limit is on our patience
// and not on the call. Called by adapters on a worker, when they close. Costs a thread per call
// that hangs, for as long as it hangs.
#include "ceph/bounded.h"

#include <future>
#include <memory>
#include <utility>

#include "base/log.h"
#include "base/thread.h"

namespace lungate::ceph {
namespace {

/// Shared by the two threads: either may be the last to look at it.
struct Job {
  std::function<void()> work;
  std::promise<void> ended;
};

}  // namespace

bool run_bounded(std::chrono::milliseconds limit, std::function<void()> work) {
  const auto job = std::make_shared<Job>();
  job->work = std::move(work);
  const std::future<void> ended = job->ended.get_future();
  const auto body = [job] {
    std::exchange(job->work, nullptr)();  // and what it held has ended with it
    job->ended.set_value();
  };
  if (!start_detached("lg-bounded", body)) {
    log::warn("ceph", "no_thread", {{"for", "a call that may hang: it runs without a limit"}});
    body();
  }
  return ended.wait_for(limit) == std::future_status::ready;
}

}  // namespace lungate::ceph
