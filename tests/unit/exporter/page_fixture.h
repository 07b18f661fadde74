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
  lun.oldest_start = {98'000'000'000};
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
  return snapshot;
}

}  // namespace lungate::exporter
