// SPDX-License-Identifier: LGPL-2.1-or-later

// PRE-FETCH 10, 16 (SBC-3, 5.12, 5.13). There is no cache of ours that blocks could be fetched
// into, and we know nothing of the store's: so the range is checked and the answer is GOOD.
// CONDITION MET would promise that all of the blocks fit.
#include "scsi/commands.h"
#include "scsi/extent.h"
#include "scsi/outcome.h"

namespace lungate::scsi {

std::optional<Sense> prefetch_refusal(const Cdb& cdb, const Unit& unit) {
  return out_of_range(extent_of(cdb), unit.geometry);  // no blocks: up to the end of the unit
}

Step prefetch(Execution& execution) {
  return good(execution);
}

}  // namespace lungate::scsi
