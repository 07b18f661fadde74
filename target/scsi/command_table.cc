// SPDX-License-Identifier: LGPL-2.1-or-later

// Every command that there is, as one row: what its CDB may say, which way its data goes, what it
// needs, what it does. Dispatch, the check for stray bits and REPORT SUPPORTED OPERATION CODES all
// read these rows, so that they cannot disagree. A new command is a row here and a file beside it.
// Constant data and look-ups in it: any thread. An unknown code is found as null, and becomes
// INVALID COMMAND OPERATION CODE in execution.cc.
#include "scsi/command_table.h"

#include "scsi/commands.h"
#include "scsi/medium_work.h"
#include "scsi/unit_state.h"

namespace lungate::scsi {
namespace {

using Usage = std::array<std::uint8_t, 16>;

// Recommended timeouts. An initiator that gives up earlier takes a slow disk for a dead path.
constexpr std::uint16_t kMedium_s = 30;  // as Linux waits for a disk
constexpr std::uint16_t kManyBlocks_s = 60;
constexpr std::uint16_t kWholeMedium_s = 12 * 3'600;  // 4 TiB at 100 MiB/s

// Bits of byte 1 where an extent's flags stand. FUA_NV and SYNC_NV are obsolete since SBC-3 but
// still sent, and RARC may be ignored without a rebuild assist mode: all three change nothing here.
// RDPROTECT, WRPROTECT and the group number are stray: there is neither protection information nor
// grouping.
constexpr std::uint8_t kReadFlags = 0x1e;         // DPO, FUA, RARC, FUA_NV
constexpr std::uint8_t kWriteFlags = 0x1a;        // DPO, FUA, FUA_NV
constexpr std::uint8_t kVerifyFlags = 0x16;       // DPO, BYTCHK
constexpr std::uint8_t kWriteVerifyFlags = 0x12;  // DPO, BYTCHK without its upper bit
constexpr std::uint8_t kSyncFlags = 0x06;         // SYNC_NV, IMMED
constexpr std::uint8_t kWriteSame10Flags = 0x08;  // UNMAP; ANCHOR is stray (ANC_SUP=0)
constexpr std::uint8_t kWriteSame16Flags = 0x09;  // UNMAP, NDOB

// Usage of the CDBs that name an extent (cdb.h: Transfer6 to Transfer16).
constexpr Usage extent6(std::uint8_t opcode) {
  return {opcode, 0x1f, 0xff, 0xff, 0xff, 0x00};
}
constexpr Usage extent10(std::uint8_t opcode, std::uint8_t flags) {
  return {opcode, flags, 0xff, 0xff, 0xff, 0xff, 0x00, 0xff, 0xff, 0x00};
}
constexpr Usage extent12(std::uint8_t opcode, std::uint8_t flags) {
  return {opcode, flags, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, 0x00};
}
constexpr Usage extent16(std::uint8_t opcode, std::uint8_t flags) {
  return {opcode, flags, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
          0xff,   0xff,  0xff, 0xff, 0xff, 0xff, 0x00, 0x00};
}

/// Usage of the ten-byte CDBs that carry a length at bytes 7 and 8 and nothing between.
constexpr Usage list10(std::uint8_t opcode, std::uint8_t flags) {
  return {opcode, flags, 0x00, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0x00};
}

/// Usage of EXTENDED COPY and what asks about it. `list_id`: the bits of byte 2.
constexpr Usage third_party(std::uint8_t opcode, std::uint8_t list_id) {
  return {opcode, 0x00, list_id, 0x00, 0x00, 0x00, 0x00, 0x00,
          0x00,   0x00, 0xff,    0xff, 0xff, 0xff, 0x00, 0x00};
}

/// Usage of the reports of MAINTENANCE IN that carry an allocation length. Flags of bytes 1 and 2;
/// `type`: of byte 10.
constexpr Usage report12(std::uint8_t action_flags, std::uint8_t flags, std::uint8_t type) {
  return {0xa3, action_flags, flags, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, type, 0x00};
}

/// Grouping is for statistics that we have not; with PRE-FETCH it is ignored, as hosts expect.
constexpr Usage with_group(Usage usage, std::size_t byte) {
  usage[byte] = 0x1f;
  return usage;
}

// What the forms of one command have in common.

// A unit attention passes the first four by: initiators use them to find out what there is, before
// and while anything else can be told (SAM-5, 5.14; REQUEST SENSE tells it as its data).

constexpr Command kTestUnitReady = {
    .needs_medium = true, .reserved_for = ReservedFor::kProbers, .execute = test_unit_ready};

constexpr Command kRequestSense = {.direction = Direction::kIn,
                                   .without_unit = true,
                                   .keeps_attention = true,
                                   .bytes = request_sense_bytes,
                                   .execute = request_sense};

constexpr Command kInquiry = {.direction = Direction::kIn,
                              .without_unit = true,
                              .keeps_attention = true,
                              .bytes = inquiry_bytes,
                              .execute = inquiry};

constexpr Command kReportLuns = {.direction = Direction::kIn,
                                 .without_unit = true,
                                 .keeps_attention = true,
                                 .bytes = report_luns_bytes,
                                 .execute = report_luns};

// What the device says of itself, with the medium or without it.

constexpr Command kReportPortGroups = {
    .direction = Direction::kIn, .bytes = report_bytes, .execute = report_port_groups};

constexpr Command kReportInformation = {
    .direction = Direction::kIn, .bytes = report_bytes, .execute = report_information};

constexpr Command kReportTaskFunctions = {.direction = Direction::kIn,
                                          .reserved_for = ReservedFor::kReaders,
                                          .bytes = report_bytes,
                                          .execute = report_task_functions};

constexpr Command kReportTimestamp = {
    .direction = Direction::kIn, .bytes = report_bytes, .execute = report_timestamp};

constexpr Command kLogSense = {
    .direction = Direction::kIn, .bytes = log_sense_bytes, .execute = log_sense};

constexpr Command kReportOpcodes = {.direction = Direction::kIn,
                                    .reserved_for = ReservedFor::kReaders,
                                    .bytes = report_opcodes_bytes,
                                    .execute = report_opcodes};

// Of these MODE SENSE alone works on an offline unit: an initiator may look at it, not change it.

constexpr Command kStartStop = {.needs_medium = true,
                                .reserved_by_cdb = start_stop_reserved_for,
                                .refusal = start_stop_refusal,
                                .execute = start_stop_unit};

constexpr Command kPreventAllow = {
    .needs_medium = true, .reserved_by_cdb = prevent_allow_reserved_for, .execute = prevent_allow};

constexpr Command kModeSense = {.direction = Direction::kIn,
                                .reserved_for = ReservedFor::kReaders,
                                .bytes = mode_sense_bytes,
                                .execute = mode_sense};

constexpr Command kModeSelect = {.direction = Direction::kOut,
                                 .needs_medium = true,
                                 .changes_unit = true,
                                 .reserved_for = ReservedFor::kWriters,
                                 .bytes = mode_select_bytes,
                                 .refusal = mode_select_refusal,
                                 .execute = mode_select};

// A capacity is only told while it is known to be true.

constexpr Command kReadCapacity10 = {.direction = Direction::kIn,
                                     .needs_medium = true,
                                     .bytes = read_capacity_10_bytes,
                                     .execute = read_capacity_10};

constexpr Command kReadCapacity16 = {.direction = Direction::kIn,
                                     .needs_medium = true,
                                     .bytes = read_capacity_16_bytes,
                                     .execute = read_capacity_16};

constexpr Command kGetLbaStatus = {.direction = Direction::kIn,
                                   .timeout_s = kManyBlocks_s,
                                   .needs_medium = true,
                                   .reserved_for = ReservedFor::kReaders,
                                   .bytes = get_lba_status_bytes,
                                   .refusal = get_lba_status_refusal,
                                   .execute = get_lba_status};

// Commands that reach the backend's data. `writes` keeps all of one family from a protected unit,
// so that none of its forms can be forgotten; SYNCHRONIZE CACHE writes nothing that was not
// accepted before.

constexpr Command kRead = {.direction = Direction::kIn,
                           .op = OpClass::kRead,
                           .timeout_s = kMedium_s,
                           .needs_medium = true,
                           .reserved_for = ReservedFor::kReaders,
                           .bytes = transfer_bytes,
                           .refusal = transfer_refusal,
                           .execute = read_blocks};

constexpr Command kWrite = {.direction = Direction::kOut,
                            .op = OpClass::kWrite,
                            .timeout_s = kMedium_s,
                            .needs_medium = true,
                            .writes = true,
                            .reserved_for = ReservedFor::kWriters,
                            .bytes = transfer_bytes,
                            .refusal = transfer_refusal,
                            .execute = write_blocks};

/// A command of WRITE's kind: how it differs is said behind the call.
constexpr Command like_write(Step (*execute)(Execution& execution)) {
  Command command = kWrite;
  command.execute = execute;
  return command;
}

constexpr Command kWriteAtomic = [] {
  Command command = like_write(write_atomic);
  command.supported = writes_atomically;
  command.refusal = write_atomic_refusal;
  return command;
}();

constexpr Command kOrwrite = [] {
  Command command = like_write(orwrite);
  command.scratch = orwrite_scratch;
  return command;
}();

constexpr Command kCompareAndWrite = [] {
  Command command = like_write(compare_and_write);
  command.bytes = compare_and_write_bytes;
  command.scratch = compare_and_write_scratch;
  command.refusal = compare_and_write_refusal;
  return command;
}();

constexpr Command kVerify = {.direction = Direction::kOut,
                             .timeout_s = kMedium_s,
                             .needs_medium = true,
                             .reserved_for = ReservedFor::kReaders,
                             .bytes = verify_bytes,
                             .scratch = verify_scratch,
                             .refusal = verify_refusal,
                             .execute = verify};

constexpr Command kWriteAndVerify = [] {
  Command command = like_write(write_and_verify);
  command.scratch = verify_scratch;
  return command;
}();

constexpr Command kPrefetch = {.needs_medium = true,
                               .reserved_for = ReservedFor::kReaders,
                               .refusal = prefetch_refusal,
                               .execute = prefetch};

constexpr Command kSynchronizeCache = {.op = OpClass::kFlush,
                                       .timeout_s = kManyBlocks_s,
                                       .needs_medium = true,
                                       .reserved_for = ReservedFor::kWriters,
                                       .refusal = synchronize_cache_refusal,
                                       .execute = synchronize_cache};

constexpr Command kWriteSame = {.direction = Direction::kOut,
                                .op = OpClass::kWrite,
                                .timeout_s = kManyBlocks_s,
                                .needs_medium = true,
                                .writes = true,
                                .reserved_for = ReservedFor::kWriters,
                                .bytes = write_same_bytes,
                                .refusal = write_same_refusal,
                                .execute = write_same};

constexpr Command kUnmap = {.direction = Direction::kOut,
                            .op = OpClass::kUnmap,
                            .timeout_s = kManyBlocks_s,
                            .needs_medium = true,
                            .writes = true,
                            .reserved_for = ReservedFor::kWriters,
                            .supported = thinly_provisioned,
                            .bytes = unmap_bytes,
                            .refusal = unmap_refusal,
                            .execute = unmap};

// Work on the whole medium. What it may follow is its own matter (medium_work.h), and so these look
// at the unit's state and its write protection themselves.

constexpr Command kFormatUnit = {.direction = Direction::kOut,
                                 .timeout_s = kWholeMedium_s,
                                 .reserved_for = ReservedFor::kWriters,
                                 .supported = runs_medium_jobs,
                                 .bytes = format_unit_bytes,
                                 .refusal = format_unit_refusal,
                                 .execute = format_unit};

constexpr Command kSanitizeOverwrite = {.direction = Direction::kOut,
                                        .timeout_s = kWholeMedium_s,
                                        .reserved_for = ReservedFor::kWriters,
                                        .supported = runs_medium_jobs,
                                        .bytes = sanitize_bytes,
                                        .refusal = sanitize_overwrite_refusal,
                                        .execute = sanitize_overwrite};

constexpr Command kSanitizeBlockErase = {.timeout_s = kWholeMedium_s,
                                         .reserved_for = ReservedFor::kWriters,
                                         .supported = erases_blocks,
                                         .refusal = sanitize_refusal,
                                         .execute = sanitize_block_erase};

constexpr Command kSanitizeExitFailureMode = {.changes_unit = true,
                                              .reserved_for = ReservedFor::kWriters,
                                              .supported = runs_medium_jobs,
                                              .refusal = exit_failure_mode_refusal,
                                              .execute = sanitize_exit_failure_mode};

// What initiators look at, or try out, beside the blocks.

constexpr Command kSendDiagnostic = {.timeout_s = kMedium_s,
                                     .needs_medium = true,
                                     .reserved_for = ReservedFor::kWriters,
                                     .scratch = send_diagnostic_scratch,
                                     .execute = send_diagnostic};

constexpr Command kReadDefectData10 = {.direction = Direction::kIn,
                                       .needs_medium = true,
                                       .reserved_for = ReservedFor::kReaders,
                                       .bytes = defect_data_10_bytes,
                                       .refusal = defect_data_10_refusal,
                                       .execute = read_defect_data_10};

constexpr Command kReadDefectData12 = {.direction = Direction::kIn,
                                       .needs_medium = true,
                                       .reserved_for = ReservedFor::kReaders,
                                       .bytes = defect_data_12_bytes,
                                       .refusal = defect_data_12_refusal,
                                       .execute = read_defect_data_12};

constexpr Command kReadBuffer = {.direction = Direction::kIn,
                                 .reserved_for = ReservedFor::kReaders,
                                 .bytes = buffer_bytes,
                                 .refusal = read_buffer_refusal,
                                 .execute = read_buffer};

constexpr Command kWriteBuffer = {.direction = Direction::kOut,
                                  .reserved_for = ReservedFor::kWriters,
                                  .bytes = buffer_bytes,
                                  .refusal = write_buffer_refusal,
                                  .execute = write_buffer};

// Who holds the unit. Offline it is not known: registrations are kept with the store. What
// conflicts is judged where the state changes.

constexpr Command reserve_in(Step (*execute)(Execution& execution)) {
  return {.direction = Direction::kIn,
          .needs_medium = true,
          .reserved_for = ReservedFor::kManagers,
          .bytes = persistent_reserve_in_bytes,
          .execute = execute};
}

constexpr Command reserve_out(std::optional<Sense> (*refusal)(const Cdb& cdb, const Unit& unit)) {
  return {.direction = Direction::kOut,
          .timeout_s = kMedium_s,
          .needs_medium = true,
          .changes_unit = true,
          .reserved_for = ReservedFor::kManagers,
          .bytes = persistent_reserve_out_bytes,
          .refusal = refusal,
          .execute = persistent_reserve_out};
}

constexpr Command kReserveOut = reserve_out(persistent_reserve_out_refusal);
constexpr Command kReserveOutTyped = reserve_out(persistent_reserve_out_typed_refusal);

constexpr Command kReserve = {.needs_medium = true, .changes_unit = true, .execute = reserve_unit};
constexpr Command kRelease = {.needs_medium = true, .changes_unit = true, .execute = release_unit};

// SCOPE and TYPE are valid, or to be ignored: never stray.
constexpr Usage kReserveOutUsage = {0x5f, 0x00, 0xff, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0x00};

// Copies. The copy manager is reached through a unit; what it reads and writes is judged unit by
// unit (copy_plan.cc), so that this row needs no `writes`.

constexpr Command kExtendedCopy = {.direction = Direction::kOut,
                                   .op = OpClass::kWrite,
                                   .timeout_s = kManyBlocks_s,
                                   .needs_medium = true,
                                   .reserved_for = ReservedFor::kWriters,
                                   .bytes = extended_copy_bytes,
                                   .scratch = extended_copy_scratch,
                                   .refusal = extended_copy_refusal,
                                   .execute = extended_copy};

constexpr Command receive_copy(Step (*execute)(Execution& execution)) {
  return {.direction = Direction::kIn,
          .reserved_for = ReservedFor::kWriters,
          .bytes = receive_copy_bytes,
          .execute = execute};
}

/// The operation code is the usage's first byte: they cannot disagree.
constexpr Command row(std::string_view name, std::uint8_t cdb_bytes, const Usage& usage,
                      Command command, std::optional<std::uint8_t> service_action = std::nullopt) {
  command.name = name;
  command.opcode = usage[0];
  command.service_action = service_action;
  command.cdb_bytes = cdb_bytes;
  command.usage = usage;
  return command;
}

// The masks of CDBs without an extent are spelled out byte by byte.
// clang-format off
constexpr std::array kCommands = {
    row("TEST UNIT READY",         6, {0x00}, kTestUnitReady),
    row("REQUEST SENSE",           6, {0x03, 0x01, 0x00, 0x00, 0xff, 0x00}, kRequestSense),
    row("FORMAT UNIT",             6, {0x04, 0x38, 0x00, 0x00, 0x00, 0x00}, kFormatUnit),
    row("READ (6)",                6, extent6(0x08), kRead),
    row("WRITE (6)",               6, extent6(0x0a), kWrite),
    row("INQUIRY",                 6, {0x12, 0x01, 0xff, 0xff, 0xff, 0x00}, kInquiry),
    row("MODE SELECT (6)",         6, {0x15, 0x10, 0x00, 0x00, 0xff, 0x00}, kModeSelect),
    row("RESERVE (6)",             6, {0x16}, kReserve),
    row("RELEASE (6)",             6, {0x17}, kRelease),
    row("MODE SENSE (6)",          6, {0x1a, 0x08, 0xff, 0xff, 0xff, 0x00}, kModeSense),
    row("START STOP UNIT",         6, {0x1b, 0x01, 0x00, 0x00, 0xf7, 0x00}, kStartStop),
    row("SEND DIAGNOSTIC",         6, {0x1d, 0x17, 0x00, 0x00, 0x00, 0x00}, kSendDiagnostic),
    row("PREVENT ALLOW MEDIUM REMOVAL",
                                   6, {0x1e, 0x00, 0x00, 0x00, 0x01, 0x00}, kPreventAllow),
    row("READ CAPACITY (10)",     10, {0x25}, kReadCapacity10),
    row("READ (10)",              10, extent10(0x28, kReadFlags), kRead),
    row("WRITE (10)",             10, extent10(0x2a, kWriteFlags), kWrite),
    row("WRITE AND VERIFY (10)",  10, extent10(0x2e, kWriteVerifyFlags), kWriteAndVerify),
    row("VERIFY (10)",            10, extent10(0x2f, kVerifyFlags), kVerify),
    row("PRE-FETCH (10)",         10, with_group(extent10(0x34, 0x02), 6), kPrefetch),
    row("SYNCHRONIZE CACHE (10)", 10, extent10(0x35, kSyncFlags), kSynchronizeCache),
    row("READ DEFECT DATA (10)",  10, {0x37, 0x00, 0x1f, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0x00},
        kReadDefectData10),
    row("WRITE BUFFER",           10, {0x3b, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00},
        kWriteBuffer),
    row("READ BUFFER",            10, {0x3c, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00},
        kReadBuffer),
    row("WRITE SAME (10)",        10, extent10(0x41, kWriteSame10Flags), kWriteSame),
    row("UNMAP",                  10, list10(0x42, 0x00), kUnmap),
    row("SANITIZE, OVERWRITE",    10, list10(0x48, 0xa0), kSanitizeOverwrite, 0x01),
    row("SANITIZE, BLOCK ERASE",  10, {0x48, 0xa0}, kSanitizeBlockErase, 0x02),
    row("SANITIZE, EXIT FAILURE MODE",
                                  10, {0x48, 0xa0}, kSanitizeExitFailureMode, 0x1f),
    row("LOG SENSE",              10, {0x4d, 0x00, 0xff, 0xff, 0x00, 0xff, 0xff, 0xff, 0xff, 0x00},
        kLogSense),
    row("MODE SELECT (10)",       10, list10(0x55, 0x10), kModeSelect),
    row("RESERVE (10)",           10, {0x56}, kReserve),
    row("RELEASE (10)",           10, {0x57}, kRelease),
    row("MODE SENSE (10)",        10, {0x5a, 0x18, 0xff, 0xff, 0x00, 0x00, 0x00, 0xff, 0xff, 0x00},
        kModeSense),
    row("PERSISTENT RESERVE IN, READ KEYS",
                                  10, list10(0x5e, 0x00), reserve_in(read_reservation_keys), 0x00),
    row("PERSISTENT RESERVE IN, READ RESERVATION",
                                  10, list10(0x5e, 0x00), reserve_in(read_reservation), 0x01),
    row("PERSISTENT RESERVE IN, REPORT CAPABILITIES",
                                  10, list10(0x5e, 0x00),
        reserve_in(report_reservation_capabilities), 0x02),
    row("PERSISTENT RESERVE IN, READ FULL STATUS",
                                  10, list10(0x5e, 0x00),
        reserve_in(read_full_reservation_status), 0x03),
    row("PERSISTENT RESERVE OUT, REGISTER",
                                  10, kReserveOutUsage, kReserveOut, 0x00),
    row("PERSISTENT RESERVE OUT, RESERVE",
                                  10, kReserveOutUsage, kReserveOutTyped, 0x01),
    row("PERSISTENT RESERVE OUT, RELEASE",
                                  10, kReserveOutUsage, kReserveOutTyped, 0x02),
    row("PERSISTENT RESERVE OUT, CLEAR",
                                  10, kReserveOutUsage, kReserveOut, 0x03),
    row("PERSISTENT RESERVE OUT, PREEMPT",
                                  10, kReserveOutUsage, kReserveOut, 0x04),
    row("PERSISTENT RESERVE OUT, PREEMPT AND ABORT",
                                  10, kReserveOutUsage, kReserveOut, 0x05),
    row("PERSISTENT RESERVE OUT, REGISTER AND IGNORE EXISTING KEY",
                                  10, kReserveOutUsage, kReserveOut, 0x06),
    row("PERSISTENT RESERVE OUT, REGISTER AND MOVE",
                                  10, kReserveOutUsage, kReserveOut, 0x07),
    row("EXTENDED COPY(LID1)",    16, third_party(0x83, 0x00), kExtendedCopy, 0x00),
    row("RECEIVE COPY STATUS(LID1)",
                                  16, third_party(0x84, 0xff),
        receive_copy(receive_copy_status), 0x00),
    row("RECEIVE COPY OPERATING PARAMETERS",
                                  16, third_party(0x84, 0x00),
        receive_copy(receive_copy_parameters), 0x03),
    row("RECEIVE COPY FAILURE DETAILS(LID1)",
                                  16, third_party(0x84, 0xff),
        receive_copy(receive_copy_failure), 0x04),
    row("READ (16)",              16, extent16(0x88, kReadFlags), kRead),
    row("COMPARE AND WRITE",      16, {0x89, kWriteFlags, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                       0xff, 0xff, 0x00, 0x00, 0x00, 0xff, 0x00, 0x00},
        kCompareAndWrite),
    row("WRITE (16)",             16, extent16(0x8a, kWriteFlags), kWrite),
    row("ORWRITE (16)",           16, extent16(0x8b, kWriteFlags), kOrwrite),
    row("WRITE AND VERIFY (16)",  16, extent16(0x8e, kWriteVerifyFlags), kWriteAndVerify),
    row("VERIFY (16)",            16, extent16(0x8f, kVerifyFlags), kVerify),
    row("PRE-FETCH (16)",         16, with_group(extent16(0x90, 0x02), 14), kPrefetch),
    row("SYNCHRONIZE CACHE (16)", 16, extent16(0x91, kSyncFlags), kSynchronizeCache),
    row("WRITE SAME (16)",        16, extent16(0x93, kWriteSame16Flags), kWriteSame),
    row("WRITE ATOMIC (16)",      16, {0x9c, 0x18, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                       0xff, 0xff, 0x00, 0x00, 0xff, 0xff, 0x00, 0x00},
        kWriteAtomic),
    row("READ CAPACITY (16)",     16, {0x9e, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
                                       0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0x00, 0x00},
        kReadCapacity16, 0x10),
    row("GET LBA STATUS",         16, {0x9e, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                       0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, 0x00},
        kGetLbaStatus, 0x12),
    row("REPORT LUNS",            12, {0xa0, 0x00, 0xff, 0x00, 0x00, 0x00,
                                       0xff, 0xff, 0xff, 0xff, 0x00, 0x00}, kReportLuns),
    row("REPORT IDENTIFYING INFORMATION",
                                  12, report12(0x00, 0x00, 0xfe), kReportInformation, 0x05),
    row("REPORT TARGET PORT GROUPS",
                                  12, report12(0x20, 0x00, 0x00), kReportPortGroups, 0x0a),
    row("REPORT SUPPORTED OPERATION CODES",
                                  12, {0xa3, 0x00, 0x87, 0xff, 0xff, 0xff,
                                       0xff, 0xff, 0xff, 0xff, 0x00, 0x00},
        kReportOpcodes, 0x0c),
    row("REPORT SUPPORTED TASK MANAGEMENT FUNCTIONS",
                                  12, report12(0x00, 0x80, 0x00), kReportTaskFunctions, 0x0d),
    row("REPORT TIMESTAMP",       12, report12(0x00, 0x00, 0x00), kReportTimestamp, 0x0f),
    row("READ (12)",              12, extent12(0xa8, kReadFlags), kRead),
    row("WRITE (12)",             12, extent12(0xaa, kWriteFlags), kWrite),
    row("WRITE AND VERIFY (12)",  12, extent12(0xae, kWriteVerifyFlags), kWriteAndVerify),
    row("VERIFY (12)",            12, extent12(0xaf, kVerifyFlags), kVerify),
    row("READ DEFECT DATA (12)",  12, {0xb7, 0x1f, 0xff, 0xff, 0xff, 0xff,
                                       0xff, 0xff, 0xff, 0xff, 0x00, 0x00}, kReadDefectData12),
};
// clang-format on

/// Where the rows of each operation code begin: those of code c are [first[c], first[c + 1]).
constexpr std::array<std::uint8_t, 257> first_rows() {
  std::array<std::uint8_t, 257> first{};
  std::size_t row = 0;
  for (std::size_t opcode = 0; opcode < 256; ++opcode) {
    first[opcode] = static_cast<std::uint8_t>(row);
    while (row < kCommands.size() && kCommands[row].opcode == opcode) ++row;
  }
  first[256] = static_cast<std::uint8_t>(row);
  return first;
}
constexpr std::array<std::uint8_t, 257> kFirstRows = first_rows();
static_assert(kFirstRows[256] == kCommands.size(), "the rows ascend by operation code");

}  // namespace

std::span<const Command> commands() {
  return kCommands;
}

std::span<const Command> commands_of(std::uint8_t opcode) {
  const std::size_t first = kFirstRows[opcode];
  return commands().subspan(first, kFirstRows[opcode + 1u] - first);
}

const Command* find_command(const Cdb& cdb) {
  constexpr std::uint8_t kServiceAction = 0x1f;
  const auto action = static_cast<std::uint8_t>(cdb.bytes[1] & kServiceAction);
  for (const Command& command : commands_of(cdb.opcode()))
    if (command.service_action.value_or(action) == action) return &command;
  return nullptr;
}

bool supports(const Unit& unit, const Command& command) {
  return command.supported == nullptr || command.supported(unit);
}

}  // namespace lungate::scsi
