// SPDX-License-Identifier: LGPL-2.1-or-later

// READ and WRITE 6, 10, 12, 16 (SBC-3, 5.10 to 5.13, 5.33 to 5.36).
//
// The initiator may have made less room, or sent less, than the CDB names (RFC 7143, 11.4.5.2):
// what there is is moved, whole blocks of it for a write, and the residual says the rest.
#include <algorithm>

#include "scsi/commands.h"
#include "scsi/error_map.h"
#include "scsi/extent.h"
#include "scsi/medium_access.h"
#include "scsi/outcome.h"

namespace lungate::scsi {
namespace {

Step read_done(Execution& execution) {
  if (failed(execution)) return backend_failed(execution);
  execution.data_in_bytes = execution.request.length;
  return good(execution);
}

Step read_now(Execution& execution) {
  const std::uint64_t bytes =
      std::min<std::uint64_t>(execution.data_in.size(), execution.transfer_bytes);
  return submit(
      execution,
      {backend::Verb::kRead, start_byte(execution), bytes, execution.data_in.first(bytes)},
      read_done);
}

Step flushed_before_read(Execution& execution) {
  if (failed(execution)) return backend_failed(execution);
  return read_now(execution);
}

}  // namespace

std::uint64_t transfer_bytes(const Cdb& cdb, std::uint32_t block_bytes) {
  return extent_of(cdb).blocks * block_bytes;
}

std::optional<Sense> transfer_refusal(const Cdb& cdb, const Unit& unit) {
  const Extent extent = extent_of(cdb);
  if (std::optional<Sense> outside = out_of_range(extent, unit.geometry)) return outside;
  if (extent.blocks > limits::kTransferBytesMax / unit.geometry.block_bytes)
    return invalid_field_in_cdb(extent.blocks_byte);
  return std::nullopt;
}

Step read_blocks(Execution& execution) {
  execution.transfer_bytes = execution.planned.bytes;
  if (execution.transfer_bytes == 0 || execution.data_in.empty()) return good(execution);
  if (forces_unit_access(execution)) return flush_then(execution, flushed_before_read);
  return read_now(execution);
}

Step write_blocks(Execution& execution) {
  execution.transfer_bytes = execution.planned.bytes;
  const std::uint64_t whole = whole_blocks_received(execution);
  if (whole == 0) return good(execution);
  return write_then_stored(execution, execution.data_out.first(whole));
}

}  // namespace lungate::scsi
