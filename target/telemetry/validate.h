// SPDX-License-Identifier: LGPL-2.1-or-later

// The segment is input: it may come from another release, a dying process, a full disk or a hostile
// hand. Here its header is held against everything that the layout promises; what has passed needs
// no further checks of offsets, strides or counts.
#pragma once

#include "base/limits.h"
#include "base/result.h"
#include "telemetry/fault.h"
#include "telemetry/layout.h"
#include "telemetry/source.h"

namespace lungate::telemetry {

/// Reads the header and checks every field. On success
///   - all tables lie inside the source (as long as that does not shrink), apart from each other,
///     with strides that hold the structs that we know; those since 2.3 may be absent (count 0);
///   - there are 1 to kLoopsReadMax loops, one shard per slot and loop, slow records in equal
///     shares for all loops, and the numbers of slots used are in range;
///   - `gateway` and `version` end with a zero byte within their fields.
Result<layout::Header, ReadError> read_header(const Source& source);

/// What a reader takes: this build's own maxima and half as much again, for a writer that is newer
/// than its reader. A segment that promises more is damaged or hostile, and a table of slots that
/// are all in use would cost the reader its memory, and with it the pages of all other gateways.
inline constexpr std::uint64_t kLoopsReadMax = 2 * limits::kLoopsMax;
inline constexpr std::uint64_t kSlotsReadMax = limits::kLunSlots * 3 / 2;
inline constexpr std::uint64_t kNexusSlotsReadMax =
    (limits::kNexusSlots + limits::kLunSlots) * 3 / 2;
inline constexpr std::uint64_t kPortalsReadMax = 256;
inline constexpr std::uint64_t kSlowPerLoopReadMax = 2 * layout::kSlowRecords;
inline constexpr std::uint64_t kStrideMax = 1024 * 1024;

}  // namespace lungate::telemetry
