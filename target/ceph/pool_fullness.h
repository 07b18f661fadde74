// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>

namespace lungate::ceph {

/// Of one pool, in bytes of user data: what is stored, and what still could be until the first OSD
/// or a quota is full. Both as the monitors tell them, seconds old.
struct PoolFullness {
  std::uint64_t stored_bytes = 0;
  std::uint64_t available_bytes = 0;
  friend bool operator==(const PoolFullness&, const PoolFullness&) = default;
};
using PoolFullnesses = std::map<std::int64_t, PoolFullness>;  // by pool id

/// From the monitors' answer to "df" in JSON. Nothing: it is not the form that we know. Pools
/// without both numbers are left out.
std::optional<PoolFullnesses> read_df(std::string_view json);

}  // namespace lungate::ceph
