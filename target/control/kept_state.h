// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "backend/backend.h"
#include "base/result.h"
#include "control/stores.h"
#include "scsi/kept_state.h"

namespace lungate::control {

/// What was stored with a store that has just been opened; nothing: an empty state. A state that
/// cannot be read, or not be understood, refuses the store: without it an initiator that was shut
/// out would be let in again. Blocks: workers only. REQUIRES: nobody else uses the
/// backend yet.
Result<scsi::KeptState, Refusal> load_state(backend::Backend& backend);

}  // namespace lungate::control
