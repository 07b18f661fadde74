// SPDX-License-Identifier: LGPL-2.1-or-later

// The header of a new segment: who writes, and where everything will stand.
#pragma once

#include "telemetry/layout.h"
#include "telemetry/segment.h"

namespace lungate::telemetry {

/// The first page as it is published, but for its state. Another generation each time.
/// REQUIRES: the plan is within the limits that segment.h names.
layout::Header make_header(const SegmentPlan& plan);

}  // namespace lungate::telemetry
