// SPDX-License-Identifier: LGPL-2.1-or-later

// RESERVE and RELEASE, 6 and 10 (SPC-2, 7.21, 7.22, 7.17, 7.18), and the step that they share with
// PERSISTENT RESERVE OUT. The whole unit for the nexus that asks: reservations for third parties
// are optional and we have none, so that every field of these CDBs is a stray one. Whether the unit
// is free is judged where the change is made.
#include <utility>

#include "base/check.h"
#include "scsi/commands.h"
#include "scsi/outcome.h"
#include "scsi/reservation_step.h"

namespace lungate::scsi {
namespace {

Step end_as_the_change(Execution& execution) {
  if (execution.changed.status == Status::kGood) return good(execution);
  if (execution.changed.status == Status::kCheckCondition)
    return fail(execution, execution.changed.sense);
  return end(execution, execution.changed.status);
}

Step change_by_name(Execution& execution, ReservationAction action) {
  ReservationRequest request;
  request.action = action;
  request.by = nexus_name(execution);
  return change_reservations(execution, std::move(request));
}

}  // namespace

const NexusName& nexus_name(const Execution& execution) {
  check(execution.nexus != nullptr && execution.nexus->name != nullptr,
        "a nexus that reserves has a name");
  return *execution.nexus->name;
}

Step change_reservations(Execution& execution, ReservationRequest request) {
  execution.change = std::move(request);
  execution.next = end_as_the_change;
  return Step::kChange;
}

Step reserve_unit(Execution& execution) {
  return change_by_name(execution, ReservationAction::kReserveLegacy);
}

Step release_unit(Execution& execution) {
  return change_by_name(execution, ReservationAction::kReleaseLegacy);
}

}  // namespace lungate::scsi
