// SPDX-License-Identifier: LGPL-2.1-or-later
// Pages as text, taken apart again: series by name, labels of a series, values.
#pragma once

#include <algorithm>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "telemetry/snapshot.h"

namespace lungate::exporter {

/// The page's series, each `name{labels}` with its value. A series that is there twice is an empty
/// map: no test can overlook it.
inline std::map<std::string, double> series_in(const std::string& page) {
  std::map<std::string, double> series;
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] == '#') continue;
    const std::size_t space = line.rfind(' ');
    if (!series.emplace(line.substr(0, space), std::stod(line.substr(space + 1))).second) return {};
  }
  return series;
}

/// How many series begin with `prefix`.
inline std::size_t count(const std::map<std::string, double>& series, std::string_view prefix) {
  return static_cast<std::size_t>(
      std::count_if(series.begin(), series.end(),
                    [prefix](const auto& one) { return one.first.starts_with(prefix); }));
}

/// What layout 2.3 brought: promises, a portal, the process itself.
inline void add_what_2_3_brought(telemetry::Snapshot& snapshot) {
  using telemetry::ControlCell;
  using telemetry::index_of;
  telemetry::LunSnapshot& lun = snapshot.luns[0];
  lun.place_used = 0.875;
  lun.slo_read_ns = 10'000'000;
  lun.slo_write_ns = 20'000'000;
  lun.slo_objective = 0.99;
  lun.queue_depth_limit = 32;
  lun.counters[index_of(telemetry::LunCounter::kSlowReads)] = 1;

  telemetry::PortalSnapshot& portal = snapshot.portals.emplace_back();
  portal.address = "10.0.0.1:3260";
  portal.connections = 3;
  portal.accepted = 4;
  portal.pdus_received = 100;
  portal.pdus_sent = 90;
  portal.bytes_received = 4'800;
  portal.bytes_sent = 400'000;

  snapshot.window_full_ns = 1'500'000'000;
  snapshot.control[index_of(ControlCell::kConfigHash)] = 0x0123456789abcdef;
  snapshot.control[index_of(ControlCell::kConfigLoadedWallNs)] = 1'763'800'001'000'000'000;
  snapshot.control[index_of(ControlCell::kReloadsRefused)] = 1;
  snapshot.control[index_of(ControlCell::kCephUsed)] = 1;
  snapshot.control[index_of(ControlCell::kCephClients)] = 2;
}

/// A gateway at a fixed moment: one loop, one LUN that has served some I/O, one that is offline.
inline telemetry::Snapshot example() {
  using telemetry::bin_of;
  using telemetry::ErrorClass;
  using telemetry::GatewayCounter;
  using telemetry::index_of;
  using telemetry::LunSnapshot;
  using telemetry::OfflineReason;
  using telemetry::Op;
  using telemetry::size_bin_of;
  using telemetry::Stage;
  telemetry::Snapshot snapshot;
  snapshot.gateway = "gw-a";
  snapshot.version = "1.2.3";
  snapshot.generation = 4711;
  snapshot.start_wall_ns = 1'763'800'000'000'000'000;
  snapshot.layout_major = 1;
  snapshot.alive = true;
  snapshot.taken_at = {100'000'000'000};
  snapshot.loops.resize(1);
  snapshot.loops[0].heartbeat = {99'500'000'000};
  snapshot.loops[0].turns = 10;
  snapshot.loops[0].busy_ns = 2'500'000'000;
  snapshot.gauges = {2, 3};
  snapshot.counters[index_of(GatewayCounter::kLoginSuccess)] = 5;
  snapshot.counters[index_of(GatewayCounter::kRejectSnack)] = 1;

  LunSnapshot& lun = snapshot.luns.emplace_back();
  lun.target = "iqn.2026-11.io.lungate:store";
  lun.lun = 3;
  lun.backend = "rbd";
  lun.pool = "rbd";
  lun.image = "vm-1";
  lun.wwn = "3123456789abcdef";
  lun.size_bytes = 10'737'418'240;
  lun.in_flight = 2;
  lun.oldest_in_store = {98'000'000'000};
  for (const std::uint64_t latency_ns : {100'000ull, 100'001ull, 5'000'000ull, 40'000'000'000ull}) {
    ++lun.latency[0].bins[bin_of(latency_ns)];
    lun.latency[0].sum_ns += latency_ns;
    lun.stage_ns[0][index_of(Stage::kBackend)] += latency_ns;
    ++lun.sizes[0].bins[size_bin_of(4096)];
    lun.sizes[0].sum_bytes += 4096;
  }
  lun.errors[index_of(Op::kFlush)][index_of(ErrorClass::kBusy)] = 1;

  LunSnapshot& offline = snapshot.luns.emplace_back();
  offline.slot = 1;
  offline.target = "iqn.2026-11.io.lungate:store";  // `lun` may have moved
  offline.lun = 4;
  offline.offline = OfflineReason::kLocked;
  add_what_2_3_brought(snapshot);
  return snapshot;
}

/// Two initiators on the first LUN, one of them without a slot.
inline telemetry::Snapshot with_initiators(telemetry::Snapshot snapshot) {
  telemetry::NexusSnapshot& nexus = snapshot.nexuses.emplace_back();
  nexus.initiator = "iqn.2026-11.io.lungate:host";
  nexus.ops = {3, 2, 1};
  nexus.bytes = {12'288, 8'192, 0};
  nexus.latency_ns = {3'000'000'000, 2'000'000'000, 1'000'000'000};
  nexus.slow = 2;
  nexus.errors = 1;
  snapshot.nexuses.emplace_back().ops = {9, 0, 0};
  return snapshot;
}

}  // namespace lungate::exporter
