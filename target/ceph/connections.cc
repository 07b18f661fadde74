// SPDX-License-Identifier: LGPL-2.1-or-later

// Sharing RADOS connections between images. Called by the Opener, on attempts' threads; leases end
// on whatever thread lets go of an image. A connect that fails is the caller's Error, and leaves
// nothing behind.
//
// Connecting is done one at a time and waited for by everybody: at a start with a hundred images
// the first connection serves the first sixteen, instead of a hundred being made at once. The time
// is limited (limits::kCephConnectTimeout), and monitors that do not answer one would answer
// nobody.
#include "ceph/connections.h"

#include <algorithm>

#include "base/check.h"

namespace lungate::ceph {

/// One image's part of a connection. Callers see a shared_ptr<Cluster> that owns this.
struct Connections::Lease {
  /// REQUIRES: the mutex is held.
  Lease(std::shared_ptr<std::mutex> guard, std::shared_ptr<Shared> used,
        std::shared_ptr<Cluster> connection)
      : mutex(std::move(guard)), shared(std::move(used)), cluster(std::move(connection)) {
    ++shared->images;
  }
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  ~Lease() {
    const std::lock_guard lock(*mutex);
    --shared->images;
  }  // then the members go, and with the last lease the connection, outside the mutex

  std::shared_ptr<std::mutex> mutex;
  std::shared_ptr<Shared> shared;
  std::shared_ptr<Cluster> cluster;
};

Connections::Connections(ClusterSettings settings, std::uint32_t images_per_connection)
    : settings_(std::move(settings)),
      images_per_connection_(images_per_connection),
      mutex_(std::make_shared<std::mutex>()) {
  check(images_per_connection > 0, "a connection serves at least one image");
}

std::shared_ptr<Cluster> Connections::lease_of(const std::shared_ptr<Shared>& shared,
                                               const std::shared_ptr<Cluster>& cluster) {
  return {std::make_shared<Lease>(mutex_, shared, cluster), cluster.get()};
}

Result<std::shared_ptr<Cluster>, Error> Connections::lease() {
  const std::lock_guard connecting(connecting_);
  // An existing one first. A fenced one is skipped although it may still have room: its images are
  // on their way out, and nothing works on it any more.
  {
    const std::lock_guard lock(*mutex_);
    std::erase_if(connections_, [](const auto& shared) { return shared->cluster.expired(); });
    for (const auto& shared : connections_) {
      const std::shared_ptr<Cluster> cluster = shared->cluster.lock();
      if (!cluster || cluster->fenced() || shared->images >= images_per_connection_) continue;
      return lease_of(shared, cluster);
    }
  }
  auto cluster = Cluster::connect(settings_);
  if (!cluster) return err(std::move(cluster.error()));
  // We hold only a weak reference: the images keep the connection open, and the last one closes it.
  auto shared = std::make_shared<Shared>();
  shared->cluster = *cluster;
  const std::lock_guard lock(*mutex_);
  connections_.push_back(shared);
  return lease_of(shared, *cluster);
}

std::size_t Connections::count() const {
  const std::lock_guard lock(*mutex_);
  return static_cast<std::size_t>(
      std::count_if(connections_.begin(), connections_.end(),
                    [](const auto& shared) { return !shared->cluster.expired(); }));
}

}  // namespace lungate::ceph
