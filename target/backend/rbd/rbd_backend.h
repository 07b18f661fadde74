// SPDX-License-Identifier: LGPL-2.1-or-later

// The adapter for RBD images. A writer holds the image's exclusive lock from opening to closing and
// does all its I/O through one RADOS client; when the lock or the client is lost, that is the end
// of this backend: state() is not ready, requests fail with kNotOwner without being submitted, and
// the owner closes it and opens a new one (opener.h), on another connection.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "backend/backend.h"
#include "ceph/image.h"
#include "ceph/roster.h"

namespace lungate::backend::rbd {

class RbdBackend final : public Backend {
 public:
  /// Takes over an image that is open and, unless `read_only`, whose lock is held. Blocks.
  static Result<std::unique_ptr<RbdBackend>, ceph::Error> serve(
      std::unique_ptr<ceph::Image> image, std::shared_ptr<ceph::Roster> roster, bool read_only);
  ~RbdBackend() override;

  void submit(Request& request) noexcept override;
  State state() const override;
  const Traits& traits() const override { return traits_; }
  void watch(Watcher* watcher) override;
  /// Waits for at most limits::kImageCloseTimeout; a cluster that does not answer gets the rest of
  /// the work when it does.
  void close() noexcept override;

 private:
  RbdBackend(std::unique_ptr<ceph::Image> image, std::shared_ptr<ceph::Roster> roster,
             bool read_only, std::uint64_t size_bytes);

  static void on_done(void* completion, void* owner);
  void on_header_change() noexcept;
  void finish(Request& request, std::int64_t result) noexcept;
  /// The lock or the client is gone. Any thread; the first reason stays.
  void lose(std::string reason, bool fenced) noexcept;
  void tell_watcher() noexcept;

  // Constant after construction.
  const std::shared_ptr<ceph::Roster> roster_;
  const bool read_only_;
  const Traits traits_;
  std::uint64_t observation_ = 0;

  // Any thread.
  std::unique_ptr<ceph::Image> image_;  // null after close()
  std::atomic<std::uint64_t> size_bytes_;
  std::atomic<bool> ready_{true};
  mutable std::mutex mutex_;  // guards the reason
  std::string reason_;
  std::mutex watcher_mutex_;  // held while the watcher is called, so that watch(null) waits for it
  Watcher* watcher_ = nullptr;
};

}  // namespace lungate::backend::rbd
