// SPDX-License-Identifier: LGPL-2.1-or-later
// Task management: what an initiator takes back, and whose commands that costs.
#include "iscsi/task_management.h"
#include "tests/sim/initiator.h"

namespace lungate::sim {

using iscsi::TaskFunction;

namespace {

std::set<std::uint32_t> tags_on(const std::map<std::uint32_t, Command>& open,
                                std::optional<unsigned> lun) {
  std::set<std::uint32_t> tags;
  for (const auto& [tag, command] : open)
    if (!lun || command.lun == *lun) tags.insert(tag);
  return tags;
}

}  // namespace

void Initiator::abort_one() {
  if (open_.empty()) return;
  auto victim = open_.begin();
  std::advance(victim, chance().below(static_cast<std::uint32_t>(open_.size())));
  const std::uint32_t tag = manage(TaskFunction::kAbortTask, victim->first, victim->second.lun);
  managing_[tag].takes = {victim->first};
}

void Initiator::abort_set() {
  const unsigned lun = chance().below(kDisks);
  const auto takes = tags_on(open_, lun);
  const auto tag =
      manage(TaskFunction::kAbortTaskSet, iscsi::kNoTag, static_cast<std::uint16_t>(lun));
  managing_[tag].takes = takes;
}

/// What follows takes others' commands as well, and those of ours that come while it is at work.
void Initiator::take_all(TaskFunction function, unsigned lun, std::optional<unsigned> only) {
  Managing managing;
  managing.takes = tags_on(open_, only);
  for (unsigned i = 0; i < kDisks; ++i) {
    if (only && i != *only) continue;
    ++volume(i).takings;
    ++volume(i).takings_open;
    volume(i).reservations.reset_begins();
    managing.volumes.push_back(i);
  }
  managing.function = static_cast<std::uint8_t>(function);
  const auto tag = manage(function, iscsi::kNoTag, static_cast<std::uint16_t>(lun));
  managing_[tag] = managing;
}

void Initiator::clear_set() {
  const unsigned lun = chance().below(kDisks);
  take_all(TaskFunction::kClearTaskSet, lun, lun);
}

void Initiator::reset_lun() {
  const unsigned lun = chance().below(kDisks);
  take_all(TaskFunction::kLogicalUnitReset, lun, lun);
}

void Initiator::reset_target() {
  const bool cold = chance().one_in(8);
  scene_.cold_reset = scene_.cold_reset || cold;
  take_all(cold ? TaskFunction::kTargetColdReset : TaskFunction::kTargetWarmReset, 0, std::nullopt);
}

/// Takes our own commands only, but drops our SPC-2 reservations.
void Initiator::reset_nexus() {
  const auto takes = tags_on(open_, std::nullopt);
  for (Volume& one : scene_.volumes) one.reservations.reset_begins();
  const auto tag = manage(TaskFunction::kItNexusReset, iscsi::kNoTag, 0);
  managing_[tag].takes = takes;
}

void Initiator::query() {
  if (open_.empty()) return;
  manage(TaskFunction::kQueryTask, open_.begin()->first, open_.begin()->second.lun);
}

}  // namespace lungate::sim
