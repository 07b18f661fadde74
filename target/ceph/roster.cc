// SPDX-License-Identifier: LGPL-2.1-or-later

// The roster: reading and writing the omap in which this gateway's RADOS clients are noted, and
// fencing those that are no more. Called by lock.cc on the thread that opens an image; abandon() by
// whoever has been told "blocklisted". An entry that cannot be read is a stranger's: its image
// stays offline until an operator looks, which is safe.
//
// Which lock covers what: everything of one pool and namespace is done one after another under that
// place's mutex, for two images that open together would enlist (or fence) twice. The mutex is held
// over I/O that may hang for ever, so it is one per place: a pool without an OSD must take its own
// LUNs offline and nobody else's. The monitors are one for all pools, and limited in time
// (rados_mon_op_timeout): fencing goes through one mutex.
#include "ceph/roster.h"

#include <rados/librados.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/limits.h"

namespace lungate::ceph {

Roster::Roster(std::string gateway)
    : gateway_(std::move(gateway)), object_("lungate.gateway." + gateway_), here_(this_process()) {}

std::shared_ptr<Roster::Place> Roster::place_of(Pool& pool) {
  std::array<char, 256> name_space{};
  rados_ioctx_get_namespace(pool.handle(), name_space.data(), name_space.size());
  const std::string key =
      pool.cluster()->client() + " " + std::to_string(pool.id()) + "/" + name_space.data();
  const std::lock_guard lock(mutex_);
  if (!known(pool.cluster()->client())) {
    bury_gone();
    alive_.emplace(pool.cluster()->client(), pool.cluster()->alive());
  }
  std::shared_ptr<Place>& place = places_[key];
  if (place == nullptr) place = std::make_shared<Place>();
  return place;
}

bool Roster::known(const std::string& client) const {
  return alive_.contains(client) || std::find(gone_.begin(), gone_.end(), client) != gone_.end();
}

// A client that has gone enlists nowhere any more: only its name is kept, so that its locks may be
// taken over. There are as many names as former instances elsewhere; one that is forgotten is taken
// for one that may still write, which is safe.
void Roster::bury_gone() {
  for (auto client = alive_.begin(); client != alive_.end();) {
    if (!client->second.expired()) {
      ++client;
      continue;
    }
    const std::string prefix = client->first + " ";
    std::erase_if(places_, [&](const auto& place) { return place.first.starts_with(prefix); });
    gone_.push_back(client->first);
    client = alive_.erase(client);
  }
  while (gone_.size() > limits::kFormerInstancesMax) gone_.pop_front();
}

Result<void, Error> Roster::enlist(Pool& pool) {
  // Noted as done only when all of it was done: a failed attempt is repeated by the next image.
  const std::shared_ptr<Place> place = place_of(pool);
  const std::lock_guard lock(place->mutex);
  if (place->enlisted) return {};
  Instance instance = here_;
  instance.client = pool.cluster()->client();
  instance.address = pool.cluster()->addresses();
  if (auto done = pool.put(object_, instance.client, encode(instance)); !done) return done;
  if (auto done = forget_old(pool); !done) return done;
  place->enlisted = true;
  return {};
}

Result<std::optional<Instance>, Error> Roster::find(Pool& pool, const std::string& client) {
  auto value = pool.get(object_, client);
  if (!value) return err(std::move(value.error()));
  if (!*value) return std::optional<Instance>{};
  auto instance = decode(**value);
  // What cannot be read is treated as a stranger's: never broken.
  if (!instance || instance->client != client) return std::optional<Instance>{};
  return instance;
}

void Roster::abandon(const std::string& client) {
  const std::lock_guard lock(mutex_);
  if (const auto found = alive_.find(client); found != alive_.end())
    found->second.reset();
  else if (!known(client))
    gone_.push_back(client);
}

bool Roster::in_use(const std::string& client) const {
  const std::lock_guard lock(mutex_);
  const auto found = alive_.find(client);
  return found != alive_.end() ? !found->second.expired() : !known(client);
}

std::size_t Roster::remembered() const {
  const std::lock_guard lock(mutex_);
  return alive_.size() + places_.size();
}

Result<void, Error> Roster::fence(Pool& pool, const Instance& instance) {
  const std::shared_ptr<Place> place = place_of(pool);
  const std::lock_guard lock(place->mutex);
  auto current = find(pool, instance.client);  // another worker may have done it meanwhile
  if (!current) return err(std::move(current.error()));
  if (*current && (*current)->fenced) return pool.cluster()->wait_for_newest_map();
  // Fence first, note second: a crash in between costs one fence too many, never one too few.
  if (auto done = fence_once(*pool.cluster(), instance.address); !done) return done;
  Instance fenced = instance;
  fenced.fenced = true;
  return pool.put(object_, fenced.client, encode(fenced));
}

/// A client that had images in two pools is found in both, and must not be fenced for the second:
/// Cluster::fence() may let it slip through for a moment, and its first pool's images have been
/// taken over by then.
Result<void, Error> Roster::fence_once(Cluster& by, const std::string& address) {
  const std::lock_guard lock(fencing_mutex_);
  if (fenced_.contains(address)) return by.wait_for_newest_map();
  if (auto done = by.fence(address); !done) return done;
  fenced_.insert(address);
  return {};
}

/// Keeps the roster bounded. An instance that is forgotten while it still holds a lock becomes a
/// stranger: its image stays offline until an operator looks, which is safe.
Result<void, Error> Roster::forget_old(Pool& pool) {
  auto entries = pool.list(object_, 2 * limits::kFormerInstancesMax);
  if (!entries) return err(std::move(entries.error()));
  if (entries->size() <= limits::kFormerInstancesMax) return {};
  std::vector<std::pair<std::uint64_t, std::string>> old;  // unreadable ones first: age 0
  for (const auto& [client, value] : *entries) {
    const auto instance = decode(value);
    if (instance && same_process(*instance, here_)) continue;
    old.emplace_back(instance ? instance->enlisted_s : 0, client);
  }
  std::sort(old.begin(), old.end());
  const std::size_t surplus = entries->size() - limits::kFormerInstancesMax;
  std::vector<std::string> clients;
  for (std::size_t i = 0; i < std::min(surplus, old.size()); ++i) clients.push_back(old[i].second);
  return clients.empty() ? Result<void, Error>{} : pool.erase(object_, clients);
}

}  // namespace lungate::ceph
