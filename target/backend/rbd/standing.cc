// SPDX-License-Identifier: LGPL-2.1-or-later

// Losing an image, and noticing it. Called by the I/O's completions (librbd's thread), by librbd
// when the header has changed, and by the connection when it is found fenced; read by every
// submit(). What the cluster does to us is a value here, told to the watcher once; there is no way
// back, for a client that was cut off cannot know what has happened to the image meanwhile: the
// owner closes the backend and opens another.
#include "backend/rbd/standing.h"

#include <utility>

#include "base/log.h"

namespace lungate::backend::rbd {
namespace {

std::string sentence_of(Loss loss, const std::string& why) {
  switch (loss) {
    case Loss::kFenced:
      return "this gateway has been fenced";
    case Loss::kLockLost:
      return "the image's lock has been taken away";
    case Loss::kUnfit:
      return "the image's own setting forbids serving it: " + why;
    case Loss::kNone:
      break;
  }
  return {};
}

}  // namespace

Standing::Standing(std::string image, std::shared_ptr<ceph::Roster> roster, bool writer,
                   std::uint64_t size_bytes)
    : image_(std::move(image)),
      roster_(std::move(roster)),
      writer_(writer),
      size_bytes_(size_bytes) {}

State Standing::state() const {
  State state;
  state.ready = ready();
  state.read_only = !writer_;
  state.size_bytes = size_bytes();
  const std::lock_guard lock(mutex_);
  state.reason = reason_;
  state.loss = loss_;
  return state;
}

void Standing::watch(Watcher* watcher) {
  const std::lock_guard lock(watcher_mutex_);
  watcher_ = watcher;
}

void Standing::tell_watcher() noexcept {
  const std::lock_guard lock(watcher_mutex_);
  if (watcher_ != nullptr) watcher_->backend_changed();
}

// librbd reports a change too when its watch was broken, so a fence or a lock that was taken away
// shows here on an idle image. The lock is asked for first: unlike the size, its answer never comes
// from librbd's memory. A cluster that cannot answer says nothing about the lock: then we go on, as
// every I/O does, until it can.
void Standing::look(ceph::Image& image) noexcept {
  ceph::Cluster& cluster = image.cluster();
  const auto holder = image.lock_holder();
  if (!holder && holder.error().cause == ceph::Cause::kFenced) return lose(cluster, Loss::kFenced);
  const bool ours = holder && *holder && (*holder)->client == cluster.client();
  if (holder && !ours && writer_) return lose(cluster, Loss::kLockLost);
  if (const std::string setting = image.forbidden_setting(); !setting.empty())
    return lose(cluster, Loss::kUnfit, setting);
  const auto size = image.size_bytes();
  if (size && size_bytes_.exchange(*size, std::memory_order_acq_rel) != *size) tell_watcher();
}

void Standing::lose(ceph::Cluster& cluster, Loss loss, const std::string& why) noexcept {
  // Before all else: nothing is submitted from here on; what librbd has is answered by librbd.
  const bool first = ready_.exchange(false, std::memory_order_acq_rel);
  {
    const std::lock_guard lock(mutex_);
    if (first || (loss == Loss::kFenced && loss_ != Loss::kFenced)) {
      loss_ = loss;
      reason_ = sentence_of(loss, why);
      log::error("rbd", "ownership_lost", {{"image", image_}, {"reason", reason_}});
    }
  }
  if (first) tell_watcher();
  // A fence may show after the lock's loss (librbd gives the lock up by itself when its watch
  // breaks). The other images of the connection must not wait for their next I/O to learn of it.
  if (loss != Loss::kFenced || cluster.fenced()) return;
  roster_->abandon(cluster.client());
  cluster.mark_fenced();
}

}  // namespace lungate::backend::rbd
