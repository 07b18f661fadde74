// SPDX-License-Identifier: LGPL-2.1-or-later

// From a LUN's configuration to an open backend, and from an adapter's error to the label that
// metrics and alerts go by. Called by keepers on workers, several at a time; by --check-online on
// the main thread. A store that cannot be opened is a Refusal, never an exception or an exit.
//
// The labels tell the operator which way to turn:
//   missing      the name in the configuration is wrong, or the image or file is yet to be made
//   locked       another client has it: another gateway, qemu, a mapped krbd, a second process
//   denied       our user lacks rights: cephx caps, or the file's owner and mode
//   invalid      it is there and we refuse it as it is: features, settings, a size of zero
//   unreachable  the cluster does not answer: network, monitors, placement groups without OSDs
//   fenced       this gateway is blocklisted: find out who did it before anything else
//   other        what the system said stands in the reason's text
#include "control/stores.h"

#include <array>
#include <chrono>
#include <utility>
#include <variant>

#include "backend/null/null_backend.h"

namespace lungate::control {
namespace {

using telemetry::OfflineReason;
namespace file = backend::file;

Refusal refusal_of(const file::OpenError& error) {
  return {reason_of(error.failure), error.text};
}

}  // namespace

OfflineReason reason_of(ceph::Cause cause) {
  switch (cause) {
    case ceph::Cause::kNotFound:
      return OfflineReason::kMissing;
    case ceph::Cause::kLocked:
      return OfflineReason::kLocked;
    case ceph::Cause::kDenied:
      return OfflineReason::kDenied;
    case ceph::Cause::kUnfit:
      return OfflineReason::kInvalid;
    case ceph::Cause::kUnreachable:
      return OfflineReason::kUnreachable;
    case ceph::Cause::kFenced:
      return OfflineReason::kFenced;
    case ceph::Cause::kFailed:
      return OfflineReason::kOther;
  }
  return OfflineReason::kOther;
}

/// kSystem may be anything (too many descriptors, an error of the disk): its text has the errno.
OfflineReason reason_of(file::OpenFailure failure) {
  switch (failure) {
    case file::OpenFailure::kMissing:
      return OfflineReason::kMissing;
    case file::OpenFailure::kNotPermitted:
      return OfflineReason::kDenied;
    case file::OpenFailure::kLocked:
      return OfflineReason::kLocked;
    case file::OpenFailure::kNotAFile:
    case file::OpenFailure::kEmpty:
    case file::OpenFailure::kWouldShrink:
      return OfflineReason::kInvalid;
    case file::OpenFailure::kSystem:
      return OfflineReason::kOther;
  }
  return OfflineReason::kOther;
}

OfflineReason reason_of(backend::Loss loss) {
  switch (loss) {
    case backend::Loss::kNone:
      return OfflineReason::kNone;
    case backend::Loss::kFenced:
      return OfflineReason::kFenced;
    case backend::Loss::kLockLost:
      return OfflineReason::kLocked;
    case backend::Loss::kUnfit:
      return OfflineReason::kInvalid;
  }
  return OfflineReason::kOther;
}

Stores::Stores(const config::Config& config) : ceph_(config.ceph), gateway_(config.gateway.name) {}

Stores::Opened Stores::open(const config::Target& target, const config::Lun& lun) {
  if (const auto* image = std::get_if<config::Image>(&lun.store)) return open_image(*image, lun);
  if (const auto* path = std::get_if<config::File>(&lun.store)) return open_file(*path, lun);
  backend::null::Options options;
  options.name = target.iqn + "/" + std::to_string(lun.id);
  options.size_bytes = std::get<config::Null>(lun.store).size_bytes;
  return std::shared_ptr<backend::Backend>(backend::null::open(options));
}

// The Opener is made with the first image and not before: a gateway whose LUNs are all files needs
// no Ceph, not even a ceph.conf. There is one for all images, for they share its connections and
// its roster. Making it connects to nothing, so the mutex is held for a moment only.
Stores::Opened Stores::open_image(const config::Image& image, const config::Lun& lun) {
  backend::rbd::Opener* opener = nullptr;
  {
    const std::lock_guard lock(mutex_);
    if (images_ == nullptr) {
      ceph::ClusterSettings settings;
      settings.conf_file = ceph_.conf;
      settings.user = ceph_.user;
      images_ =
          std::make_unique<backend::rbd::Opener>(settings, ceph_.images_per_connection, gateway_);
    }
    opener = images_.get();
  }
  backend::rbd::Options options;
  options.image.pool = image.pool;
  options.image.name_space = image.name_space;
  options.image.image = image.image;
  options.read_only = lun.read_only;
  auto opened = opener->open(options);
  if (!opened) return err(Refusal{reason_of(opened.error().cause), opened.error().text});
  return std::shared_ptr<backend::Backend>(std::move(*opened));
}

Stores::Opened Stores::open_file(const config::File& path, const config::Lun& lun) {
  file::Options options;
  options.path = path.path;
  options.size_bytes = path.size_bytes;
  options.read_only = lun.read_only;
  options.test_delay = std::chrono::milliseconds(path.test_delay_ms);
  options.test_bytes_per_s = path.test_bytes_per_s;
  auto opened = file::open(options);
  if (!opened) return err(refusal_of(opened.error()));
  return std::shared_ptr<backend::Backend>(std::move(*opened));
}

CephView Stores::ceph() const {
  const std::lock_guard lock(mutex_);
  if (images_ == nullptr) return {};
  const ceph::Vitals& vitals = images_->vitals();
  CephView view;
  view.answers = vitals.answers.load(std::memory_order_relaxed);
  view.clients = images_->connections();
  view.clients_fenced = vitals.fenced.load(std::memory_order_relaxed);
  view.timeouts = vitals.timeouts.load(std::memory_order_relaxed);
  return view;
}

// Only a file's size is ours to make; an image is grown by its operator, and its watch tells us. A
// null store cannot change: plan.cc takes another size of it for another disk.
Result<void, Refusal> Stores::resize(backend::Backend& backend, const config::Lun& lun) {
  auto* open_file = dynamic_cast<file::FileBackend*>(&backend);
  const auto* path = std::get_if<config::File>(&lun.store);
  if (open_file == nullptr || path == nullptr) return {};  // an image's size is seen by its watch
  const auto refreshed = open_file->refresh(path->size_bytes);
  if (!refreshed) return err(refusal_of(refreshed.error()));
  return {};
}

}  // namespace lungate::control
