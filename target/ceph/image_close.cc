// SPDX-License-Identifier: LGPL-2.1-or-later

// The end of an image, in an order that hangs nobody. Called by adapters on a worker. Each step may
// wait for the cluster, and so for ever: unwatching waits for a callback that may be asking the
// cluster, releasing the lock and closing flush. Hence all of them together are bounded, and none
// runs on the caller's thread.
#include <utility>

#include "ceph/bounded.h"
#include "ceph/image.h"

namespace lungate::ceph {

bool close_bounded(std::unique_ptr<Image> image, bool release_lock,
                   std::chrono::milliseconds limit) {
  const std::shared_ptr<Vitals> vitals = image->cluster().vitals();
  // Shared, because a std::function must be copyable; nobody but the work holds it.
  const bool in_time = run_bounded(
      limit, [image = std::shared_ptr<Image>(std::move(image)), release_lock]() mutable {
        image->unwatch();  // first: a callback must not see the lock go
        if (release_lock) image->release_lock();
        image.reset();
      });
  if (!in_time) vitals->gave_up();
  return in_time;
}

}  // namespace lungate::ceph
