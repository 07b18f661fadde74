// SPDX-License-Identifier: LGPL-2.1-or-later

// TEST UNIT READY and REQUEST SENSE (SPC-4, 6.47, 6.39): what a unit's state allows, and how it is
// told.
#include "scsi/unit_state.h"

#include "scsi/cdb.h"
#include "scsi/commands.h"
#include "scsi/outcome.h"

namespace lungate::scsi {
namespace {

/// What REQUEST SENSE has to tell; a unit attention told this way is thereby reported.
Sense pending_sense(Execution& execution) {
  if (execution.unit == nullptr) return {sense::kLogicalUnitNotSupported, {}, {}};
  if (execution.nexus != nullptr && !execution.nexus->unit_attentions.empty())
    return {execution.nexus->unit_attentions.take(), {}, {}};
  return not_ready(*execution.unit).value_or(Sense{});
}

}  // namespace

std::optional<Sense> unavailable(const Unit& unit) {
  switch (unit.availability) {
    case Availability::kReady:
      break;
    case Availability::kOffline:
      return Sense{sense::kNotReadyCauseNotReportable, {}, {}};
    case Availability::kBecoming:
      return Sense{sense::kBecomingReady, {}, {}};
  }
  // An image of no blocks has no last LBA that READ CAPACITY could name.
  if (unit.geometry.block_count == 0) return Sense{sense::kNotReadyCauseNotReportable, {}, {}};
  return std::nullopt;
}

Sense in_progress(const MediumActivity& activity) {
  const bool formats = activity.work == MediumWork::kFormat;
  Sense sense{formats ? sense::kFormatInProgress : sense::kSanitizeInProgress, {}, {}};
  if (activity.progress != nullptr)
    sense.progress = activity.progress->load(std::memory_order_relaxed);
  return sense;
}

std::optional<Sense> not_ready(const Unit& unit) {
  if (std::optional<Sense> away = unavailable(unit)) return away;
  const MediumActivity* activity = unit.medium_activity.get();
  if (activity == nullptr) return std::nullopt;
  if (!activity->failed) return in_progress(*activity);
  const bool formatted = activity->work == MediumWork::kFormat;
  return Sense{formatted ? sense::kMediumFormatCorrupted : sense::kSanitizeCommandFailed, {}, {}};
}

std::optional<Sense> read_only(const Unit& unit) {
  if (unit.read_only) return Sense{sense::kWriteProtected, {}, {}};
  return std::nullopt;
}

std::optional<Sense> write_protected(const Unit& unit) {
  if (const auto refusal = read_only(unit)) return refusal;
  if (unit.mode.software_write_protect) return Sense{sense::kSoftwareWriteProtected, {}, {}};
  return std::nullopt;
}

Step test_unit_ready(Execution& execution) {
  return good(execution);
}  // the row's checks were it

std::uint64_t request_sense_bytes(const Cdb& cdb, std::uint32_t) {
  return room_for(as<RequestSenseCdb>(cdb).allocation_bytes);
}

Step request_sense(Execution& execution) {
  const auto cdb = as<RequestSenseCdb>(execution.cdb);
  std::array<std::byte, limits::kSenseBytesMax> wire{};
  const std::size_t size = pending_sense(execution).encode(cdb.descriptor_format(), wire);
  ParameterData data;
  data.append_bytes(Bytes(wire).first(size));
  return give(execution, data, cdb.allocation_bytes);
}

}  // namespace lungate::scsi
