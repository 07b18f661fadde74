// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "ceph/cluster.h"
#include "ceph/error.h"

namespace lungate::ceph {

/// A pool and a namespace in it, seen through one connection; and the few things that we do there
/// with RADOS objects of our own. Every call blocks until the cluster answers: workers only. A call
/// hangs while the object's placement group has no OSD; run_bounded (bounded.h) is for that.
class Pool {
 public:
  /// Errors: kNotFound, kDenied, kUnreachable, kFenced.
  static Result<Pool, Error> open(std::shared_ptr<Cluster> cluster, const std::string& pool,
                                  const std::string& name_space);
  Pool(Pool&& other) noexcept;
  Pool& operator=(Pool&& other) noexcept;
  ~Pool();

  const std::shared_ptr<Cluster>& cluster() const { return cluster_; }
  std::int64_t id() const;

  /// One key of an object's omap. The object is made when it is missing.
  Result<void, Error> put(const std::string& object, const std::string& key,
                          const std::string& value);
  Result<std::optional<std::string>, Error> get(const std::string& object, const std::string& key);
  /// At most `keys_max` keys with their values, in the order of the keys; empty when the object
  /// is missing.
  Result<std::map<std::string, std::string>, Error> list(const std::string& object,
                                                         std::size_t keys_max);
  Result<void, Error> erase(const std::string& object, const std::vector<std::string>& keys);

  /// A change of an object's omap that happens whole, or not at all.
  struct Change {
    std::string key;       // must have just this value,
    std::string expected;  // or not be there if this is empty
    std::map<std::string, std::string> set;
    std::vector<std::string> remove;  // none of `set`; those that are not there are no error
  };
  /// False: the key has another value, and nothing was changed. The object is made when it is
  /// missing. After kUnreachable nobody knows whether it was changed.
  Result<bool, Error> change(const std::string& object, const Change& change);

  /// Who holds a lock of RADOS' lock class on an object.
  struct Locker {
    std::string client;  // "client.4123"
    std::string cookie;
    std::string address;  // as a fence has to name it
  };
  Result<std::vector<Locker>, Error> lockers(const std::string& object, const std::string& lock);
  /// Takes exactly this holder's lock away; somebody else's that has come meanwhile stays.
  Result<void, Error> break_lock(const std::string& object, const std::string& lock,
                                 const Locker& holder);

  /// The rados_ioctx_t, for this room.
  void* handle() const { return handle_; }

 private:
  Pool(std::shared_ptr<Cluster> cluster, void* handle)
      : cluster_(std::move(cluster)), handle_(handle) {}

  std::shared_ptr<Cluster> cluster_;
  void* handle_ = nullptr;
};

}  // namespace lungate::ceph
