// SPDX-License-Identifier: LGPL-2.1-or-later

// Which RADOS clients are, or have been, this gateway. After a kill -9 the lock of an image names a
// client that no longer exists; the roster is how the next process knows it for its predecessor.
//
// It is the omap of one object per gateway name, "lungate.gateway.NAME", in the pool and namespace
// of the image (so that the gateway needs no rights elsewhere): key "client.4123", value as
// instance.h encodes it. A client is entered before it takes its first lock there.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "base/result.h"
#include "ceph/error.h"
#include "ceph/instance.h"
#include "ceph/pool.h"

namespace lungate::ceph {

class Roster {
 public:
  explicit Roster(std::string gateway);

  const std::string& gateway() const { return gateway_; }
  /// This process.
  const Instance& here() const { return here_; }

  // Any thread; all block until the cluster answers: workers only. A pool that does not answer
  // (a placement group without an OSD) holds up who asks for that pool and namespace, nobody else.

  /// Enters the pool's connection. Does nothing when that has been done in this pool and namespace.
  Result<void, Error> enlist(Pool& pool);
  /// The instance of this gateway that was that client; nothing: it was none of ours.
  Result<std::optional<Instance>, Error> find(Pool& pool, const std::string& client);
  /// Says that a connection of this process was found fenced. Whoever did it may have meant an hour
  /// only: its locks may be taken over, after a fence of our own. Any thread, does not block.
  void abandon(const std::string& client);
  /// Whether that client of this process may still do I/O. False once its connection has been
  /// closed or abandoned; true when this roster has never seen it.
  bool in_use(const std::string& client) const;
  /// What it keeps of this process' clients beside the names of those that have gone; for tests.
  std::size_t remembered() const;
  /// Fences the instance's client, unless that has been done before, and notes it, so that a client
  /// is fenced once and not once per image. When it returns, the pool's connection has seen the
  /// osdmap that says so. Takes a second. REQUIRES: the instance has ended or has lost touch.
  Result<void, Error> fence(Pool& pool, const Instance& instance);

 private:
  /// A pool's namespace, seen by one of our clients.
  struct Place {
    std::mutex mutex;  // one enlistment or fence at a time; held over I/O of this pool
    bool enlisted = false;
  };

  std::shared_ptr<Place> place_of(Pool& pool);
  bool known(const std::string& client) const;  // REQUIRES: mutex_ is held, as does the next
  void bury_gone();
  Result<void, Error> forget_old(Pool& pool);
  Result<void, Error> fence_once(Cluster& by, const std::string& address);

  // Constant after construction.
  const std::string gateway_;
  const std::string object_;  // the name of the object
  const Instance here_;

  // Taken in this order, where more than one is: a place's, fencing_mutex_, mutex_.
  std::mutex fencing_mutex_;      // held over calls to the monitors, whose time is limited
  std::set<std::string> fenced_;  // addresses that this process has fenced; guarded by it
  mutable std::mutex mutex_;      // guards what follows; never held over a call
  std::map<std::string, std::shared_ptr<Place>> places_;    // by "client.4123 3/namespace"
  std::map<std::string, std::weak_ptr<const void>> alive_;  // this process' clients, from enlist()
  std::deque<std::string> gone_;  // those that are no more, the oldest first
};

}  // namespace lungate::ceph
