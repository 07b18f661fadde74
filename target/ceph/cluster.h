// SPDX-License-Identifier: LGPL-2.1-or-later

// One RADOS client: a connection to the cluster with its own instance number and addresses. Images
// share it (connections.h); a fence kills it, and with it all of them, for good.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "ceph/error.h"
#include "ceph/pool_fullness.h"
#include "ceph/vitals.h"

namespace lungate::ceph {

struct ClusterSettings {
  std::string conf_file;       // empty: where Ceph looks by itself
  std::string user = "admin";  // without "client."
  /// Options that the operator's ceph.conf must not decide for us are set by connect() (see the
  /// table in cluster.cc); these come after them, for tests and measurements.
  std::vector<std::pair<std::string, std::string>> overrides;
  /// Told what all connections of these settings see; never null.
  std::shared_ptr<Vitals> vitals = std::make_shared<Vitals>();
};

class Cluster {
 public:
  /// Blocks for at most limits::kCephConnectTimeout: workers only.
  /// Errors: kUnreachable, kNotFound (no conf file), kDenied (cephx), kFailed.
  static Result<std::shared_ptr<Cluster>, Error> connect(const ClusterSettings& settings);

  /// Blocks; a fenced client is shut down on a thread of its own that nobody waits for (on this one
  /// where the machine gives none).
  ~Cluster();
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  /// The cluster's identity, a UUID as text.
  const std::string& fsid() const { return fsid_; }
  /// "client.4123": this RADOS client as locks and watches name it. Unique while the cluster lives.
  const std::string& client() const { return client_; }
  /// What a fence of this client has to name, as rados_getaddrs gives it.
  const std::string& addresses() const { return addresses_; }
  /// The value of a configuration option as this client sees it; empty when there is none.
  std::string option(const std::string& name) const;

  /// Refuses every operation of that client from now on, on all OSDs, for limits::kFenceTime, and
  /// returns when this client has seen the osdmap that says so. Blocks (a second): workers only.
  ///
  /// The monitors ignore a longer time for a client that is on the list already (16.2: they answer
  /// with the new time and keep the old one), so such an entry is removed first. The client may
  /// slip through in between. REQUIRES therefore: what is fenced for still names that client as its
  /// holder, so that whatever lands then has landed before its successor's first write.
  Result<void, Error> fence(const std::string& address);
  /// This client's osdmap is at least as new as the monitors' now. Blocks: workers only.
  Result<void, Error> wait_for_newest_map();

  /// How full the pool is; nothing: the monitors do not know it (yet). Blocks for at most
  /// limits::kCephCommandTimeout: workers only. An answer is at most limits::kPoolFullnessAge old.
  Result<std::optional<PoolFullness>, Error> pool_fullness(std::int64_t pool_id);

  /// Any thread. Says that an operation came back with "blocklisted": the client is dead for good.
  /// The first call tells the observers, on the caller's thread.
  void mark_fenced() noexcept;
  bool fenced() const noexcept { return fenced_.load(std::memory_order_acquire); }

  /// `told` is called once, on any thread, when the client is found fenced; it must not block.
  /// Any thread. After unobserve() has returned it is not called any more.
  std::uint64_t observe(std::function<void()> told);
  void unobserve(std::uint64_t id);

  /// Held by this object until its RADOS client has been shut down, after which that client can
  /// write nothing more. Copies are meant to be weak.
  const std::shared_ptr<const void>& alive() const { return alive_; }
  const std::shared_ptr<Vitals>& vitals() const { return vitals_; }
  /// The rados_t, for this room.
  void* handle() const { return handle_; }

 private:
  Cluster(void* handle, std::shared_ptr<Vitals> vitals)
      : handle_(handle), vitals_(std::move(vitals)) {}
  Result<void, Error> read_identity();
  Result<std::string, Error> command(const std::string& json, std::string_view doing);

  // Constant after connect().
  void* handle_;  // the rados_t; librados' own calls on it are thread-safe
  const std::shared_ptr<Vitals> vitals_;
  const std::shared_ptr<const void> alive_ = std::make_shared<int>();
  std::string fsid_;
  std::string client_;
  std::string addresses_;

  std::mutex df_mutex_;  // held while the monitors are asked: who comes meanwhile shares the answer
  PoolFullnesses df_;
  BootTime df_from_;  // 0: never

  // Any thread.
  std::atomic<bool> fenced_{false};  // never goes back: a fenced client does not recover
  std::mutex mutex_;  // held while observers are called, so that unobserve() waits for them
  std::map<std::uint64_t, std::function<void()>> observers_;
  std::uint64_t next_observer_ = 1;
};

}  // namespace lungate::ceph
