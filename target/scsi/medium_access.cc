// SPDX-License-Identifier: LGPL-2.1-or-later

// The common part of the commands that look at blocks or change them. Each of them is a chain of
// steps; these are the links that look alike. How a failed request is answered differs, so that is
// left to the commands.
#include "scsi/medium_access.h"

#include <algorithm>

#include "scsi/error_map.h"
#include "scsi/extent.h"
#include "scsi/outcome.h"

namespace lungate::scsi {
namespace {

Step flushed(Execution& execution) {
  if (failed(execution)) return backend_failed(execution, /*executed_in_part=*/true);
  return good(execution);
}

Step written(Execution& execution) {
  if (failed(execution)) return backend_failed(execution);
  return stored(execution);
}

}  // namespace

std::uint64_t start_byte(const Execution& execution) {
  return extent_of(execution.cdb).lba * execution.unit->geometry.block_bytes;
}

std::uint64_t whole_blocks_received(const Execution& execution) {
  const std::uint64_t received =
      std::min<std::uint64_t>(execution.data_out.size(), execution.planned.bytes);
  return received - received % execution.unit->geometry.block_bytes;
}

bool failed(const Execution& execution) {
  return execution.request.status != backend::Status::kOk;
}

bool forces_unit_access(const Execution& execution) {
  constexpr std::uint8_t kFua = 0x08;
  const bool six_bytes = execution.cdb.opcode() < 0x20;
  return execution.unit->write_cache && !six_bytes && (execution.cdb.bytes[1] & kFua) != 0;
}

Step flush_then(Execution& execution, Step (*next)(Execution&)) {
  return submit(execution, {backend::Verb::kFlush, 0, 0, {}}, next);
}

Step stored(Execution& execution) {
  return forces_unit_access(execution) ? flush_then(execution, flushed) : good(execution);
}

Step write_then_stored(Execution& execution, MutableBytes data) {
  return submit(execution, {backend::Verb::kWrite, start_byte(execution), data.size(), data},
                written);
}

Step lock_then(Execution& execution, std::uint64_t offset, std::uint64_t length,
               Step (*next)(Execution&)) {
  execution.locks[0] = {execution.unit, offset, length};
  execution.lock_count = 1;
  execution.next = next;
  return Step::kLock;
}

Step read_piece(Execution& execution, std::uint64_t total, Step (*next)(Execution&)) {
  const std::uint64_t bytes =
      std::min<std::uint64_t>(total - execution.cursor, execution.scratch.size());
  return submit(execution,
                {backend::Verb::kRead, start_byte(execution) + execution.cursor, bytes,
                 execution.scratch.first(bytes)},
                next);
}

Bytes piece(const Execution& execution) {
  return execution.scratch.first(execution.request.length);
}

std::optional<std::uint64_t> first_difference(Bytes a, Bytes b) {
  const auto [in_a, in_b] = std::mismatch(a.begin(), a.end(), b.begin());
  if (in_a == a.end()) return std::nullopt;
  return static_cast<std::uint64_t>(in_a - a.begin());
}

Step miscompare(Execution& execution, std::uint64_t offset) {
  return fail(
      execution,
      {.what = sense::kMiscompareDuringVerify, .field = std::nullopt, .information = offset});
}

}  // namespace lungate::scsi
