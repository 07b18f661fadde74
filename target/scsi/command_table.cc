// SPDX-License-Identifier: LGPL-2.1-or-later

// Every command that there is, as one row: what its CDB may say, which way its data goes, what it
// needs, what it does. Dispatch, the check for stray bits and REPORT SUPPORTED OPERATION CODES all
// read these rows, so that they cannot disagree. A new command is a row here and a file beside it.
// Constant data and look-ups in it: any thread. An unknown code is found as null, and becomes
// INVALID COMMAND OPERATION CODE in execution.cc.
#include "scsi/command_table.h"

#include "scsi/commands.h"
#include "scsi/unit_state.h"

namespace lungate::scsi {
namespace {

using Usage = std::array<std::uint8_t, 16>;

// Recommended timeouts. An initiator that gives up earlier takes a slow disk for a dead path.
constexpr std::uint16_t kMedium_s = 30;  // as Linux waits for a disk
constexpr std::uint16_t kManyBlocks_s = 60;

// Bits of byte 1 where an extent's flags stand. FUA_NV and SYNC_NV are obsolete since SBC-3 but
// still sent, and RARC may be ignored without a rebuild assist mode: all three change nothing here.
// RDPROTECT, WRPROTECT and the group number are stray: there is neither protection information nor
// grouping.
constexpr std::uint8_t kReadFlags = 0x1e;         // DPO, FUA, RARC, FUA_NV
constexpr std::uint8_t kWriteFlags = 0x1a;        // DPO, FUA, FUA_NV
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

// What the forms of one command have in common.

// A unit attention passes the first four by: initiators use them to find out what there is, before
// and while anything else can be told (SAM-5, 5.14; REQUEST SENSE tells it as its data).

constexpr Command kTestUnitReady = {.needs_medium = true, .execute = test_unit_ready};

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

constexpr Command kReportOpcodes = {
    .direction = Direction::kIn, .bytes = report_opcodes_bytes, .execute = report_opcodes};

// Of these MODE SENSE alone works on an offline unit: an initiator may look at it, not change it.

constexpr Command kStartStop = {
    .needs_medium = true, .refusal = start_stop_refusal, .execute = start_stop_unit};

constexpr Command kModeSense = {
    .direction = Direction::kIn, .bytes = mode_sense_bytes, .execute = mode_sense};

constexpr Command kModeSelect = {.direction = Direction::kOut,
                                 .needs_medium = true,
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
                           .bytes = transfer_bytes,
                           .refusal = transfer_refusal,
                           .execute = read_blocks};

constexpr Command kWrite = {.direction = Direction::kOut,
                            .op = OpClass::kWrite,
                            .timeout_s = kMedium_s,
                            .needs_medium = true,
                            .writes = true,
                            .bytes = transfer_bytes,
                            .refusal = transfer_refusal,
                            .execute = write_blocks};

constexpr Command kSynchronizeCache = {.op = OpClass::kFlush,
                                       .timeout_s = kManyBlocks_s,
                                       .needs_medium = true,
                                       .refusal = synchronize_cache_refusal,
                                       .execute = synchronize_cache};

constexpr Command kWriteSame = {.direction = Direction::kOut,
                                .op = OpClass::kWrite,
                                .timeout_s = kManyBlocks_s,
                                .needs_medium = true,
                                .writes = true,
                                .bytes = write_same_bytes,
                                .refusal = write_same_refusal,
                                .execute = write_same};

constexpr Command kUnmap = {.direction = Direction::kOut,
                            .op = OpClass::kUnmap,
                            .timeout_s = kManyBlocks_s,
                            .needs_medium = true,
                            .writes = true,
                            .supported = thinly_provisioned,
                            .bytes = unmap_bytes,
                            .refusal = unmap_refusal,
                            .execute = unmap};

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
    row("READ (6)",                6, extent6(0x08), kRead),
    row("WRITE (6)",               6, extent6(0x0a), kWrite),
    row("INQUIRY",                 6, {0x12, 0x01, 0xff, 0xff, 0xff, 0x00}, kInquiry),
    row("MODE SELECT (6)",         6, {0x15, 0x10, 0x00, 0x00, 0xff, 0x00}, kModeSelect),
    row("MODE SENSE (6)",          6, {0x1a, 0x08, 0xff, 0xff, 0xff, 0x00}, kModeSense),
    row("START STOP UNIT",         6, {0x1b, 0x01, 0x00, 0x00, 0x01, 0x00}, kStartStop),
    row("READ CAPACITY (10)",     10, {0x25}, kReadCapacity10),
    row("READ (10)",              10, extent10(0x28, kReadFlags), kRead),
    row("WRITE (10)",             10, extent10(0x2a, kWriteFlags), kWrite),
    row("SYNCHRONIZE CACHE (10)", 10, extent10(0x35, kSyncFlags), kSynchronizeCache),
    row("WRITE SAME (10)",        10, extent10(0x41, kWriteSame10Flags), kWriteSame),
    row("UNMAP",                  10, list10(0x42, 0x00), kUnmap),
    row("MODE SELECT (10)",       10, list10(0x55, 0x10), kModeSelect),
    row("MODE SENSE (10)",        10, {0x5a, 0x18, 0xff, 0xff, 0x00, 0x00, 0x00, 0xff, 0xff, 0x00},
        kModeSense),
    row("READ (16)",              16, extent16(0x88, kReadFlags), kRead),
    row("WRITE (16)",             16, extent16(0x8a, kWriteFlags), kWrite),
    row("SYNCHRONIZE CACHE (16)", 16, extent16(0x91, kSyncFlags), kSynchronizeCache),
    row("WRITE SAME (16)",        16, extent16(0x93, kWriteSame16Flags), kWriteSame),
    row("READ CAPACITY (16)",     16, {0x9e, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
                                       0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0x00, 0x00},
        kReadCapacity16, 0x10),
    row("GET LBA STATUS",         16, {0x9e, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                       0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, 0x00},
        kGetLbaStatus, 0x12),
    row("REPORT LUNS",            12, {0xa0, 0x00, 0xff, 0x00, 0x00, 0x00,
                                       0xff, 0xff, 0xff, 0xff, 0x00, 0x00}, kReportLuns),
    row("REPORT SUPPORTED OPERATION CODES",
                                  12, {0xa3, 0x00, 0x87, 0xff, 0xff, 0xff,
                                       0xff, 0xff, 0xff, 0xff, 0x00, 0x00},
        kReportOpcodes, 0x0c),
    row("READ (12)",              12, extent12(0xa8, kReadFlags), kRead),
    row("WRITE (12)",             12, extent12(0xaa, kWriteFlags), kWrite),
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
