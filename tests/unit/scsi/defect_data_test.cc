// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/unit/scsi/disk.h"

namespace lungate::scsi {
namespace {

using testing::Disk;
using testing::Fails;
using testing::FailsAtCdbByte;
using testing::Gives;

TEST(ReadDefectData, OfTenBytesGivesEmptyLists) {
  Disk disk;
  EXPECT_THAT(disk.send("37 00 00 00000000 0020 00"), Gives("00 00 0000"));
  EXPECT_THAT(disk.send("37 00 1d 00000000 0020 00"), Gives("00 1d 0000"));
  EXPECT_THAT(disk.send("37 00 18 00000000 0002 00"), Gives("00 18"));
}

TEST(ReadDefectData, OfTwelveBytesGivesEmptyLists) {
  Disk disk;
  EXPECT_THAT(disk.send("b7 00 00000000 00000020 00 00"), Gives("00 00 0000 00000000"));
  EXPECT_THAT(disk.send("b7 0b 00000000 ffffffff 00 00"), Gives("00 0b 0000 00000000"));
  EXPECT_THAT(disk.send("b7 10 00000007 00000004 00 00"), Gives("00 10 0000"));
}

TEST(ReadDefectData, KnowsTheFormatsOfTheStandard) {
  Disk disk;
  for (const char* cdb : {"37 00 06 00000000 0020 00", "37 00 1f 00000000 0020 00"})
    EXPECT_THAT(disk.send(cdb), FailsAtCdbByte(2)) << cdb;
  EXPECT_THAT(disk.send("b7 1e 00000000 00000020 00 00"), FailsAtCdbByte(1));
}

TEST(ReadDefectData, NeedsAMedium) {
  Disk disk;
  disk.unit.availability = Availability::kOffline;
  EXPECT_THAT(disk.send("37 00 18 00000000 0020 00"), Fails(sense::kNotReadyCauseNotReportable));
}

}  // namespace
}  // namespace lungate::scsi
