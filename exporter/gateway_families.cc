// SPDX-License-Identifier: LGPL-2.1-or-later

// What one gateway shows: the process, its logins and sessions, its loops, then its LUNs
// (lun_families.cc). The collector calls it for each segment that could be read. Nothing here
// decides what is exported: which cell is which series stands in telemetry/catalog.cc, and
// collector_test.cc fails when a metric of the catalogue is not on the page.
#include <cstdio>

#include "exporter/families.h"

namespace lungate::exporter {
namespace {

using namespace telemetry::metrics;
using telemetry::ControlCell;
using telemetry::index_of;
using telemetry::Snapshot;

// The gateway's own histograms, for tails. Per LUN there are sums only: see kLunStageSeconds.
void add_stages(Page& page, const Snapshot& snapshot, const Labels& gateway) {
  for (std::size_t op = 0; op < telemetry::kOpClasses; ++op) {
    const Labels of_op = with(gateway, "op", telemetry::kOpClassNames[op]);
    for (std::size_t stage = 0; stage < telemetry::kStages; ++stage) {
      page.add(kStageDuration, with(of_op, "stage", telemetry::kStageNames[stage]),
               snapshot.stages[op][stage]);
    }
  }
}

// Ages are computed here, by the reader's clock at the moment of reading, so that they grow
// although the target hangs. A loop that waits for events has no turn, and its turn's age is 0, not
// missing: a series that comes and goes cannot be alerted on.
void add_loops(Page& page, const Snapshot& snapshot, const Labels& gateway) {
  for (std::size_t i = 0; i < snapshot.loops.size(); ++i) {
    const telemetry::LoopSnapshot& loop = snapshot.loops[i];
    const Labels labels = with(gateway, "loop", std::to_string(i));
    const bool in_turn = loop.turn_start.ns != 0;
    page.add(kLoopLag, labels, loop.lag);
    page.add(kLoopBusy, labels, seconds(loop.busy_ns));
    page.add(kLoopTurns, labels, static_cast<double>(loop.turns));
    page.add(kLoopTickAge, labels, seconds(snapshot.taken_at - loop.heartbeat));
    page.add(kLoopTurnAge, labels, in_turn ? seconds(snapshot.taken_at - loop.turn_start) : 0.0);
  }
}

/// A hash as people compare it: 16 hex digits.
std::string hex(std::uint64_t hash) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
  return text;
}

// What the control thread says. Cells that are no number as they stand first; a target of an older
// layout has said nothing, and shows none of those.
void add_process(Page& page, const Snapshot& snapshot, const Labels& gateway) {
  const auto cell = [&snapshot](ControlCell which) { return snapshot.control[index_of(which)]; };
  if (const std::uint64_t hash = cell(ControlCell::kConfigHash); hash != 0) {
    page.add(kConfigInfo, with(gateway, "hash", hex(hash)), 1);
  }
  if (const std::uint64_t loaded = cell(ControlCell::kConfigLoadedWallNs); loaded != 0) {
    page.add(kConfigLoaded, gateway, seconds(loaded));
  }
  if (cell(ControlCell::kCephUsed) != 0) {
    page.add(kCephUp, gateway, cell(ControlCell::kCephUp) != 0 ? 1 : 0);
  }
  for (const ControlCell counted : {ControlCell::kReloadsDone, ControlCell::kReloadsRefused,
                                    ControlCell::kCephClients, ControlCell::kCephClientsFenced,
                                    ControlCell::kCephTimeouts, ControlCell::kSourcesRefused}) {
    page.add(telemetry::row(counted), gateway, cell(counted));
  }
}

}  // namespace

// Cells first by the catalogue's rows, so that a new counter appears here without a new line.
void add_gateway(Page& page, const Snapshot& snapshot) {
  const Labels gateway = with({}, "gateway", snapshot.gateway);
  page.add(kBuildInfo, with(gateway, "version", snapshot.version), 1);
  page.add(kProcessStartTime, gateway, seconds(snapshot.start_wall_ns));
  for (std::size_t i = 0; i < telemetry::kGatewayGauges; ++i) {
    page.add(telemetry::row(static_cast<telemetry::GatewayGauge>(i)), gateway, snapshot.gauges[i]);
  }
  for (std::size_t i = 0; i < telemetry::kGatewayCounters; ++i) {
    page.add(telemetry::row(static_cast<telemetry::GatewayCounter>(i)), gateway,
             snapshot.counters[i]);
  }
  page.add(kWindowFullSeconds, gateway, seconds(snapshot.window_full_ns));
  add_process(page, snapshot, gateway);
  add_stages(page, snapshot, gateway);
  add_loops(page, snapshot, gateway);
  add_portals(page, snapshot);
  for (const telemetry::LunSnapshot& lun : snapshot.luns) add_lun(page, snapshot, lun);
  add_initiators(page, snapshot);
}

}  // namespace lungate::exporter
