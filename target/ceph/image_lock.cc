// SPDX-License-Identifier: LGPL-2.1-or-later

// The exclusive lock as calls, without the rules (those are lock.cc's). Called on workers and, for
// lock_holder(), in librbd's callback for changes; all of it asks the cluster and may wait for
// ever. The cluster's answers are values; what this process believes about its lock is not asked
// where it matters, for librbd's belief may be old.
#include <rbd/librbd.h>

#include <array>
#include <cerrno>

#include "base/limits.h"
#include "ceph/image.h"

namespace lungate::ceph {
namespace {

// Where librbd keeps the exclusive lock of an image of format 2 (format 1 has none).
constexpr const char* kLockName = "rbd_lock";
std::string header_object(const ImageFacts& facts) {
  return "rbd_header." + facts.id;
}

}  // namespace

// Not librbd's own list: that is as old as its last look at the header.
Result<std::optional<Pool::Locker>, Error> Image::lock_holder() {
  auto lockers = pool_.lockers(header_object(facts_), kLockName);
  if (!lockers) return err(std::move(lockers.error()));
  if (lockers->empty()) return std::optional<Pool::Locker>{};
  return std::optional<Pool::Locker>{lockers->front()};
}

Result<bool, Error> Image::watched_by(const std::string& client) const {
  std::array<rbd_image_watcher_t, limits::kWatchersMax> watchers{};
  std::size_t count = watchers.size();
  if (const int r = rbd_watchers_list(handle_, watchers.data(), &count); r < 0)
    return err(error_of(r, "list the image's watchers"));
  bool found = false;
  for (std::size_t i = 0; i < count; ++i)
    found = found || "client." + std::to_string(watchers[i].id) == client;
  rbd_watchers_list_cleanup(watchers.data(), count);
  return found;
}

// With the first rbd_lock_acquire librbd leaves its automatic mode for good: it refuses those who
// ask for the lock, and fails our writes with EROFS instead of asking others for it.
Result<void, Error> Image::acquire_lock() {
  if (const int r = rbd_lock_acquire(handle_, RBD_LOCK_MODE_EXCLUSIVE); r < 0)
    return err(error_of(r, "take the image's lock"));
  if (!owns_lock()) return err(Error{Cause::kLocked, 0, "the image's lock went to somebody else"});
  return {};
}

// Not rbd_lock_break: that blocklists the holder by itself, or (by an option) anybody it breaks.
Result<void, Error> Image::break_lock(const Pool::Locker& holder) {
  return pool_.break_lock(header_object(facts_), kLockName, holder);
}

void Image::release_lock() noexcept {
  rbd_lock_release(handle_);
}

bool Image::owns_lock() const noexcept {
  int owner = 0;
  return rbd_is_exclusive_lock_owner(handle_, &owner) == 0 && owner != 0;
}

}  // namespace lungate::ceph
