// SPDX-License-Identifier: LGPL-2.1-or-later

// The segment is input: it may come from another release, a dying process, a full disk or a hostile
// hand. Here its header is held against everything that the layout promises; what has passed needs
// no further checks of offsets, strides or counts.
#pragma once

#include "base/result.h"
#include "telemetry/fault.h"
#include "telemetry/layout.h"
#include "telemetry/source.h"

namespace lungate::telemetry {

/// Reads the header and checks every field. On success
///   - all tables lie inside the source (as long as that does not shrink), apart from each other,
///     with strides that hold the structs that we know; those since 2.3 may be absent (count 0);
///   - there are 1 to kLoopsReadMax loops, one shard per slot and loop, the numbers of slots used
///   in
///     range, slow records in equal shares for all loops;
///   - `gateway` and `version` end with a zero byte within their fields.
Result<layout::Header, ReadError> read_header(const Source& source);

/// More loops than any target of ours runs: a bound for a reader that is older than its writer.
inline constexpr std::uint64_t kLoopsReadMax = 64;
inline constexpr std::uint64_t kSlotsReadMax = 4096;
inline constexpr std::uint64_t kNexusSlotsReadMax = 32 * 1024;
inline constexpr std::uint64_t kPortalsReadMax = 1024;
inline constexpr std::uint64_t kSlowPerLoopReadMax = 4096;
inline constexpr std::uint64_t kStrideMax = 1024 * 1024;

}  // namespace lungate::telemetry
