// SPDX-License-Identifier: LGPL-2.1-or-later

// VERIFY 10, 12, 16 and WRITE AND VERIFY 10, 12, 16 (SBC-3, 5.30 to 5.33, 5.40 to 5.43). By BYTCHK:
//
//   00   every block can be read
//   01   every block is as in data-out
//   11   every block is as the one of data-out (VERIFY only)
//
// Both look at the medium in pieces, behind a flush if there is a volatile cache. WRITE AND VERIFY
// writes first; where it compares, nobody else writes in between.
#include "scsi/cdb.h"
#include "scsi/commands.h"
#include "scsi/error_map.h"
#include "scsi/extent.h"
#include "scsi/medium_access.h"
#include "scsi/outcome.h"

namespace lungate::scsi {
namespace {

enum class ByteCheck : std::uint8_t { kNone = 0, kAll = 1, kReserved = 2, kOneBlock = 3 };

ByteCheck byte_check(const Cdb& cdb) {
  return static_cast<ByteCheck>((cdb.bytes[1] >> 1) & 0x03);
}

bool writes(const Execution& execution) {
  return execution.planned.op == OpClass::kWrite;
}

std::uint64_t verified_bytes(const Execution& execution) {
  if (writes(execution)) return whole_blocks_received(execution);
  return extent_of(execution.cdb).blocks * execution.unit->geometry.block_bytes;
}

/// Where the piece differs first from what it should be, from the piece's beginning.
std::optional<std::uint64_t> difference(const Execution& execution) {
  const Bytes on_medium = piece(execution);
  const ByteCheck check = byte_check(execution.cdb);
  if (check == ByteCheck::kAll)
    return first_difference(execution.data_out.subspan(execution.cursor, on_medium.size()),
                            on_medium);
  if (check == ByteCheck::kNone) return std::nullopt;
  const Bytes block = execution.data_out;
  for (std::size_t at = 0; at < on_medium.size(); at += block.size())
    if (const auto in_block = first_difference(block, on_medium.subspan(at, block.size())))
      return at + *in_block;
  return std::nullopt;
}

Step verify_next(Execution& execution);

Step verify_piece(Execution& execution) {
  if (failed(execution)) return backend_failed(execution, writes(execution));
  if (const auto in_piece = difference(execution))
    return miscompare(execution, execution.cursor + *in_piece);
  execution.cursor += execution.request.length;
  return verify_next(execution);
}

Step verify_next(Execution& execution) {
  const std::uint64_t total = verified_bytes(execution);
  if (execution.cursor == total) return good(execution);
  return read_piece(execution, total, verify_piece);
}

Step verify_flushed(Execution& execution) {
  if (failed(execution)) return backend_failed(execution, writes(execution));
  return verify_next(execution);
}

/// The medium itself is verified, not what a cache holds for it.
Step verify_medium(Execution& execution) {
  return execution.unit->write_cache ? flush_then(execution, verify_flushed)
                                     : verify_next(execution);
}

Step written(Execution& execution) {
  if (failed(execution)) return backend_failed(execution);
  return verify_medium(execution);
}

Step write_first(Execution& execution) {
  const std::uint64_t bytes = whole_blocks_received(execution);
  return submit(
      execution,
      {backend::Verb::kWrite, start_byte(execution), bytes, execution.data_out.first(bytes)},
      written);
}

}  // namespace

std::uint64_t verify_bytes(const Cdb& cdb, std::uint32_t block_bytes) {
  const std::uint64_t blocks = extent_of(cdb).blocks;
  switch (byte_check(cdb)) {
    case ByteCheck::kAll:
      return blocks * block_bytes;
    case ByteCheck::kOneBlock:
      return blocks == 0 ? 0 : block_bytes;
    case ByteCheck::kNone:
    case ByteCheck::kReserved:
      break;
  }
  return 0;
}

std::uint64_t verify_scratch(const Cdb& cdb, std::uint32_t block_bytes) {
  return scratch_for(extent_of(cdb).blocks * block_bytes);
}

std::optional<Sense> verify_refusal(const Cdb& cdb, const Unit& unit) {
  if (byte_check(cdb) == ByteCheck::kReserved) return invalid_field_in_cdb(1, 2);
  return transfer_refusal(cdb, unit);
}

Step verify(Execution& execution) {
  execution.transfer_bytes = execution.planned.bytes;
  // GOOD would say that blocks are as they should be which nothing was sent for.
  if (execution.data_out.size() < execution.planned.bytes)
    return fail(execution, {sense::kInvalidFieldInInformationUnit, {}, {}});
  if (verified_bytes(execution) == 0) return good(execution);
  return verify_medium(execution);
}

Step write_and_verify(Execution& execution) {
  execution.transfer_bytes = execution.planned.bytes;
  const std::uint64_t bytes = whole_blocks_received(execution);
  if (bytes == 0) return good(execution);
  if (byte_check(execution.cdb) == ByteCheck::kNone) return write_first(execution);
  return lock_then(execution, start_byte(execution), bytes, write_first);
}

}  // namespace lungate::scsi
