// SPDX-License-Identifier: LGPL-2.1-or-later

// The functions that the command table's rows name, one file for each family of commands.
//
//   xxx_bytes     how much the CDB moves, for the plan. Never reads more than the CDB, because the
//                 plan must come out the same when the command runs
//   xxx_refusal   what is wrong with the CDB's values on this unit. Called once the row's masks and
//                 the unit's state have let the CDB pass
//   xxx           runs the command, or its first step. Parameter lists are judged here, since they
//                 come after the plan
//
// Those that answer without a unit (without_unit in the table) must expect a null one.
#pragma once

#include <cstdint>
#include <optional>

#include "scsi/execution.h"

namespace lungate::scsi {

// --- unit_state.cc ---------------------------------------------------------------------------

/// GOOD, for the row's checks were the test.
Step test_unit_ready(Execution& execution);

/// Sense data as parameter data, with GOOD: a unit attention (which is thereby told), the reason
/// why the unit is not ready, or that there is no unit. In the format that DESC asks for, whatever
/// D_SENSE says.
Step request_sense(Execution& execution);
std::uint64_t request_sense_bytes(const Cdb& cdb, std::uint32_t block_bytes);

/// START=1 only: a unit that others use is not stopped by one of them.
Step start_stop_unit(Execution& execution);
std::optional<Sense> start_stop_refusal(const Cdb& cdb, const Unit& unit);

// --- inquiry.cc ------------------------------------------------------------------------------

/// Standard data or a page of vital product data (vpd_pages.h). Answers for missing units too.
Step inquiry(Execution& execution);
std::uint64_t inquiry_bytes(const Cdb& cdb, std::uint32_t block_bytes);

// --- capacity.cc -----------------------------------------------------------------------------

/// Last LBA and block size. Ten bytes say ffffffff where only sixteen can tell.
Step read_capacity_10(Execution& execution);
std::uint64_t read_capacity_10_bytes(const Cdb& cdb, std::uint32_t block_bytes);

/// The same with provisioning: LBPME and LBPRZ where the backend can discard.
Step read_capacity_16(Execution& execution);
std::uint64_t read_capacity_16_bytes(const Cdb& cdb, std::uint32_t block_bytes);

// --- get_lba_status.cc -----------------------------------------------------------------------

/// One look at the backend's allocation per descriptor. Without provisioning management: all
/// mapped.
Step get_lba_status(Execution& execution);
std::uint64_t get_lba_status_bytes(const Cdb& cdb, std::uint32_t block_bytes);
std::optional<Sense> get_lba_status_refusal(const Cdb& cdb, const Unit& unit);

// --- read_write.cc ---------------------------------------------------------------------------

/// One read into data_in. With FUA on a unit with a write cache: flushed first.
Step read_blocks(Execution& execution);

/// One write of data_out. With FUA on a unit with a write cache: GOOD only after a flush.
Step write_blocks(Execution& execution);
std::uint64_t transfer_bytes(const Cdb& cdb, std::uint32_t block_bytes);
std::optional<Sense> transfer_refusal(const Cdb& cdb, const Unit& unit);

// --- synchronize_cache.cc --------------------------------------------------------------------

/// One flush.
Step synchronize_cache(Execution& execution);
std::optional<Sense> synchronize_cache_refusal(const Cdb& cdb, const Unit& unit);

// --- unmap.cc --------------------------------------------------------------------------------

/// One discard per descriptor, one after the other.
Step unmap(Execution& execution);
std::uint64_t unmap_bytes(const Cdb& cdb, std::uint32_t block_bytes);
std::optional<Sense> unmap_refusal(const Cdb& cdb, const Unit& unit);

// --- write_same.cc ---------------------------------------------------------------------------

/// One discard, write_zeroes or write_same, as pattern and UNMAP say.
Step write_same(Execution& execution);
std::uint64_t write_same_bytes(const Cdb& cdb, std::uint32_t block_bytes);
std::optional<Sense> write_same_refusal(const Cdb& cdb, const Unit& unit);

// --- mode_sense.cc, mode_select.cc -----------------------------------------------------------

/// Pages of mode_pages.h, behind a header and a block descriptor unless DBD is set.
Step mode_sense(Execution& execution);
std::uint64_t mode_sense_bytes(const Cdb& cdb, std::uint32_t block_bytes);

/// Step::kChange if the list changes something, otherwise GOOD at once.
Step mode_select(Execution& execution);
std::uint64_t mode_select_bytes(const Cdb& cdb, std::uint32_t block_bytes);
std::optional<Sense> mode_select_refusal(const Cdb& cdb, const Unit& unit);

// --- report_luns.cc, report_opcodes.cc -------------------------------------------------------

/// The nexus's inventory. Thereby told: REPORTED LUNS DATA HAS CHANGED.
Step report_luns(Execution& execution);
std::uint64_t report_luns_bytes(const Cdb& cdb, std::uint32_t block_bytes);

/// The command table.
Step report_opcodes(Execution& execution);
std::uint64_t report_opcodes_bytes(const Cdb& cdb, std::uint32_t block_bytes);

}  // namespace lungate::scsi
