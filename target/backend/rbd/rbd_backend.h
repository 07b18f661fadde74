// SPDX-License-Identifier: LGPL-2.1-or-later

// The adapter for RBD images. A writer holds the image's exclusive lock from opening to closing and
// does all its I/O through one RADOS client; when the lock or the client is lost, that is the end
// of this backend: state() is not ready, requests fail with kNotOwner without being submitted, and
// the owner closes it and opens a new one (opener.h), on another connection.
#pragma once

#include <cstdint>
#include <memory>

#include "backend/backend.h"
#include "backend/gate.h"
#include "backend/look_ups.h"
#include "backend/rbd/standing.h"
#include "ceph/image.h"
#include "ceph/roster.h"
#include "event/clerk.h"

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
  /// Of the pool that the data is in. Nothing once the connection is fenced or gone.
  FullnessGauge fullness_gauge() const override;
  void watch(Watcher* watcher) override;
  /// Waits for at most limits::kImageCloseTimeout; the rest is done by a thread of its own, when
  /// and if the cluster answers. (Where the machine gives no thread, it waits as long as it takes.)
  void close() noexcept override;

 private:
  RbdBackend(std::unique_ptr<ceph::Image> image, std::shared_ptr<ceph::Roster> roster,
             bool read_only, std::uint64_t size_bytes);

  static void on_done(void* completion, void* owner);
  void wait_for_look_up(Request& request) noexcept;
  static void look_up(Mail& letter, void* backend) noexcept;
  void keep_state(Request& request) noexcept;
  void finish(Request& request, std::int64_t result) noexcept;
  /// The last touch: the request, and this, may be gone after it.
  void answer(Request& request, Status status, int error = 0) noexcept;

  const Traits traits_;
  const std::shared_ptr<Standing> standing_;  // shared with callbacks that may outlast close()
  Gate gate_;
  std::unique_ptr<ceph::Image> image_;  // null after close()
  std::uint64_t observation_ = 0;
  LookUps look_ups_;
  event::Clerk clerk_{"lg-rbd-map", &RbdBackend::look_up, this};
};

}  // namespace lungate::backend::rbd
