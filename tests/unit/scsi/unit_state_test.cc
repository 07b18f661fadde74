// SPDX-License-Identifier: LGPL-2.1-or-later
#include "scsi/unit_state.h"

#include "tests/unit/scsi/disk.h"

namespace lungate::scsi {
namespace {

using testing::Disk;
using testing::Fails;
using testing::Gives;
using testing::Good;

TEST(TestUnitReady, SaysHowItIs) {
  Disk disk;
  EXPECT_THAT(disk.send("00 00 00 00 00 00"), Good());
  disk.unit.availability = Availability::kBecoming;
  EXPECT_THAT(disk.send("00 00 00 00 00 00"), Fails(sense::kBecomingReady));
}

TEST(RequestSense, OfAHealthyUnitIsNoSense) {
  Disk disk;
  EXPECT_THAT(disk.send("03 00 00 00 ff 00"), Gives("700000000000000a00000000000000000000"));
  EXPECT_THAT(disk.send("03 01 00 00 ff 00"), Gives("7200000000000000"));
}

TEST(RequestSense, OfAnOfflineUnitIsNotReady) {
  Disk disk;
  disk.unit.availability = Availability::kOffline;
  EXPECT_THAT(disk.send("03 01 00 00 ff 00"), Gives("7202040000000000"));
}

TEST(RequestSense, OfAMissingUnitSaysSo) {
  Disk disk;
  EXPECT_THAT(disk.send_nowhere("03 00 00 00 12 00"),
              Gives("700005000000000a00000000250000000000"));
}

TEST(RequestSense, IsCutToTheAllocationLength) {
  Disk disk;
  EXPECT_THAT(disk.send("03 00 00 00 03 00"), Gives("700000"));
  EXPECT_THAT(disk.send("03 00 00 00 00 00"), Gives(""));
}

}  // namespace
}  // namespace lungate::scsi
