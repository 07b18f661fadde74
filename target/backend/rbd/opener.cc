// SPDX-License-Identifier: LGPL-2.1-or-later

// Opening images, each on a thread of its own that may hang for ever while its callers wait for a
// limited time. Called by control's workers. All that can go wrong outside comes back as an
// OpenError; what an attempt had taken when it failed (connection, handle, lock) it gives back.
//
// An attempt is the entry of its image's name in Shared::attempts, from its thread's beginning:
//
//   under way, waited for --outcome--> ended --the last waiting caller takes it and erases it
//      |  ^
//      |  +- open() again: joins it, so that a hung cluster costs one thread per image
//      v last caller's time is up
//   under way, orphaned ---outcome--> the attempt erases itself, and closes what it has opened
//
// Threads are thus bounded by the LUNs (limits::kLunsMax), and only a hung cluster has that many.
// Whoever erases does so under the mutex, and there is always exactly one who does: the attempt if
// nobody waits at the moment it ends, else the last caller. Of several callers one gets the backend
// and the others "opened by another caller", which is the truth.
#include "backend/rbd/opener.h"

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "backend/rbd/rbd_backend.h"
#include "base/limits.h"
#include "base/thread.h"
#include "ceph/lock.h"

namespace lungate::backend::rbd {

using Outcome = Result<std::unique_ptr<Backend>, OpenError>;

/// One attempt to open one image, on a thread of its own. Guarded by Shared::mutex.
struct Opener::Attempt {
  int waiting = 0;
  std::optional<Outcome> outcome;
};

struct Opener::Shared {
  Shared(ceph::ClusterSettings settings, std::uint32_t images_per_connection,
         const std::string& gateway)
      : vitals(settings.vitals),
        connections(std::move(settings), images_per_connection),
        roster(std::make_shared<ceph::Roster>(gateway)) {}

  Outcome open(const Options& options);
  OpenError failed(ceph::Cluster& cluster, OpenError error);
  void attempt(const std::string& name, const Options& options);

  const std::shared_ptr<ceph::Vitals> vitals;
  ceph::Connections connections;
  const std::shared_ptr<ceph::Roster> roster;
  std::mutex mutex;
  std::condition_variable ended;
  std::map<std::string, Attempt> attempts;  // by image: under way, or ended and waited for
};

namespace {

OpenError timed_out(const Options& options) {
  return {ceph::Cause::kUnreachable, 0,
          "the cluster has not answered for " + std::to_string(options.timeout.count()) +
              " ms while opening image " + to_string(options.image)};
}

}  // namespace

/// A connection that turns out to be fenced is handed to nobody any more: the next try gets
/// another.
OpenError Opener::Shared::failed(ceph::Cluster& cluster, OpenError error) {
  if (error.cause == ceph::Cause::kFenced) {
    roster->abandon(cluster.client());
    cluster.mark_fenced();
  }
  return error;
}

// Whatever fails gives back what was taken before: closing the image releases its lock, and the
// last image closes the connection.
Outcome Opener::Shared::open(const Options& options) {
  auto cluster = connections.lease();
  if (!cluster) return err(std::move(cluster.error()));
  auto image = ceph::Image::open(*cluster, options.image, !options.read_only);
  if (!image) return err(failed(**cluster, std::move(image.error())));
  if (!options.read_only) {
    if (auto held = ceph::take_lock(**image, *roster); !held)
      return err(failed(**cluster, std::move(held.error())));
  }
  auto backend = RbdBackend::serve(std::move(*image), roster, options.read_only);
  if (!backend) return err(failed(**cluster, std::move(backend.error())));
  return std::unique_ptr<Backend>(std::move(*backend));
}

/// On the attempt's own thread. What nobody waits for any more is closed again.
void Opener::Shared::attempt(const std::string& name, const Options& options) {
  Outcome outcome = open(options);
  const std::lock_guard lock(mutex);
  const auto place = attempts.find(name);
  if (place->second.waiting == 0) {
    attempts.erase(place);
    return;  // the outcome, and with it the backend, goes after the lock has been given back
  }
  place->second.outcome.emplace(std::move(outcome));
  ended.notify_all();
}

Opener::Opener(ceph::ClusterSettings settings, std::uint32_t images_per_connection,
               const std::string& gateway)
    : shared_(std::make_shared<Shared>(std::move(settings), images_per_connection, gateway)) {}

Opener::~Opener() = default;

Outcome Opener::open(const Options& options) {
  if (!options.image.snapshot.empty() && !options.read_only) {
    return err(OpenError{ceph::Cause::kUnfit, 0,
                         "snapshot " + to_string(options.image) + " can only be read"});
  }
  const std::string name = to_string(options.image) + (options.read_only ? " ro" : " rw");
  std::unique_lock lock(shared_->mutex);
  const auto [place, fresh] = shared_->attempts.try_emplace(name);
  Attempt& attempt = place->second;
  const auto work = [shared = shared_, name, options] { shared->attempt(name, options); };
  if (fresh && !start_detached("lg-open", work)) {
    shared_->attempts.erase(place);
    return err(OpenError{ceph::Cause::kFailed, EAGAIN,
                         "the machine gives no thread to open image " + to_string(options.image)});
  }
  ++attempt.waiting;
  const auto patience =
      fresh ? options.timeout
            : std::min<decltype(options.timeout)>(options.timeout, limits::kJoinedAttemptPatience);
  const bool in_time =
      shared_->ended.wait_for(lock, patience, [&] { return attempt.outcome.has_value(); });
  --attempt.waiting;
  if (!in_time) {
    shared_->vitals->gave_up();
    return err(timed_out(options));
  }
  Outcome outcome = std::move(*attempt.outcome);
  attempt.outcome.emplace(err(OpenError{ceph::Cause::kLocked, 0, "opened by another caller"}));
  if (attempt.waiting == 0) shared_->attempts.erase(name);
  return outcome;
}

const ceph::Vitals& Opener::vitals() const {
  return *shared_->vitals;
}

std::size_t Opener::connections() const {
  return shared_->connections.count();
}

}  // namespace lungate::backend::rbd
