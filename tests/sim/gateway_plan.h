// SPDX-License-Identifier: LGPL-2.1-or-later
// What a simulated gateway is made of: settings by chance, and what stays the same for all runs of
// a process because making it takes longer than a run.
#pragma once

#include "scsi/unit.h"
#include "session/directory.h"
#include "session/settings.h"
#include "telemetry/segment.h"
#include "tests/sim/scene.h"
#include "tests/sim/store.h"

namespace lungate::sim {

/// The disks of the scene as LUNs 0 and 1: open, and behind CHAP.
inline constexpr const char* kOpenTarget = "iqn.2026-11.io.lungate:open";
inline constexpr const char* kLockedTarget = "iqn.2026-11.io.lungate:locked";
/// LUN 0 is a disk that nobody keeps an eye on.
inline constexpr const char* kWildTarget = "iqn.2026-11.io.lungate:wild";
inline constexpr unsigned kLuns = kDisks + 1;
inline constexpr unsigned kLanesMax = 3;

session::Settings settings_of(Scene& scene);
session::DirectoryPtr directory();
scsi::Unit unit_of(const Store& store);

/// One segment for all runs: its counters go on, and nobody reads them.
struct Telemetry {
  std::unique_ptr<telemetry::Segment> segment;
  std::vector<telemetry::SlotId> slots;
};
Telemetry& telemetry_of_all_runs();

}  // namespace lungate::sim
