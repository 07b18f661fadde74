// SPDX-License-Identifier: LGPL-2.1-or-later
#include "backend/rbd/rbd_backend.h"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <utility>

#include "backend/rbd/verbs.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"
#include "ceph/bounded.h"

namespace lungate::backend::rbd {
namespace {

/// Below this BlueStore frees nothing (its allocation unit on disks was 64 KiB for years), and
/// librbd's own default is the same.
constexpr std::uint64_t kDiscardBytes = 64 * limits::kKiB;

std::uint32_t clamp32(std::uint64_t value) {
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(value, std::numeric_limits<std::uint32_t>::max()));
}

Traits traits_of(const ceph::Image& image) {
  const ceph::ImageFacts& facts = image.facts();
  Traits traits;
  traits.kind = "rbd";
  traits.discard_bytes = clamp32(std::min(kDiscardBytes, facts.object_bytes));
  traits.optimal_bytes = clamp32(facts.stripe_bytes);
  // Neither the image's name nor its pool's: both can be renamed. The image's id is unique in the
  // cluster, whatever its namespace.
  traits.identity_seed =
      "rbd:" + image.cluster().fsid() + "/" + std::to_string(facts.pool_id) + "/" + facts.id;
  if (facts.snapshot_id != 0) traits.identity_seed += "@" + std::to_string(facts.snapshot_id);
  return traits;
}

}  // namespace

RbdBackend::RbdBackend(std::unique_ptr<ceph::Image> image, std::shared_ptr<ceph::Roster> roster,
                       bool read_only, std::uint64_t size_bytes)
    : roster_(std::move(roster)),
      read_only_(read_only),
      traits_(traits_of(*image)),
      image_(std::move(image)),
      size_bytes_(size_bytes) {}

Result<std::unique_ptr<RbdBackend>, ceph::Error> RbdBackend::serve(
    std::unique_ptr<ceph::Image> image, std::shared_ptr<ceph::Roster> roster, bool read_only) {
  const auto size = image->size_bytes();
  if (!size) return err(size.error());
  std::unique_ptr<RbdBackend> backend(
      new RbdBackend(std::move(image), std::move(roster), read_only, *size));
  backend->observation_ = backend->image_->cluster().observe(
      [self = backend.get()] { self->lose("this gateway has been fenced", true); });
  auto watched = backend->image_->watch([self = backend.get()] { self->on_header_change(); });
  if (!watched) return err(std::move(watched.error()));
  backend->on_header_change();  // what has changed before the watch stood
  return backend;
}

RbdBackend::~RbdBackend() {
  close();
}

// The size may change between this check and librbd's own: then librbd answers EINVAL or reads
// less, and status_of() makes kOutOfRange of it. What must not pass is an empty range (image.h
// refuses it).
void RbdBackend::submit(Request& request) noexcept {
  const VerbRow& row = row_of(request.verb);
  request.error = 0;
  request.status = Status::kOk;
  if (!ready_.load(std::memory_order_acquire)) {
    request.status = Status::kNotOwner;
  } else if (row.modifies && read_only_) {
    request.status = Status::kReadOnly;
  } else if (row.ranged && !in_range(request.offset, request.length,
                                     size_bytes_.load(std::memory_order_acquire))) {
    request.status = Status::kOutOfRange;
  } else {
    request.adapter = this;
    const int started = row.start(*image_, request, &RbdBackend::on_done);
    if (started == 0) return;
    return finish(request, started);
  }
  request.reply_to->post(request);
}

/// librbd's thread, one callback of an image at a time.
void RbdBackend::on_done(void* completion, void* owner) {
  Request& request = *static_cast<Request*>(owner);
  static_cast<RbdBackend*>(request.adapter)->finish(request, ceph::Image::result(completion));
}

void RbdBackend::finish(Request& request, std::int64_t result) noexcept {
  request.status = status_of(request, result);
  request.error = result < 0 ? static_cast<int>(-result) : 0;
  if (request.status == Status::kNotOwner) [[unlikely]]
    lose("the image's lock is lost", ceph::means_fenced(result));
  request.reply_to->post(request);  // the last touch: the request, and this, may be gone after it
}

State RbdBackend::state() const {
  State state;
  state.ready = ready_.load(std::memory_order_acquire);
  state.read_only = read_only_;
  state.size_bytes = size_bytes_.load(std::memory_order_acquire);
  const std::lock_guard lock(mutex_);
  state.reason = reason_;
  return state;
}

void RbdBackend::watch(Watcher* watcher) {
  const std::lock_guard lock(watcher_mutex_);
  watcher_ = watcher;
}

void RbdBackend::tell_watcher() noexcept {
  const std::lock_guard lock(watcher_mutex_);
  if (watcher_ != nullptr) watcher_->backend_changed();
}

/// librbd's thread for header changes; it may ask the cluster. librbd reports a change too when its
/// watch was broken, so a fence or a lock that was taken away shows here on an idle image. The lock
/// is asked for first: unlike the size, its answer never comes from librbd's memory.
void RbdBackend::on_header_change() noexcept {
  const auto holder = image_->lock_holder();
  if (!holder && holder.error().cause == ceph::Cause::kFenced)
    return lose("this gateway has been fenced", true);
  const bool ours = holder && *holder && (*holder)->client == image_->cluster().client();
  if (holder && !ours && !read_only_) return lose("the image's lock has been taken away", false);
  if (const std::string setting = image_->forbidden_setting(); !setting.empty())
    return lose("the image's own setting forbids serving it: " + setting, false);
  const auto size = image_->size_bytes();
  if (size && size_bytes_.exchange(*size, std::memory_order_acq_rel) != *size) tell_watcher();
}

void RbdBackend::lose(std::string reason, bool fenced) noexcept {
  // Nothing is submitted from here on; what librbd has is answered by librbd.
  if (ready_.exchange(false, std::memory_order_acq_rel)) {
    {
      const std::lock_guard lock(mutex_);
      reason_ = std::move(reason);
      log::error("rbd", "ownership_lost", {{"image", traits_.identity_seed}, {"reason", reason_}});
    }
    tell_watcher();
  }
  // A fence may show after the lock's loss (librbd gives the lock up by itself when its watch
  // breaks). It takes the whole connection: the other images must not wait for their next I/O.
  if (!fenced || image_->cluster().fenced()) return;
  roster_->abandon(image_->cluster().client());
  image_->cluster().mark_fenced();
}

void RbdBackend::close() noexcept {
  if (!image_) return;
  watch(nullptr);
  image_->cluster().unobserve(observation_);
  image_->unwatch();
  ready_.store(false, std::memory_order_release);
  std::shared_ptr<ceph::Image> image = std::move(image_);
  // librbd flushes when it gives the lock back, and when it closes.
  const bool closed = ceph::run_bounded(limits::kImageCloseTimeout,
                                        [image = std::move(image), owner = !read_only_]() mutable {
                                          if (owner) image->release_lock();
                                          image.reset();
                                        });
  if (!closed) log::warn("rbd", "close_goes_on", {{"image", traits_.identity_seed}});
}

}  // namespace lungate::backend::rbd
