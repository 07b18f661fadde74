// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/unit/scsi/disk.h"

namespace lungate::scsi {
namespace {

using testing::Disk;
using testing::FailsAtCdbByte;
using testing::Gives;
using testing::Good;

TEST(ReportPortGroups, OneGroupOfOnePortIsOptimized) {
  Disk disk;
  disk.unit.target_port_group = 0x0102;
  disk.unit.relative_target_port = 0x0304;
  EXPECT_THAT(disk.send("a3 0a 00000000 00000400 00 00"),
              Gives("0000000c 00 01 0102 00 00 00 01 0000 0304"));
}

TEST(ReportPortGroups, TheExtendedHeaderTellsTheTransitionTime) {
  Disk disk;
  EXPECT_THAT(disk.send("a3 2a 00000000 00000400 00 00"),
              Gives("00000010 10 3c 0000 00 01 0001 00 00 00 01 0000 0001"));
}

TEST(ReportPortGroups, OtherFormatsAreRefused) {
  Disk disk;
  for (const char* cdb : {"a3 4a 00000000 00000400 00 00", "a3 6a 00000000 00000400 00 00",
                          "a3 8a 00000000 00000400 00 00", "a3 ea 00000000 00000400 00 00"})
    EXPECT_THAT(disk.send(cdb), FailsAtCdbByte(1)) << cdb;
}

/// As path checkers read it: the length first, then the whole; cut anywhere it says the same.
TEST(ReportPortGroups, IsCutButSaysItsWholeLength) {
  Disk disk;
  EXPECT_THAT(disk.send("a3 0a 00000000 00000000 00 00"), Gives(""));
  EXPECT_THAT(disk.send("a3 0a 00000000 00000004 00 00"), Gives("0000000c"));
  EXPECT_THAT(disk.send("a3 0a 00000000 00000008 00 00"), Gives("0000000c 00 01 0001"));
  EXPECT_THAT(disk.send("a3 0a 00000000 0000000c 00 00"), Gives("0000000c 00 01 0001 00 00 00 01"));
}

TEST(ReportPortGroups, IsAnsweredByAnOfflineUnit) {
  Disk disk;
  disk.unit.availability = Availability::kOffline;
  EXPECT_THAT(disk.send("a3 0a 00000000 00000400 00 00"), Good());
}

/// The groups are the ones that the designators of page 83h name.
TEST(ReportPortGroups, InquirySaysThatStatesChangeByThemselves) {
  Disk disk;
  EXPECT_EQ(disk.send("12 00 00 0060 00").data[5] & std::byte{0x30}, std::byte{0x10});
}

}  // namespace
}  // namespace lungate::scsi
