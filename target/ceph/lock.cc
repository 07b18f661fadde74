// SPDX-License-Identifier: LGPL-2.1-or-later

// Taking an image's exclusive lock by the rules that lock.h lists. Called by the Opener on its
// attempt's thread, once per image that is opened for writing; every call may block for ever. What
// stands in the way is a sentence that names the holder, for the operator decides by it. In doubt
// (unreadable, out of sight, a watch that lives) the answer is no: an image that stays offline can
// be helped, two writers cannot.
#include "ceph/lock.h"

#include "base/log.h"

namespace lungate::ceph {
namespace {

Error locked(std::string text) {
  return {Cause::kLocked, 0, std::move(text)};
}

/// Whether this instance of our gateway may be fenced. Its lock is still held.
Result<void, Error> must_be_gone(Image& image, const Roster& roster, const Instance& instance) {
  if (instance.fenced) return {};
  if (same_process(instance, roster.here())) {
    if (!roster.in_use(instance.client)) return {};
    return err(locked("already open in this gateway, as another LUN (" + instance.client + ")"));
  }
  switch (life_of(instance, roster.here())) {
    case Life::kEnded:
      return {};
    case Life::kRunning:
      return err(locked("locked by a running process that uses the same gateway name '" +
                        roster.gateway() + "': " + describe(instance)));
    case Life::kUnknown:
      break;
  }
  // Out of sight: the cluster's word. A live librbd always watches the image that it has locked.
  const auto alive = image.watched_by(instance.client);
  if (!alive) return err(alive.error());
  if (!*alive) return {};
  return err(locked("locked by an instance of gateway '" + roster.gateway() +
                    "' that still talks to Ceph: " + describe(instance)));
}

/// Fences and breaks what a former instance of this gateway has left.
Result<void, Error> clear(Image& image, Roster& roster, const Pool::Locker& holder) {
  auto instance = roster.find(image.pool(), holder.client);
  if (!instance) return err(std::move(instance.error()));
  if (!*instance) return err(locked("locked by " + holder.client + " at " + holder.address));
  if (auto gone = must_be_gone(image, roster, **instance); !gone) return gone;
  if (auto done = roster.fence(image.pool(), **instance); !done) return done;
  if (auto done = image.break_lock(holder); !done) return done;
  log::info("ceph", "took_over", {{"image", image.facts().id}, {"from", describe(**instance)}});
  return {};
}

}  // namespace

Result<void, Error> take_lock(Image& image, Roster& roster) {
  // Before the lock, never after: a crash in between must leave a lock that is known as ours.
  if (auto done = roster.enlist(image.pool()); !done) return done;
  auto holder = image.lock_holder();
  if (!holder) return err(std::move(holder.error()));
  if (*holder) {
    if (auto done = clear(image, roster, **holder); !done) return done;
  }
  return image.acquire_lock();
}

}  // namespace lungate::ceph
