// SPDX-License-Identifier: LGPL-2.1-or-later

// From a LUN's configuration to an open backend: the one place that knows every adapter.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "backend/backend.h"
#include "backend/file/file_backend.h"
#include "backend/rbd/opener.h"
#include "base/result.h"
#include "ceph/error.h"
#include "config/config.h"
#include "telemetry/kinds.h"

namespace lungate::control {

/// Why a store cannot be served now. All of them are tried again: what is missing is made, what is
/// locked is let go, and nobody tells us.
struct Refusal {
  telemetry::OfflineReason reason = telemetry::OfflineReason::kOther;  // stores.cc has the meanings
  std::string text;                                                    // for people
};

/// What an adapter says about a store that does not open, as metrics and alerts name it.
telemetry::OfflineReason reason_of(ceph::Cause cause);
telemetry::OfflineReason reason_of(backend::file::OpenFailure failure);

/// How the loss of a store that was served is counted. kFenced is said of a fence only: it is what
/// the alert about gateways that shut each other out goes by.
telemetry::OfflineReason reason_of(backend::Loss loss);

/// What has been seen of Ceph; nothing of it where no LUN is an image.
struct CephView {
  bool answers = false;  // the monitors, when they were last asked
  std::uint64_t clients = 0;
  std::uint64_t clients_fenced = 0;  // since the start, as the next
  std::uint64_t timeouts = 0;
};

class Stores {
 public:
  using Opened = Result<std::shared_ptr<backend::Backend>, Refusal>;

  explicit Stores(const config::Config& config);
  virtual ~Stores() = default;

  /// Workers only: blocks. Any of them, side by side. Virtual for tests that need a store which is
  /// lost, or another one than before.
  virtual Opened open(const config::Target& target, const config::Lun& lun);

  /// Any thread; waits for nobody. Virtual for tests without a cluster.
  virtual CephView ceph() const;

  /// Makes the store fit a LUN whose configured size has changed while it is open. Workers only.
  static Result<void, Refusal> resize(backend::Backend& backend, const config::Lun& lun);

 private:
  Opened open_image(const config::Image& image, const config::Lun& lun);
  Opened open_file(const config::File& file, const config::Lun& lun);

  // Copies: workers open stores while the home loop takes over the next configuration. Both tables
  // can only change at a restart.
  const config::Ceph ceph_;
  const std::string gateway_;
  mutable std::mutex mutex_;                      // never held over a call
  std::unique_ptr<backend::rbd::Opener> images_;  // made with the first image: no Ceph without one
};

}  // namespace lungate::control
