// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/unit/scsi/disk.h"

namespace lungate::scsi {
namespace {

using testing::Disk;
using testing::Fails;
using testing::FailsAtCdbByte;
using testing::Good;
using ::testing::IsEmpty;

/// GOOD, not CONDITION MET: nobody has said that the blocks fit into a cache.
TEST(Prefetch, OfBlocksThatExistIsGood) {
  Disk disk;
  for (const char* cdb :
       {"34 00 00000000 00 0001 00", "34 02 000007ff 00 0001 00", "34 02 00000000 03 0100 00",
        "34 00 00000005 00 0000 00", "90 00 0000000000000000 00000800 00 00",
        "90 02 0000000000000001 00000001 1f 00"}) {
    const auto answer = disk.send(cdb);
    EXPECT_THAT(answer, Good()) << cdb;
    EXPECT_THAT(answer.calls, IsEmpty()) << cdb;
  }
}

TEST(Prefetch, BeyondTheEndIsOutOfRange) {
  Disk disk;
  for (const char* cdb :
       {"34 00 000007ff 00 0002 00", "34 00 00000801 00 0000 00", "34 00 ffffffff 00 0001 00",
        "90 00 8000000000000000 00000000 00 00", "90 00 ffffffffffffffff ffffffff 00 00"})
    EXPECT_THAT(disk.send(cdb), Fails(sense::kLbaOutOfRange)) << cdb;
}

TEST(Prefetch, ReservedBitsOfTheGroupAreStray) {
  Disk disk;
  EXPECT_THAT(disk.send("34 00 00000000 20 0001 00"), FailsAtCdbByte(6));
  EXPECT_THAT(disk.send("90 00 0000000000000000 00000001 20 00"), FailsAtCdbByte(14));
}

}  // namespace
}  // namespace lungate::scsi
