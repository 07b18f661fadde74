// SPDX-License-Identifier: LGPL-2.1-or-later

// What the commands have in common that read, compare and write blocks (SBC-3, clause 5): where
// they begin, how much of their data has come, how they go through the medium in pieces. On the
// session's loop.
#pragma once

#include <cstdint>
#include <optional>

#include "scsi/execution.h"

namespace lungate::scsi {

/// First byte on the medium of a command of a Transfer form.
std::uint64_t start_byte(const Execution& execution);

/// Data-out in whole blocks: an initiator may send less than its CDB names.
std::uint64_t whole_blocks_received(const Execution& execution);

/// The last request ended with another status than kOk.
bool failed(const Execution& execution);

/// FUA where it means something: with a volatile cache. Six-byte commands do not have it.
bool forces_unit_access(const Execution& execution);

Step flush_then(Execution& execution, Step (*next)(Execution&));

/// The end of a write: GOOD, after a flush where FUA asks for it. REQUIRES: written by now.
Step stored(Execution& execution);

/// One write of `data` from start_byte() on, and stored().
Step write_then_stored(Execution& execution, MutableBytes data);

/// Nobody else writes `length` bytes from `offset` of the command's own unit when `next` runs.
Step lock_then(Execution& execution, std::uint64_t offset, std::uint64_t length,
               Step (*next)(Execution&));

/// Room for going through `bytes` in pieces, for Plan::scratch_bytes.
constexpr std::uint64_t scratch_for(std::uint64_t bytes) {
  return bytes < limits::kScratchBytesMax ? bytes : limits::kScratchBytesMax;
}

/// Reads what follows after `cursor` into scratch, as much of `total` as fits; `next` finds it in
/// piece(). REQUIRES: cursor < total, scratch is not empty.
Step read_piece(Execution& execution, std::uint64_t total, Step (*next)(Execution&));

/// What the last read_piece() has read.
Bytes piece(const Execution& execution);

/// Where the two differ first. REQUIRES: equal sizes.
std::optional<std::uint64_t> first_difference(Bytes a, Bytes b);

/// MISCOMPARE DURING VERIFY OPERATION; `offset` in bytes from the first that was compared.
Step miscompare(Execution& execution, std::uint64_t offset);

}  // namespace lungate::scsi
