// SPDX-License-Identifier: LGPL-2.1-or-later
#include "scsi/command_table.h"

#include <set>

#include "tests/unit/scsi/disk.h"

namespace lungate::scsi {
namespace {

using testing::Disk;
using testing::hex;

/// A CDB of this row with nothing set but what names the command.
std::array<std::byte, 16> plain_cdb(const Command& command) {
  std::array<std::byte, 16> cdb{};
  cdb[0] = std::byte{command.opcode};
  cdb[1] = std::byte{command.service_action.value_or(0)};
  return cdb;
}

bool legal(const Command& command, std::size_t byte, unsigned bit) {
  if (byte == 1 && command.service_action && bit < 5) return true;  // another command, at worst
  return (command.usage[byte] & (1u << bit)) != 0;
}

TEST(CommandTable, RowsAscendAndAreUnique) {
  for (std::size_t i = 1; i < commands().size(); ++i) {
    const Command& a = commands()[i - 1];
    const Command& b = commands()[i];
    EXPECT_LT(std::pair(a.opcode, a.service_action.value_or(0)),
              std::pair(b.opcode, b.service_action.value_or(0)))
        << b.name;
  }
}

TEST(CommandTable, RowsAgreeWithThemselves) {
  for (const Command& command : commands()) {
    EXPECT_EQ(command.usage[0], command.opcode) << command.name;
    EXPECT_EQ(command.usage[command.cdb_bytes - 1], 0) << command.name << ": control byte";
    EXPECT_EQ(command.direction == Direction::kNone, command.bytes == nullptr) << command.name;
    EXPECT_TRUE(!command.writes || command.needs_medium) << command.name;
    EXPECT_NE(command.execute, nullptr) << command.name;
    EXPECT_GT(command.timeout_s, 0) << command.name;
    EXPECT_FALSE(command.name.empty());
    for (std::size_t i = command.cdb_bytes; i < command.usage.size(); ++i)
      EXPECT_EQ(command.usage[i], 0) << command.name << ": beyond the CDB";
  }
}

TEST(CommandTable, CdbLengthFollowsFromTheGroupCode) {
  constexpr std::array<std::uint8_t, 8> kBytesOfGroup = {6, 10, 10, 0, 16, 12, 0, 0};
  for (const Command& command : commands())
    EXPECT_EQ(command.cdb_bytes, kBytesOfGroup[command.opcode >> 5]) << command.name;
}

TEST(CommandTable, EveryRowIsFoundByItsCdb) {
  for (const Command& command : commands()) {
    Cdb cdb;
    cdb.bytes[0] = command.opcode;
    cdb.bytes[1] = command.service_action.value_or(0xe0);
    EXPECT_EQ(find_command(cdb), &command) << command.name;
  }
}

TEST(CommandTable, UnknownOperationCodesHaveNoRow) {
  std::set<std::uint8_t> known;
  for (const Command& command : commands()) known.insert(command.opcode);
  for (unsigned opcode = 0; opcode < 256; ++opcode)
    EXPECT_EQ(commands_of(static_cast<std::uint8_t>(opcode)).empty(),
              known.count(static_cast<std::uint8_t>(opcode)) == 0)
        << opcode;
}

TEST(CommandTable, HasEveryCommandThatADiskNeeds) {
  std::set<std::string> rows;
  for (const Command& command : commands()) {
    const std::array bytes = {std::byte{command.opcode},
                              std::byte{command.service_action.value_or(0)}};
    rows.insert(hex(bytes));
  }
  for (const char* row :
       {"0000", "0300", "0800", "0a00", "1200", "1500", "1a00", "1b00", "2500", "2800",
        "2a00", "3500", "4100", "4200", "4d00", "5500", "5a00", "8800", "8a00", "9100",
        "9300", "9e10", "9e12", "a000", "a305", "a30a", "a30c", "a30d", "a30f", "8300",
        "8400", "8403", "8404", "a800", "aa00", "0400", "1d00", "1e00", "2e00", "2f00",
        "3400", "3700", "3b00", "3c00", "4801", "4802", "481f", "8900", "8b00", "8e00",
        "8f00", "9000", "9c00", "ae00", "af00", "b700"})
    EXPECT_EQ(rows.count(row), 1u) << row;
}

/// Every bit of every row that its mask does not have: refused, and pointed at.
TEST(StrayBits, AreRefusedAtTheirByteAndBit) {
  for (const Command& command : commands()) {
    for (std::size_t byte = 1; byte < command.cdb_bytes; ++byte) {
      for (unsigned bit = 0; bit < 8; ++bit) {
        if (legal(command, byte, bit)) continue;
        auto cdb = plain_cdb(command);
        cdb[byte] |= std::byte{static_cast<std::uint8_t>(1u << bit)};
        Disk disk;
        const auto answer = disk.send(hex(cdb));
        const FieldPointer expected{FieldPointer::In::kCdb, static_cast<std::uint16_t>(byte),
                                    static_cast<std::uint8_t>(bit)};
        EXPECT_EQ(answer.sense.what, sense::kInvalidFieldInCdb) << hex(cdb);
        EXPECT_EQ(answer.sense.field, expected) << hex(cdb);
        EXPECT_TRUE(answer.calls.empty()) << hex(cdb);
      }
    }
  }
}

/// A legal bit alone is never refused as a stray one: the pointer, if any, names no reserved bit.
TEST(StrayBits, LegalOnesReachTheCommand) {
  for (const Command& command : commands()) {
    for (std::size_t byte = 1; byte < command.cdb_bytes; ++byte) {
      auto cdb = plain_cdb(command);
      cdb[byte] |= std::byte{command.usage[byte]};
      Disk disk;
      const auto answer = disk.send(hex(cdb));
      if (!answer.sense.field || answer.sense.field->in != FieldPointer::In::kCdb) continue;
      EXPECT_NE(command.usage[answer.sense.field->byte], 0) << hex(cdb) << ' ' << command.name;
    }
  }
}

TEST(StrayBits, BeyondTheCdbAreNotLookedAt) {
  // iSCSI always carries 16 bytes; those after a shorter CDB mean nothing.
  Disk disk;
  EXPECT_EQ(disk.send("00 00 00 00 00 00 ff ff ff ff ff ff ff ff ff ff").status, Status::kGood);
}

}  // namespace
}  // namespace lungate::scsi
