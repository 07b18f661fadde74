// SPDX-License-Identifier: LGPL-2.1-or-later

// What the monitors say of pools. Called by Cluster on workers. The answer is another program's, of
// another version perhaps: what is not as expected is left out, and nothing throws.
#include "ceph/pool_fullness.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace lungate::ceph {
namespace {

using Json = nlohmann::json;

std::optional<std::uint64_t> number(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_number_unsigned()) return std::nullopt;
  return found->get<std::uint64_t>();
}

/// A pool is full when it has its quota, whatever room the disks have left. 0, or none: no quota.
std::uint64_t within_quota(std::uint64_t available, std::uint64_t stored,
                           std::optional<std::uint64_t> quota) {
  if (quota.value_or(0) == 0) return available;
  return std::min(available, *quota > stored ? *quota - stored : 0);
}

}  // namespace

std::optional<PoolFullnesses> read_df(std::string_view text) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  const auto pools = json.is_object() ? json.find("pools") : json.end();
  if (!json.is_object() || pools == json.end() || !pools->is_array()) return std::nullopt;
  PoolFullnesses all;
  for (const Json& pool : *pools) {
    if (!pool.is_object()) continue;
    const auto stats = pool.find("stats");
    if (stats == pool.end() || !stats->is_object()) continue;
    const auto id = number(pool, "id");
    const auto stored = number(*stats, "stored");
    const auto available = number(*stats, "max_avail");
    if (!id || !stored || !available) continue;
    const auto left = within_quota(*available, *stored, number(*stats, "quota_bytes"));
    all.emplace(static_cast<std::int64_t>(*id), PoolFullness{*stored, left});
  }
  return all;
}

}  // namespace lungate::ceph
