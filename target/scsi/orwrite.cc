// SPDX-License-Identifier: LGPL-2.1-or-later

// ORWRITE 16 (SBC-3, 5.9): bits of data-out are set on the medium, the others stay. The range is
// read in pieces, made what it shall be in data-out, and written at once.
#include "scsi/commands.h"
#include "scsi/error_map.h"
#include "scsi/extent.h"
#include "scsi/medium_access.h"
#include "scsi/outcome.h"

namespace lungate::scsi {
namespace {

Step or_next(Execution& execution);

Step or_piece(Execution& execution) {
  if (failed(execution)) return backend_failed(execution);
  for (const std::byte on_medium : piece(execution))
    execution.data_out[execution.cursor++] |= on_medium;
  return or_next(execution);
}

Step or_next(Execution& execution) {
  const std::uint64_t total = whole_blocks_received(execution);
  if (execution.cursor < total) return read_piece(execution, total, or_piece);
  return write_then_stored(execution, execution.data_out.first(total));
}

}  // namespace

std::uint64_t orwrite_scratch(const Cdb& cdb, std::uint32_t block_bytes) {
  return scratch_for(extent_of(cdb).blocks * block_bytes);
}

Step orwrite(Execution& execution) {
  execution.transfer_bytes = execution.planned.bytes;
  const std::uint64_t bytes = whole_blocks_received(execution);
  if (bytes == 0) return good(execution);
  return lock_then(execution, start_byte(execution), bytes, or_next);
}

}  // namespace lungate::scsi
