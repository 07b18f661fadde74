// SPDX-License-Identifier: LGPL-2.1-or-later

// The control thread's cells. Called by Service when a configuration has come into force or was
// refused, and by a timer for what others count: nothing here waits for anybody, so the figures of
// Ceph are those of the calls that are made anyway (opening disks, looking how full pools are).
// They are as old as the last of these calls; a cluster that hangs is told by the call that gives
// up, limits::kCephCommandTimeout or kCephConnectTimeout later.
#include "control/process_cells.h"

#include <algorithm>
#include <variant>

#include "base/clock.h"
#include "base/limits.h"
#include "config/dump.h"

namespace lungate::control {
namespace {

using telemetry::ControlCell;

bool uses_ceph(const config::Config& config) {
  return std::ranges::any_of(config.targets, [](const config::Target& target) {
    return std::ranges::any_of(target.luns, [](const config::Lun& lun) {
      return std::holds_alternative<config::Image>(lun.store);
    });
  });
}

}  // namespace

ProcessCells::ProcessCells(event::Loop& home, telemetry::Segment& segment,
                           const session::Gateway& gateway, const Stores& stores)
    : segment_(segment), gateway_(gateway), stores_(stores), timer_(home, [this] { look(); }) {
  timer_.start_repeating(limits::kProcessCellsInterval);
}

/// The hash is the one that `lungate status` shows: equal on all gateways of a group.
void ProcessCells::in_force(const config::Config& config) {
  segment_.set(ControlCell::kConfigHash, config::group_hash(config));
  segment_.set(ControlCell::kConfigLoadedWallNs, wall_now_ns());
  segment_.set(ControlCell::kCephUsed, uses_ceph(config) ? 1 : 0);
  look();
}

void ProcessCells::reloaded(const config::Config& config) {
  in_force(config);
  segment_.add(ControlCell::kReloadsDone);
}

void ProcessCells::reload_refused() {
  segment_.add(ControlCell::kReloadsRefused);
}

void ProcessCells::look() {
  segment_.set(ControlCell::kSourcesRefused, gateway_.sources_refused());
  const CephView ceph = stores_.ceph();
  segment_.set(ControlCell::kCephUp, ceph.answers ? 1 : 0);
  segment_.set(ControlCell::kCephClients, ceph.clients);
  segment_.set(ControlCell::kCephClientsFenced, ceph.clients_fenced);
  segment_.set(ControlCell::kCephTimeouts, ceph.timeouts);
}

}  // namespace lungate::control
