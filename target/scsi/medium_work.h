// SPDX-License-Identifier: LGPL-2.1-or-later

// How the commands that work on a whole medium begin (medium_job.h says how it goes on).
#pragma once

#include <optional>

#include "scsi/execution.h"

namespace lungate::scsi {

/// Whoever keeps this unit carries MediumJobs out.
bool runs_medium_jobs(const Unit& unit);

/// Why this work cannot begin now: the unit is away or write-protected, other work goes on, or an
/// earlier one has failed in a way that only other work may follow. Takes the place of the table's
/// columns `needs_medium` and `writes`: a medium on which work has failed is ready for nothing
/// else.
std::optional<Sense> unfit_for_work(const Unit& unit, MediumWork work);

/// Ends the command with what has come of `job`. Work begins when all that writes now has ended.
Step run_on_medium(Execution& execution, MediumJob job);

}  // namespace lungate::scsi
