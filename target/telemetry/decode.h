// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "telemetry/fault.h"
#include "telemetry/layout.h"
#include "telemetry/snapshot.h"
#include "telemetry/source.h"

namespace lungate::telemetry {

/// The gateway's name, cleaned as all texts are.
std::string gateway_of(const layout::Header& header);

/// Reads the tables that `header` describes and merges the shards. `alive` is left false: a source
/// does not know whether its writer lives.
/// REQUIRES: `header` came from read_header(source). The source may shrink or change meanwhile:
/// that is an error, or a slot that is left out, and nothing worse.
Result<Snapshot, ReadError> decode(const Source& source, const layout::Header& header,
                                   BootTime now);

}  // namespace lungate::telemetry
