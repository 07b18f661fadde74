// SPDX-License-Identifier: LGPL-2.1-or-later

// FORMAT UNIT and SANITIZE from their checks to the change that starts them. All blocks are locked
// first: a write that began earlier could otherwise reach the store behind the work.
#include "scsi/medium_work.h"

#include "scsi/medium_access.h"
#include "scsi/outcome.h"
#include "scsi/unit_state.h"

namespace lungate::scsi {
namespace {

Step ended(Execution& execution) {
  if (execution.changed.status == Status::kCheckCondition)
    return fail(execution, execution.changed.sense);
  return end(execution, execution.changed.status);
}

Step begin(Execution& execution) {
  execution.next = ended;
  return Step::kChange;
}

/// After a SANITIZE that has failed only SANITIZE is allowed, and leaving it by EXIT FAILURE MODE
/// only if it allowed that itself (AUSE). A FORMAT UNIT that has failed may be followed by either.
std::optional<Sense> barred(const MediumActivity& after, MediumWork work) {
  if (!after.failed) return in_progress(after);
  if (after.work == MediumWork::kFormat) return std::nullopt;
  if (work == MediumWork::kFormat) return Sense{sense::kSanitizeCommandFailed, {}, {}};
  if (work == MediumWork::kExitFailureMode && !after.unrestricted_exit)
    return invalid_field_in_cdb(1, 4);
  return std::nullopt;
}

}  // namespace

bool runs_medium_jobs(const Unit& unit) {
  return unit.runs_medium_jobs;
}

std::optional<Sense> unfit_for_work(const Unit& unit, MediumWork work) {
  std::optional<Sense> refusal = unavailable(unit);
  if (!refusal && unit.medium_activity != nullptr) refusal = barred(*unit.medium_activity, work);
  if (!refusal && work != MediumWork::kExitFailureMode) refusal = write_protected(unit);
  return refusal;
}

Step run_on_medium(Execution& execution, MediumJob job) {
  const bool works = job.work != MediumWork::kExitFailureMode;
  execution.change = std::move(job);
  if (!works) return begin(execution);
  const Geometry& geometry = execution.unit->geometry;
  return lock_then(execution, 0, geometry.block_count * geometry.block_bytes, begin);
}

}  // namespace lungate::scsi
