// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "ceph/cluster.h"

namespace lungate::ceph {

/// Hands out connections that images share. A connection costs about a dozen threads and a socket
/// per OSD; a fence takes all of its images with it: `images_per_connection` weighs the two.
class Connections {
 public:
  /// REQUIRES: images_per_connection > 0.
  Connections(ClusterSettings settings, std::uint32_t images_per_connection);

  /// A connection with room for one more image, an existing one if there is; never a fenced one.
  /// The room is given back when the pointer (and its copies) are gone; the last image's end
  /// closes the connection. Any thread; blocks as Cluster::connect does: workers only.
  Result<std::shared_ptr<Cluster>, Error> lease();

  /// Connections that are open now, fenced ones included. Any thread.
  std::size_t count() const;

 private:
  /// A connection and how many leases of it are out. Kept until it is seen to have ended.
  struct Shared {
    std::weak_ptr<Cluster> cluster;
    std::uint32_t images = 0;
  };
  struct Lease;

  std::shared_ptr<Cluster> lease_of(const std::shared_ptr<Shared>& shared,
                                    const std::shared_ptr<Cluster>& cluster);

  // Constant after construction.
  const ClusterSettings settings_;
  const std::uint32_t images_per_connection_;
  std::mutex connecting_;  // one connect at a time, so that a start with many images shares
  const std::shared_ptr<std::mutex> mutex_;  // guards all Shared; leases may outlive this object
  std::vector<std::shared_ptr<Shared>> connections_;
};

}  // namespace lungate::ceph
