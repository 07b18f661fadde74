// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/sim/gateway_plan.h"

#include <stdlib.h>

#include <filesystem>
#include <stdexcept>

#include "tests/sim/login.h"

namespace lungate::sim {

using namespace std::chrono_literals;

/// Small numbers: what is bounded is met, and soon.
session::Settings settings_of(Scene& scene) {
  constexpr std::uint32_t kSizes[] = {512, 1024, 4096, 8192};
  Chance& chance = *scene.chance;
  session::Settings settings;
  config::Iscsi& iscsi = settings.iscsi;
  iscsi.max_recv_data_segment_bytes = chance.among(kSizes);
  iscsi.max_burst_bytes = chance.among(kSizes) * 2;
  iscsi.first_burst_bytes = std::min(iscsi.max_burst_bytes, chance.among(kSizes));
  iscsi.max_outstanding_r2t = chance.between(1, 4);
  iscsi.initial_r2t = chance.one_in(3);
  iscsi.immediate_data = !chance.one_in(4);
  iscsi.command_window = scene.window = chance.between(2, 12);
  scene.memory_is_tight = chance.one_in(4);
  if (scene.memory_is_tight) settings.task_bytes_per_lane = 96 * limits::kKiB;
  return settings;
}

session::DirectoryPtr directory() {
  static const session::DirectoryPtr all = [] {
    auto made = std::make_shared<session::Directory>();
    made->portal_groups = {{1, {{"127.0.0.1", 3260, false}}}};
    for (const char* iqn : {kOpenTarget, kLockedTarget, kWildTarget}) {
      session::ExportedTarget& target = made->targets[iqn];
      target.config.iqn = iqn;
      if (iqn == kWildTarget)
        target.luns = {{0, kDisks + 1}};
      else
        for (unsigned i = 0; i < kDisks; ++i) target.luns[static_cast<std::uint16_t>(i)] = i + 1;
    }
    config::Chap& chap = made->targets[kLockedTarget].config.chap;
    chap.user = kChapUser;
    chap.secret = secret_of(kChapSecret);
    chap.mutual_user = kTargetUser;
    chap.mutual_secret = secret_of(kTargetSecret);
    return made;
  }();
  return all;
}

scsi::Unit unit_of(const Store& store) {
  scsi::Unit unit;
  unit.identity = scsi::make_identity(store.traits());
  unit.geometry.block_count = Disk::kBlocks;
  unit.backend_kind = "file";
  unit.target_name = kOpenTarget;
  unit.availability = scsi::Availability::kBecoming;
  unit.keeps_state = true;
  return unit;
}

Telemetry& telemetry_of_all_runs() {
  static Telemetry all = [] {
    std::string folder = std::filesystem::temp_directory_path() / "lungate-sim-XXXXXX";
    if (::mkdtemp(folder.data()) == nullptr) throw std::runtime_error("no temporary folder");
    telemetry::SegmentPlan plan;
    plan.path = folder + "/segment";
    plan.gateway = "simulated";
    plan.loops = kLanesMax;
    plan.lun_slots = kLuns;
    auto segment = telemetry::Segment::create(plan);
    if (!segment) throw std::runtime_error(segment.error().detail);
    Telemetry made{std::move(*segment), {}};
    for (unsigned i = 0; i < kLuns; ++i) {
      telemetry::LunDescription description;
      description.target = kOpenTarget;
      description.lun = static_cast<std::uint16_t>(i);
      description.backend = "file";
      made.slots.push_back(made.segment->add_lun(description).value());
    }
    std::filesystem::remove_all(folder);  // what is mapped stays
    return made;
  }();
  return all;
}

}  // namespace lungate::sim
