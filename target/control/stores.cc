// SPDX-License-Identifier: LGPL-2.1-or-later
#include "control/stores.h"

#include <array>
#include <chrono>
#include <utility>
#include <variant>

#include "backend/file/file_backend.h"
#include "backend/null/null_backend.h"

namespace lungate::control {
namespace {

using telemetry::OfflineReason;
namespace file = backend::file;

OfflineReason reason_of(ceph::Cause cause) {
  switch (cause) {
    case ceph::Cause::kNotFound:
      return OfflineReason::kMissing;
    case ceph::Cause::kLocked:
      return OfflineReason::kLocked;
    case ceph::Cause::kRefused:
      return OfflineReason::kDenied;
    case ceph::Cause::kUnreachable:
      return OfflineReason::kUnreachable;
    case ceph::Cause::kFenced:
      return OfflineReason::kFenced;
    case ceph::Cause::kFailed:
      return OfflineReason::kOther;
  }
  return OfflineReason::kOther;
}

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

Refusal refusal_of(const file::OpenError& error) {
  return {reason_of(error.failure), error.text};
}

}  // namespace

Stores::Stores(const config::Config& config) : ceph_(config.ceph), gateway_(config.gateway.name) {}

Stores::Opened Stores::open(const config::Target& target, const config::Lun& lun) {
  if (const auto* image = std::get_if<config::Image>(&lun.store)) return open_image(*image, lun);
  if (const auto* path = std::get_if<config::File>(&lun.store)) return open_file(*path, lun);
  backend::null::Options options;
  options.name = target.iqn + "/" + std::to_string(lun.id);
  options.size_bytes = std::get<config::Null>(lun.store).size_bytes;
  return std::shared_ptr<backend::Backend>(backend::null::open(options));
}

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
  auto opened = file::open(options);
  if (!opened) return err(refusal_of(opened.error()));
  return std::shared_ptr<backend::Backend>(std::move(*opened));
}

Result<void, Refusal> Stores::resize(backend::Backend& backend, const config::Lun& lun) {
  auto* open_file = dynamic_cast<file::FileBackend*>(&backend);
  const auto* path = std::get_if<config::File>(&lun.store);
  if (open_file == nullptr || path == nullptr) return {};  // an image's size is seen by its watch
  const auto refreshed = open_file->refresh(path->size_bytes);
  if (!refreshed) return err(refusal_of(refreshed.error()));
  return {};
}

}  // namespace lungate::control
