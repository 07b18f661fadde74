// SPDX-License-Identifier: LGPL-2.1-or-later

// The step that PERSISTENT RESERVE OUT, RESERVE and RELEASE have in common: all they do is ask the
// unit's home loop for a change of reservations.
#pragma once

#include "scsi/execution.h"

namespace lungate::scsi {

/// Whose command it is. REQUIRES: the session has named its nexus.
const NexusName& nexus_name(const Execution& execution);

/// Step::kChange; the command ends as the change does.
Step change_reservations(Execution& execution, ReservationRequest request);

}  // namespace lungate::scsi
