// SPDX-License-Identifier: LGPL-2.1-or-later

// START STOP UNIT (SBC-3, 5.25) and PREVENT ALLOW MEDIUM REMOVAL (SBC-3, 5.14), for a unit that
// always runs and whose medium nobody can take out.
#include "scsi/cdb.h"
#include "scsi/commands.h"
#include "scsi/outcome.h"

namespace lungate::scsi {
namespace {

/// POWER CONDITION. Only what is so anyway is done: the unit is active and decides for itself.
enum class PowerCondition : std::uint8_t { kStartValid = 0x0, kActive = 0x1, kLuControl = 0x7 };

}  // namespace

std::optional<Sense> start_stop_refusal(const Cdb& cdb, const Unit&) {
  const auto request = as<StartStopCdb>(cdb);
  const auto condition = static_cast<PowerCondition>(request.power_condition());
  if (condition == PowerCondition::kActive || condition == PowerCondition::kLuControl)
    return std::nullopt;  // START and LOEJ mean nothing then
  if (condition != PowerCondition::kStartValid) return invalid_field_in_cdb(4, 7);
  if (request.load_eject()) return invalid_field_in_cdb(4, 1);
  // One initiator must not stop a unit that others use, and a stop that does not stop would be a
  // lie.
  if (!request.start()) return invalid_field_in_cdb(4, 0);
  return std::nullopt;
}

ReservedFor start_stop_reserved_for(const Cdb& cdb) {
  const auto request = as<StartStopCdb>(cdb);
  const bool only_starts = request.start() && request.power_condition() == 0;
  return only_starts ? ReservedFor::kAnyone : ReservedFor::kWriters;
}

/// It runs already.
Step start_stop_unit(Execution& execution) {
  return good(execution);
}

ReservedFor prevent_allow_reserved_for(const Cdb& cdb) {
  return as<PreventAllowCdb>(cdb).prevent == 0 ? ReservedFor::kAnyone : ReservedFor::kWriters;
}

/// What cannot be removed is neither kept in nor let out.
Step prevent_allow(Execution& execution) {
  return good(execution);
}

}  // namespace lungate::scsi
