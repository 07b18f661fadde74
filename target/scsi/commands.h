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

// --- start_stop.cc ---------------------------------------------------------------------------

/// START=1 only: a unit that others use is not stopped by one of them.
Step start_stop_unit(Execution& execution);
std::optional<Sense> start_stop_refusal(const Cdb& cdb, const Unit& unit);
ReservedFor start_stop_reserved_for(const Cdb& cdb);

/// GOOD: no medium is removable here.
Step prevent_allow(Execution& execution);
ReservedFor prevent_allow_reserved_for(const Cdb& cdb);

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

// --- compare_and_write.cc, orwrite.cc, write_atomic.cc ---------------------------------------

/// Reads and compares under a lock on the range, then writes.
Step compare_and_write(Execution& execution);
std::uint64_t compare_and_write_bytes(const Cdb& cdb, std::uint32_t block_bytes);
std::uint64_t compare_and_write_scratch(const Cdb& cdb, std::uint32_t block_bytes);
std::optional<Sense> compare_and_write_refusal(const Cdb& cdb, const Unit& unit);

/// Reads under a lock on the range, then writes.
Step orwrite(Execution& execution);
std::uint64_t orwrite_scratch(const Cdb& cdb, std::uint32_t block_bytes);

/// One write, within what the store does whole or not at all.
Step write_atomic(Execution& execution);
std::optional<Sense> write_atomic_refusal(const Cdb& cdb, const Unit& unit);
bool writes_atomically(const Unit& unit);

// --- verify.cc -------------------------------------------------------------------------------

/// Reads, and compares as BYTCHK says.
Step verify(Execution& execution);
std::uint64_t verify_bytes(const Cdb& cdb, std::uint32_t block_bytes);
std::uint64_t verify_scratch(const Cdb& cdb, std::uint32_t block_bytes);
std::optional<Sense> verify_refusal(const Cdb& cdb, const Unit& unit);

/// One write, then as VERIFY; under a lock on the range where it compares.
Step write_and_verify(Execution& execution);

// --- prefetch.cc -----------------------------------------------------------------------------

/// GOOD: there is no cache to fill.
Step prefetch(Execution& execution);
std::optional<Sense> prefetch_refusal(const Cdb& cdb, const Unit& unit);

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

// --- format_unit.cc, sanitize.cc -------------------------------------------------------------

/// Both: a MediumJob as Step::kChange, behind a lock on all blocks (medium_job.h).
Step format_unit(Execution& execution);
std::uint64_t format_unit_bytes(const Cdb& cdb, std::uint32_t block_bytes);
std::optional<Sense> format_unit_refusal(const Cdb& cdb, const Unit& unit);

Step sanitize_overwrite(Execution& execution);
std::uint64_t sanitize_bytes(const Cdb& cdb, std::uint32_t block_bytes);
std::optional<Sense> sanitize_overwrite_refusal(const Cdb& cdb, const Unit& unit);
Step sanitize_block_erase(Execution& execution);
std::optional<Sense> sanitize_refusal(const Cdb& cdb, const Unit& unit);
bool erases_blocks(const Unit& unit);

/// GOOD where nothing has failed.
Step sanitize_exit_failure_mode(Execution& execution);
std::optional<Sense> exit_failure_mode_refusal(const Cdb& cdb, const Unit& unit);

// --- buffers.cc, defect_data.cc, send_diagnostic.cc ------------------------------------------

/// The nexus's echo buffer.
Step read_buffer(Execution& execution);
Step write_buffer(Execution& execution);
std::uint64_t buffer_bytes(const Cdb& cdb, std::uint32_t block_bytes);
std::optional<Sense> read_buffer_refusal(const Cdb& cdb, const Unit& unit);
std::optional<Sense> write_buffer_refusal(const Cdb& cdb, const Unit& unit);

/// Empty lists.
Step read_defect_data_10(Execution& execution);
std::uint64_t defect_data_10_bytes(const Cdb& cdb, std::uint32_t block_bytes);
std::optional<Sense> defect_data_10_refusal(const Cdb& cdb, const Unit& unit);
Step read_defect_data_12(Execution& execution);
std::uint64_t defect_data_12_bytes(const Cdb& cdb, std::uint32_t block_bytes);
std::optional<Sense> defect_data_12_refusal(const Cdb& cdb, const Unit& unit);

/// The default self-test: one read.
Step send_diagnostic(Execution& execution);
std::uint64_t send_diagnostic_scratch(const Cdb& cdb, std::uint32_t block_bytes);

// --- mode_sense.cc, mode_select.cc -----------------------------------------------------------

/// Pages of mode_pages.h, behind a header and a block descriptor unless DBD is set.
Step mode_sense(Execution& execution);
std::uint64_t mode_sense_bytes(const Cdb& cdb, std::uint32_t block_bytes);

/// Step::kChange if the list changes something, otherwise GOOD at once.
Step mode_select(Execution& execution);
std::uint64_t mode_select_bytes(const Cdb& cdb, std::uint32_t block_bytes);
std::optional<Sense> mode_select_refusal(const Cdb& cdb, const Unit& unit);

// --- persistent_reserve_in.cc, persistent_reserve_out.cc, reserve_release.cc -----------------

/// The service actions of PERSISTENT RESERVE IN, from the unit's snapshot.
Step read_reservation_keys(Execution& execution);
Step read_reservation(Execution& execution);
Step report_reservation_capabilities(Execution& execution);
Step read_full_reservation_status(Execution& execution);
std::uint64_t persistent_reserve_in_bytes(const Cdb& cdb, std::uint32_t block_bytes);

/// All service actions: Step::kChange, once the list is found to be one.
Step persistent_reserve_out(Execution& execution);
std::uint64_t persistent_reserve_out_bytes(const Cdb& cdb, std::uint32_t block_bytes);
std::optional<Sense> persistent_reserve_out_refusal(const Cdb& cdb, const Unit& unit);
/// Of those whose SCOPE and TYPE must be right before anything is known of the state.
std::optional<Sense> persistent_reserve_out_typed_refusal(const Cdb& cdb, const Unit& unit);

/// Step::kChange.
Step reserve_unit(Execution& execution);
Step release_unit(Execution& execution);

// --- extended_copy.cc, receive_copy.cc -------------------------------------------------------

/// Segments of blocks between at most two units that this initiator may see, in pieces.
Step extended_copy(Execution& execution);
std::uint64_t extended_copy_bytes(const Cdb& cdb, std::uint32_t block_bytes);
std::uint64_t extended_copy_scratch(const Cdb& cdb, std::uint32_t block_bytes);
std::optional<Sense> extended_copy_refusal(const Cdb& cdb, const Unit& unit);

/// How far a copy of this nexus is, what copies there may be, and why one has failed.
Step receive_copy_status(Execution& execution);
Step receive_copy_parameters(Execution& execution);
Step receive_copy_failure(Execution& execution);
std::uint64_t receive_copy_bytes(const Cdb& cdb, std::uint32_t block_bytes);

// --- log_sense.cc ----------------------------------------------------------------------------

/// The lists of log pages, which have no others to list yet.
Step log_sense(Execution& execution);
std::uint64_t log_sense_bytes(const Cdb& cdb, std::uint32_t block_bytes);

// --- report_port_groups.cc, report_device.cc -------------------------------------------------

/// One group of one port, active/optimized.
Step report_port_groups(Execution& execution);

/// None, supported functions, and the machine's clock.
Step report_information(Execution& execution);
Step report_task_functions(Execution& execution);
Step report_timestamp(Execution& execution);

/// Of each of these reports.
std::uint64_t report_bytes(const Cdb& cdb, std::uint32_t block_bytes);

// --- report_luns.cc, report_opcodes.cc -------------------------------------------------------

/// The nexus's inventory. Thereby told: REPORTED LUNS DATA HAS CHANGED.
Step report_luns(Execution& execution);
std::uint64_t report_luns_bytes(const Cdb& cdb, std::uint32_t block_bytes);

/// The command table.
Step report_opcodes(Execution& execution);
std::uint64_t report_opcodes_bytes(const Cdb& cdb, std::uint32_t block_bytes);

}  // namespace lungate::scsi
