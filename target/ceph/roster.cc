// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ceph/roster.h"

#include <rados/librados.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/limits.h"

namespace lungate::ceph {
namespace {

std::string place_of(Pool& pool) {
  std::array<char, 256> name_space{};
  rados_ioctx_get_namespace(pool.handle(), name_space.data(), name_space.size());
  return pool.cluster()->client() + " " + std::to_string(pool.id()) + "/" + name_space.data();
}

}  // namespace

Roster::Roster(std::string gateway)
    : gateway_(std::move(gateway)), object_("lungate.gateway." + gateway_), here_(this_process()) {}

Result<void, Error> Roster::enlist(Pool& pool) {
  // Noted as done only when all of it was done: a failed attempt is repeated by the next image.
  const std::lock_guard lock(mutex_);
  const std::string place = place_of(pool);
  if (enlisted_.contains(place)) return {};
  {
    const std::lock_guard guard(alive_mutex_);
    alive_.try_emplace(pool.cluster()->client(), pool.cluster()->alive());
  }
  Instance instance = here_;
  instance.client = pool.cluster()->client();
  instance.address = pool.cluster()->addresses();
  if (auto done = pool.put(object_, instance.client, encode(instance)); !done) return done;
  if (auto done = forget_old(pool); !done) return done;
  enlisted_.insert(place);
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
  const std::lock_guard lock(alive_mutex_);
  alive_[client].reset();
}

bool Roster::in_use(const std::string& client) const {
  const std::lock_guard lock(alive_mutex_);
  const auto known = alive_.find(client);
  return known == alive_.end() || !known->second.expired();
}

Result<void, Error> Roster::fence(Pool& pool, const Instance& instance) {
  const std::lock_guard lock(mutex_);
  auto current = find(pool, instance.client);  // another worker may have done it meanwhile
  if (!current) return err(std::move(current.error()));
  if (*current && (*current)->fenced) return pool.cluster()->wait_for_newest_map();
  // Fence first, note second: a crash in between costs one fence too many, never one too few.
  if (auto done = pool.cluster()->fence(instance.address); !done) return done;
  Instance fenced = instance;
  fenced.fenced = true;
  return pool.put(object_, fenced.client, encode(fenced));
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
