// SPDX-License-Identifier: LGPL-2.1-or-later
// What REPORT SUPPORTED OPERATION CODES says must be what dispatch does.
#include <set>

#include "scsi/command_table.h"
#include "tests/unit/scsi/disk.h"

namespace lungate::scsi {
namespace {

using testing::Disk;
using testing::FailsAtCdbByte;
using testing::Gives;
using testing::Good;
using testing::hex;

testing::Answer report(Disk& disk, unsigned options, unsigned opcode = 0, unsigned action = 0,
                       unsigned allocation = 0xffff) {
  char cdb[64];
  std::snprintf(cdb, sizeof(cdb), "a3 0c %02x %02x %04x %08x 00 00", options, opcode, action,
                allocation);
  return disk.send(cdb);
}

constexpr unsigned kAll = 0, kOpcode = 1, kOpcodeAndAction = 2, kEither = 3, kTimeouts = 0x80;

TEST(ReportOpcodes, AllCommandsAreTheTable) {
  Disk disk;
  const auto answer = report(disk, kAll);
  ASSERT_THAT(answer, Good());
  EXPECT_EQ(load<be32>(answer.data), 8 * commands().size());
  ASSERT_EQ(answer.data.size(), 4 + 8 * commands().size());
  std::size_t at = 4;
  for (const Command& command : commands()) {
    char expected[32];
    std::snprintf(expected, sizeof(expected), "%02x00%04x00%02x%04x", command.opcode,
                  unsigned{command.service_action.value_or(0)},
                  command.service_action.has_value() ? 1u : 0u, command.cdb_bytes);
    EXPECT_EQ(hex(Bytes(answer.data).subspan(at, 8)), expected) << command.name;
    at += 8;
  }
}

TEST(ReportOpcodes, AllCommandsWithTimeouts) {
  Disk disk;
  const auto answer = report(disk, kAll | kTimeouts);
  ASSERT_EQ(answer.data.size(), 4 + 20 * commands().size());
  std::size_t at = 4;
  for (const Command& command : commands()) {
    EXPECT_EQ(answer.data[at + 5] & std::byte{0x02}, std::byte{0x02}) << command.name;
    char expected[32];
    std::snprintf(expected, sizeof(expected), "000a000000000000%08x", unsigned{command.timeout_s});
    EXPECT_EQ(hex(Bytes(answer.data).subspan(at + 8, 12)), expected) << command.name;
    at += 20;
  }
}

TEST(ReportOpcodes, OneCommandShowsItsUsage) {
  Disk disk;
  EXPECT_THAT(report(disk, kOpcode, 0x28), Gives("00 03 000a 28 1e ffffffff 00 ffff 00"));
  EXPECT_THAT(report(disk, kOpcodeAndAction, 0x9e, 0x10),
              Gives("00 03 0010 9e 10 0000000000000000 ffffffff 00 00"));
  EXPECT_THAT(report(disk, kOpcode | kTimeouts, 0x12),
              Gives("00 83 0006 12 01 ff ffff 00 000a0000 00000000 0000000a"));
}

TEST(ReportOpcodes, OptionsMustFitTheOperationCode) {
  Disk disk;
  for (const Command& command : commands()) {
    const bool actions = command.service_action.has_value();
    const unsigned action = command.service_action.value_or(0);
    const auto by_opcode = report(disk, kOpcode, command.opcode, action);
    const auto by_action = report(disk, kOpcodeAndAction, command.opcode, action);
    if (actions) {
      EXPECT_THAT(by_opcode, FailsAtCdbByte(3)) << command.name;
      EXPECT_THAT(by_action, Good()) << command.name;
    } else {
      EXPECT_THAT(by_opcode, Good()) << command.name;
      EXPECT_THAT(by_action, FailsAtCdbByte(4)) << command.name;
    }
    EXPECT_EQ(report(disk, kEither, command.opcode, action).data[1], std::byte{3}) << command.name;
  }
}

TEST(ReportOpcodes, UnknownCommandsAreNotSupported) {
  Disk disk;
  for (const unsigned options : {kOpcode, kOpcodeAndAction, kEither})
    EXPECT_THAT(report(disk, options | kTimeouts, 0xff, 0x1234), Gives("00 01 0000")) << options;
  EXPECT_THAT(report(disk, kOpcodeAndAction, 0x9e, 0x11), Gives("00 01 0000"));
  EXPECT_THAT(report(disk, kOpcodeAndAction, 0x9e, 0xff10), Gives("00 01 0000"));
  EXPECT_THAT(report(disk, kEither, 0x28, 1), Gives("00 01 0000"));
}

TEST(ReportOpcodes, ReservedOptionsAreRefused) {
  Disk disk;
  for (const unsigned options : {4u, 5u, 6u, 7u})
    EXPECT_THAT(report(disk, options), FailsAtCdbByte(2)) << options;
}

TEST(ReportOpcodes, AgreesWithDispatchForEveryOperationCode) {
  Disk disk;
  for (unsigned opcode = 0; opcode < 256; ++opcode) {
    char cdb[16];
    std::snprintf(cdb, sizeof(cdb), "%02x", opcode);
    const bool known = disk.send(cdb + std::string("00000000000000000000")).sense.what !=
                       sense::kInvalidOperationCode;
    const auto answer = report(disk, kOpcode, opcode);
    const bool reported = answer.status != Status::kGood || answer.data[1] != std::byte{1};
    EXPECT_EQ(known, reported) << opcode;
  }
}

TEST(ReportOpcodes, ACommandThatThisUnitLacksIsNotReported) {
  Disk disk;
  EXPECT_EQ(report(disk, kOpcode, 0x42).data[1], std::byte{3});
  disk.unit.geometry.unmap_granularity_blocks = 0;
  EXPECT_THAT(report(disk, kOpcode, 0x42), Gives("00 01 0000"));
  EXPECT_EQ(report(disk, kAll).data.size(), 4 + 8 * (commands().size() - 2));  // nor BLOCK ERASE
}

TEST(ReportOpcodes, IsCutButSaysItsWholeLength) {
  Disk disk;
  const auto answer = report(disk, kAll, 0, 0, 4);
  EXPECT_EQ(answer.data.size(), 4u);
  EXPECT_EQ(load<be32>(answer.data), 8 * commands().size());
  EXPECT_THAT(report(disk, kAll, 0, 0, 0), Gives(""));
}

}  // namespace
}  // namespace lungate::scsi
