// SPDX-License-Identifier: LGPL-2.1-or-later

// The parts of decode() that have a file of their own. Internal to the room. Each adds to a
// snapshot whose LUNs are there already, and REQUIRES a header that read_header() has passed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/result.h"
#include "telemetry/fault.h"
#include "telemetry/layout.h"
#include "telemetry/snapshot.h"
#include "telemetry/source.h"

namespace lungate::telemetry::detail {

/// Where the LUN of (slot, generation) is in snapshot.luns; nothing when it is gone, or was never.
class LunIndex {
 public:
  explicit LunIndex(const Snapshot& snapshot);
  std::optional<std::size_t> find(std::uint64_t slot, std::uint64_t generation) const;

 private:
  const Snapshot& snapshot_;
  std::vector<std::size_t> by_slot_;  // position + 1; 0: none
};

Result<void, ReadError> decode_nexuses(const Source& source, const layout::Header& header,
                                       const LunIndex& luns, Snapshot& snapshot);
Result<void, ReadError> decode_portals(const Source& source, const layout::Header& header,
                                       Snapshot& snapshot);
Result<void, ReadError> decode_slow(const Source& source, const layout::Header& header,
                                    const LunIndex& luns, Snapshot& snapshot);

}  // namespace lungate::telemetry::detail
