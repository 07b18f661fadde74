// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/unit/scsi/disk.h"

namespace lungate::scsi {
namespace {

using testing::Disk;
using testing::FailsAtCdbByte;
using testing::Gives;
using testing::Good;

TEST(LogSense, ListsItsPages) {
  Disk disk;
  EXPECT_THAT(disk.send("4d 00 40 00 00 0000 00ff 00"), Gives("80 00 0001 00"));
}

TEST(LogSense, ListsItsPagesWithSubpages) {
  Disk disk;
  EXPECT_THAT(disk.send("4d 00 40 ff 00 0000 00ff 00"), Gives("c0 ff 0004 00 00 00 ff"));
}

TEST(LogSense, GivesTheSameWhateverValuesAreAsked) {
  Disk disk;
  for (const char* cdb : {"4d 00 00 00 00 0000 00ff 00", "4d 00 80 00 00 0000 00ff 00",
                          "4d 00 c0 00 00 0000 00ff 00"})
    EXPECT_THAT(disk.send(cdb), Gives("80 00 0001 00")) << cdb;
}

/// Each page that the list names is there, and no other.
TEST(LogSense, TheListIsTrue) {
  Disk disk;
  for (unsigned code = 0; code < 0x40; ++code) {
    char cdb[64];
    std::snprintf(cdb, sizeof(cdb), "4d 00 %02x 00 00 0000 00ff 00", 0x40 | code);
    if (code == 0) {
      EXPECT_THAT(disk.send(cdb), Good());
    } else {
      EXPECT_THAT(disk.send(cdb), FailsAtCdbByte(2)) << cdb;
    }
  }
  for (unsigned subpage = 1; subpage < 0xff; ++subpage) {
    char cdb[64];
    std::snprintf(cdb, sizeof(cdb), "4d 00 40 %02x 00 0000 00ff 00", subpage);
    EXPECT_THAT(disk.send(cdb), FailsAtCdbByte(3)) << cdb;
  }
}

TEST(LogSense, HasNoParametersToBeginWith) {
  Disk disk;
  EXPECT_THAT(disk.send("4d 00 40 00 00 0001 00ff 00"), FailsAtCdbByte(5));
}

TEST(LogSense, SavingIsRefused) {
  Disk disk;
  EXPECT_THAT(disk.send("4d 01 40 00 00 0000 00ff 00"), FailsAtCdbByte(1));
}

TEST(LogSense, IsCutButSaysItsWholeLength) {
  Disk disk;
  EXPECT_THAT(disk.send("4d 00 40 ff 00 0000 0004 00"), Gives("c0 ff 0004"));
  EXPECT_THAT(disk.send("4d 00 40 ff 00 0000 0000 00"), Gives(""));
}

}  // namespace
}  // namespace lungate::scsi
