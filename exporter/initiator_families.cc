// SPDX-License-Identifier: LGPL-2.1-or-later

// Who does what on which LUN. Part of add_gateway(), on the page thread. The one family whose label
// is a peer's name: cleaned by the reader, bounded by the segment, empty for all those that got no
// slot of their own. A target that does not count initiators shows none of this.
#include "exporter/families.h"

namespace lungate::exporter {

using namespace telemetry::metrics;
using telemetry::index_of;
using telemetry::OpClass;

void add_initiators(Page& page, const telemetry::Snapshot& snapshot) {
  for (const telemetry::NexusSnapshot& nexus : snapshot.nexuses) {
    const Labels labels =
        with(labels_of_lun(snapshot, snapshot.luns[nexus.lun]), "initiator", nexus.initiator);
    for (std::size_t op = 0; op < telemetry::kOpClasses; ++op) {
      const Labels of_op = with(labels, "op", telemetry::kOpClassNames[op]);
      page.add(kInitiatorOps, of_op, static_cast<double>(nexus.ops[op]));
      page.add(kInitiatorLatency, of_op, seconds(nexus.latency_ns[op]));
    }
    for (const OpClass op : {OpClass::kRead, OpClass::kWrite}) {
      page.add(kInitiatorBytes, with(labels, "direction", telemetry::kOpClassNames[index_of(op)]),
               static_cast<double>(nexus.bytes[index_of(op)]));
    }
    page.add(kInitiatorSlowOps, labels, static_cast<double>(nexus.slow));
    page.add(kInitiatorErrors, labels, static_cast<double>(nexus.errors));
  }
}

}  // namespace lungate::exporter
