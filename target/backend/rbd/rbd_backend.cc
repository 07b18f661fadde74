// SPDX-License-Identifier: LGPL-2.1-or-later

// The I/O of an RBD image behind the port: what is decided before a request reaches librbd, and
// what its answer means. submit() runs on any loop and takes no lock; completions come on librbd's
// thread, one of an image at a time, and only post. serve() and close() run on workers. A request
// that breaks the port's contract stops the process here, before librbd would (it aborts on a
// length of zero); what the cluster refuses is answered through verbs.cc, and ends the backend
// where it means that the image is ours no more (standing.h).
//
// The end: close() may wait for a cluster that has stopped answering, so all that waits is done by
// close_bounded() on a thread of its own. That is why the callbacks that librbd and the connection
// hold refer to the Standing and to the image, which that thread owns, and never to the backend.
#include "backend/rbd/rbd_backend.h"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <utility>

#include "backend/rbd/kept_state.h"
#include "backend/rbd/verbs.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"

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
  traits.keeps_state = true;
  // RADOS does a write to one object as one transaction, and one that crosses no object of an
  // image without striping is a write to one object.
  if (!facts.striped) traits.atomic_bytes = clamp32(facts.object_bytes);
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
    : traits_(traits_of(*image)),
      standing_(std::make_shared<Standing>(traits_.identity_seed, std::move(roster), !read_only,
                                           size_bytes)),
      image_(std::move(image)) {}

Result<std::unique_ptr<RbdBackend>, ceph::Error> RbdBackend::serve(
    std::unique_ptr<ceph::Image> image, std::shared_ptr<ceph::Roster> roster, bool read_only) {
  const auto size = image->size_bytes();
  if (!size) return err(size.error());
  std::unique_ptr<RbdBackend> backend(
      new RbdBackend(std::move(image), std::move(roster), read_only, *size));
  ceph::Image& open = *backend->image_;
  ceph::Cluster& cluster = open.cluster();
  const std::shared_ptr<Standing>& standing = backend->standing_;
  backend->observation_ =
      cluster.observe([standing, &cluster] { standing->lose(cluster, Loss::kFenced); });
  // The image owns this closure, and waits for it before it goes: it may name the image.
  auto watched = open.watch([standing, &open] { standing->look(open); });
  if (!watched) return err(std::move(watched.error()));
  standing->look(open);  // what has changed before the watch stood
  return backend;
}

RbdBackend::~RbdBackend() {
  close();
}

// The size may change between this check and librbd's own: then librbd answers EINVAL or reads
// less, and status_of() makes kOutOfRange of it.
void RbdBackend::submit(Request& request) noexcept {
  check_request(request);
  gate_.enter();
  const VerbRow& row = row_of(request.verb);
  request.adapter = this;
  if (!standing_->ready()) return answer(request, Status::kNotOwner);
  if (row.modifies && !standing_->writer()) return answer(request, Status::kReadOnly);
  if (row.ranged && !in_range(request.offset, request.length, standing_->size_bytes()))
    return answer(request, Status::kOutOfRange);
  if (request.verb == Verb::kAllocation) return wait_for_look_up(request);
  if (row.start == nullptr) {
    if (!clerk_.give(request)) answer(request, Status::kNoMemory);
    return;
  }
  const int started = row.start(*image_, request, &RbdBackend::on_done);
  if (started != 0) finish(request, started);
}

void RbdBackend::wait_for_look_up(Request& request) noexcept {
  const auto give = [this](Request& one) { return clerk_.give(one); };
  if (const auto at_once = look_ups_.pass_on(request, boot_now(), give)) answer(request, *at_once);
}

/// librbd's thread, one callback of an image at a time.
void RbdBackend::on_done(void* completion, void* owner) {
  Request& request = *static_cast<Request*>(owner);
  static_cast<RbdBackend*>(request.adapter)->finish(request, ceph::Image::result(completion));
}

/// The clerk's thread. close() comes after the last delivery, so the image is there; a fence that
/// comes while we ask ends librbd's call like any other, and what waited meanwhile asks no more.
void RbdBackend::look_up(Mail& letter, void* backend) noexcept {
  auto& self = *static_cast<RbdBackend*>(backend);
  auto& request = static_cast<Request&>(letter);
  if (request.verb != Verb::kAllocation) return self.keep_state(request);
  int result = 0;
  const bool ready = self.standing_->ready();
  if (ready && LookUps::due(request, boot_now())) {
    ceph::Image::Extent extent;
    result = self.image_->first_extent(request.offset, request.length, extent);
    request.extent_bytes = extent.bytes;
    request.extent_allocated = extent.allocated;
  }
  self.look_ups_.end();
  if (!ready) return self.answer(request, Status::kNotOwner);
  self.finish(request, result);
}

/// The clerk's thread. Like I/O it goes through the client that the lock is held by: once that is
/// fenced, nothing of it arrives any more.
void RbdBackend::keep_state(Request& request) noexcept {
  if (!standing_->ready()) return answer(request, Status::kNotOwner);
  finish(request, request.verb == Verb::kLoadState ? load_state(*image_, request)
                                                   : store_state(*image_, request));
}

void RbdBackend::finish(Request& request, std::int64_t result) noexcept {
  const Status status = status_of(request, result);
  if (status == Status::kNotOwner) [[unlikely]]
    standing_->lose(image_->cluster(),
                    ceph::means_fenced(result) ? Loss::kFenced : Loss::kLockLost);
  answer(request, status, result < 0 ? static_cast<int>(-result) : 0);
}

// The gate is left first: who gets the last letter may close and destroy this backend before post()
// has returned.
void RbdBackend::answer(Request& request, Status status, int error) noexcept {
  request.status = status;
  request.error = error;
  gate_.leave();
  request.reply_to->post(request);
}

State RbdBackend::state() const {
  return standing_->state();
}

FullnessGauge RbdBackend::fullness_gauge() const {
  return [weak = std::weak_ptr(image_->pool().cluster()),
          pool = image_->facts().data_pool_id]() -> std::optional<Fullness> {
    const auto cluster = weak.lock();
    if (cluster == nullptr || cluster->fenced()) return std::nullopt;
    const auto full = cluster->pool_fullness(pool);
    if (!full || !*full) return std::nullopt;
    return Fullness{(*full)->stored_bytes, (*full)->available_bytes};
  };
}

void RbdBackend::watch(Watcher* watcher) {
  check(gate_.idle(), "a watcher changes while nothing is in progress");
  standing_->watch(watcher);
}

void RbdBackend::close() noexcept {
  gate_.close();
  if (!image_) return;
  standing_->watch(nullptr);
  image_->cluster().unobserve(observation_);  // waits for lose() at most, which does not block
  // librbd flushes when it gives the lock back, and when it closes.
  if (!ceph::close_bounded(std::move(image_), standing_->writer(), limits::kImageCloseTimeout))
    log::warn("rbd", "close_goes_on", {{"image", traits_.identity_seed}});
}

}  // namespace lungate::backend::rbd
