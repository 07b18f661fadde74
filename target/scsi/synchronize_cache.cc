// SPDX-License-Identifier: LGPL-2.1-or-later

// SYNCHRONIZE CACHE 10, 16 (SBC-3, 5.26). The whole cache is flushed whatever range is named, and
// before the status is sent even with IMMED: both are allowed, and GOOD then always means stored.
#include "scsi/commands.h"
#include "scsi/error_map.h"
#include "scsi/extent.h"
#include "scsi/outcome.h"

namespace lungate::scsi {
namespace {

Step flushed(Execution& execution) {
  if (execution.request.status != backend::Status::kOk) return backend_failed(execution);
  return good(execution);
}

}  // namespace

std::optional<Sense> synchronize_cache_refusal(const Cdb& cdb, const Unit& unit) {
  return out_of_range(extent_of(cdb), unit.geometry);  // no blocks: up to the end of the unit
}

Step synchronize_cache(Execution& execution) {
  return submit(execution, {backend::Verb::kFlush, 0, 0, {}}, flushed);
}

}  // namespace lungate::scsi
