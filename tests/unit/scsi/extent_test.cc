// SPDX-License-Identifier: LGPL-2.1-or-later
#include "scsi/extent.h"

#include <gtest/gtest.h>

#include "scsi/command_table.h"

namespace lungate::scsi {
namespace {

/// A CDB with the bytes 1, 2, 3... behind its first two.
Cdb numbered(const Command& command) {
  Cdb cdb;
  cdb.size = command.cdb_bytes;
  cdb.bytes[0] = command.opcode;
  cdb.bytes[1] = command.service_action.value_or(0);
  for (std::uint8_t i = 2; i < cdb.size; ++i) cdb.bytes[i] = static_cast<std::uint8_t>(i - 1);
  return cdb;
}

/// Commands that name no LBA, although bytes 2 to 5 may be anything.
bool names_something_else(const Command& command) {
  constexpr std::uint8_t kBuffers[] = {0x3b, 0x3c};
  constexpr std::uint8_t kDefects12 = 0xb7;
  return command.opcode == kBuffers[0] || command.opcode == kBuffers[1] ||
         command.opcode == kDefects12;
}

bool names_lba(const Command& command) {
  if (names_something_else(command)) return false;
  const std::size_t last = command.cdb_bytes == 6 ? 3 : command.cdb_bytes == 16 ? 9 : 5;
  if (command.cdb_bytes == 6 && command.usage[1] != 0x1f) return false;
  for (std::size_t i = 2; i <= last; ++i)
    if (command.usage[i] != 0xff) return false;
  return true;
}

/// Guards kNamesLba: held against the masks of the command table, which were written for another
/// purpose.
TEST(LbaOf, IsThatOfEveryCommandThatNamesOne) {
  unsigned found = 0;
  for (const Command& command : commands()) {
    std::uint64_t expected = 0;
    if (names_lba(command) && command.cdb_bytes == 6) expected = 0x0102;
    if (names_lba(command) && command.cdb_bytes > 6) expected = 0x01020304;
    if (names_lba(command) && command.cdb_bytes == 16) expected = 0x0102030405060708;
    EXPECT_EQ(lba_of(numbered(command)), expected) << command.name;
    found += expected != 0 ? 1 : 0;
  }
  EXPECT_GE(found, 24u);
}

TEST(LbaOf, AnUnknownCommandHasNone) {
  Cdb cdb;
  cdb.size = 16;
  cdb.bytes.fill(0xc1);
  EXPECT_EQ(lba_of(cdb), 0u);
}

}  // namespace
}  // namespace lungate::scsi
