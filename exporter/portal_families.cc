// SPDX-License-Identifier: LGPL-2.1-or-later

// What comes and goes through each portal: the paths of multipath. Part of add_gateway(), on the
// page thread. Portals are the configuration's, so there are few, and they stay.
#include "exporter/families.h"

namespace lungate::exporter {

using namespace telemetry::metrics;

void add_portals(Page& page, const telemetry::Snapshot& snapshot) {
  for (const telemetry::PortalSnapshot& portal : snapshot.portals) {
    const Labels labels = with(with({}, "gateway", snapshot.gateway), "portal", portal.address);
    const Labels in = with(labels, "direction", "receive");
    const Labels out = with(labels, "direction", "send");
    page.add(kPortalConnections, labels, static_cast<double>(portal.connections));
    page.add(kPortalAccepted, labels, static_cast<double>(portal.accepted));
    page.add(kPortalPdus, in, static_cast<double>(portal.pdus_received));
    page.add(kPortalPdus, out, static_cast<double>(portal.pdus_sent));
    page.add(kPortalBytes, in, static_cast<double>(portal.bytes_received));
    page.add(kPortalBytes, out, static_cast<double>(portal.bytes_sent));
    page.add(kPortalRetransmitted, labels, static_cast<double>(portal.bytes_retransmitted));
    page.add(kPortalOutOfOrder, labels, static_cast<double>(portal.segments_out_of_order));
  }
}

}  // namespace lungate::exporter
