// SPDX-License-Identifier: LGPL-2.1-or-later
// Allocations of this program's tests, as allocations.cc sees them; of the calling thread alone.
#pragma once

#include <cstdint>

namespace lungate::telemetry {

std::uint64_t allocations();

/// The one behind the next `spared` throws std::bad_alloc, once.
void fail_allocation_after(std::uint64_t spared);
/// Whether it has; from here on none fails.
bool allocation_has_failed();

}  // namespace lungate::telemetry
