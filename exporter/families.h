// SPDX-License-Identifier: LGPL-2.1-or-later

// What a snapshot looks like on the page. Called by the collector only, on the page thread; pure
// but for the page that they fill.
#pragma once

#include "exporter/page.h"
#include "telemetry/snapshot.h"

namespace lungate::exporter {

/// Everything that carries the snapshot's gateway name: the process, its loops, its LUNs.
/// Texts of a snapshot are clean (reader.h), so they may be label values as they are.
void add_gateway(Page& page, const telemetry::Snapshot& snapshot);

// Parts of add_gateway(): one LUN, all initiators, all portals.
void add_lun(Page& page, const telemetry::Snapshot& snapshot, const telemetry::LunSnapshot& lun);
void add_initiators(Page& page, const telemetry::Snapshot& snapshot);
void add_portals(Page& page, const telemetry::Snapshot& snapshot);

/// The three labels that every series of a LUN begins with: gateway, target, lun.
Labels labels_of_lun(const telemetry::Snapshot& snapshot, const telemetry::LunSnapshot& lun);

}  // namespace lungate::exporter
