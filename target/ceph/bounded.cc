// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ceph/bounded.h"

#include <future>
#include <thread>
#include <utility>

namespace lungate::ceph {

bool run_bounded(std::chrono::milliseconds limit, std::function<void()> work) {
  std::packaged_task<void()> task(std::move(work));
  const std::future<void> ended = task.get_future();
  std::thread(std::move(task)).detach();
  return ended.wait_for(limit) == std::future_status::ready;
}

}  // namespace lungate::ceph
