// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/unit/scsi/disk.h"

namespace lungate::scsi {
namespace {

using testing::Disk;
using testing::FailsAtCdbByte;
using testing::Gives;

TEST(ReportTaskFunctions, AreThoseOfTheSession) {
  Disk disk;
  // All but CLEAR ACA and WAKEUP.
  EXPECT_THAT(disk.send("a3 0d 00 000000 00000004 00 00"), Gives("de 07 00 00"));
  EXPECT_THAT(disk.send("a3 0d 00 000000 00000100 00 00"), Gives("de 07 00 00"));
}

TEST(ReportTaskFunctions, ExtendedDataHaveNoTimeouts) {
  Disk disk;
  EXPECT_THAT(disk.send("a3 0d 80 000000 00000010 00 00"),
              Gives("de 07 00 0c 00000000 00000000 00000000"));
}

TEST(ReportTaskFunctions, NeedRoomForAllOfThem) {
  Disk disk;
  for (const char* cdb : {"a3 0d 00 000000 00000003 00 00", "a3 0d 00 000000 00000000 00 00",
                          "a3 0d 80 000000 0000000f 00 00"})
    EXPECT_THAT(disk.send(cdb), FailsAtCdbByte(6)) << cdb;
}

TEST(ReportTimestamp, IsTheMachinesClock) {
  Disk disk;
  disk.now_ms = 0x0187'0123'4567;
  EXPECT_THAT(disk.send("a3 0f 00000000 00000100 00 00"), Gives("000a 03 00 018701234567 0000"));
  EXPECT_THAT(disk.send("a3 0f 00000000 00000004 00 00"), Gives("000a 03 00"));
}

TEST(ReportInformation, ThereIsNone) {
  Disk disk;
  EXPECT_THAT(disk.send("a3 05 00000000 00000100 00 00"), Gives("0000 0000")) << "peripheral";
  EXPECT_THAT(disk.send("a3 05 00000000 00000100 04 00"), Gives("0000 0000")) << "text";
}

TEST(ReportInformation, NoneCanBeSet) {
  Disk disk;
  EXPECT_THAT(disk.send("a3 05 00000000 00000100 fe 00"), Gives("0000 0008 00 00 0000 04 00 0000"));
}

TEST(ReportInformation, OtherTypesAreRefused) {
  Disk disk;
  for (unsigned type = 0; type < 0x80; ++type) {
    if (type == 0x00 || type == 0x02 || type == 0x7f) continue;
    char cdb[64];
    std::snprintf(cdb, sizeof(cdb), "a3 05 00000000 00000100 %02x 00", type << 1);
    EXPECT_THAT(disk.send(cdb), FailsAtCdbByte(10)) << cdb;
  }
  EXPECT_THAT(disk.send("a3 05 00000000 00000100 01 00"), FailsAtCdbByte(10)) << "a stray bit";
}

TEST(Reports, AreAnsweredByAnOfflineUnit) {
  Disk disk;
  disk.unit.availability = Availability::kOffline;
  for (const char* cdb : {"a3 05 00000000 00000100 00 00", "a3 0d 00000000 00000100 00 00",
                          "a3 0f 00000000 00000100 00 00"})
    EXPECT_THAT(disk.send(cdb), testing::Good()) << cdb;
}

}  // namespace
}  // namespace lungate::scsi
