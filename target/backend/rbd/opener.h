// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "backend/backend.h"
#include "base/limits.h"
#include "base/result.h"
#include "ceph/connections.h"
#include "ceph/error.h"
#include "ceph/image.h"
#include "ceph/roster.h"

namespace lungate::backend::rbd {

struct Options {
  ceph::ImageSpec image;
  bool read_only = false;  // takes no lock and never writes; a snapshot must be read-only
  std::chrono::milliseconds timeout = limits::kImageOpenTimeout;
};

/// Why an image cannot be served now, in words for the operator, and what may change that.
using OpenError = ceph::Error;

/// Opens images: connection, image, lock (target/ceph/lock.h says when), backend. One per process.
class Opener {
 public:
  /// `gateway` is this gateway's name: its former instances' locks are known by it.
  Opener(ceph::ClusterSettings settings, std::uint32_t images_per_connection,
         const std::string& gateway);
  ~Opener();

  /// Any worker; blocks for at most the timeout (then kUnreachable). An attempt that has timed out
  /// goes on, and the next call for the same image joins it: a cluster that hangs costs one thread
  /// per image, however often it is tried. Errors: see ceph::Cause; all are
  /// worth trying again, some only once the operator has acted.
  Result<std::unique_ptr<Backend>, OpenError> open(const Options& options);

  /// RADOS connections that are open now.
  std::size_t connections() const;
  const ceph::Vitals& vitals() const;

 private:
  struct Attempt;
  struct Shared;
  std::shared_ptr<Shared> shared_;  // outlives this object while an attempt hangs
};

}  // namespace lungate::backend::rbd
