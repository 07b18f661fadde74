// SPDX-License-Identifier: LGPL-2.1-or-later
// Pages 85h to 87h, byte by byte.
#include "tests/unit/scsi/disk.h"

namespace lungate::scsi {
namespace {

using testing::Disk;
using testing::Gives;

TEST(VpdDevice, HasNoManagementAddresses) {
  Disk disk;
  EXPECT_THAT(disk.send("12 01 85 0400 00"), Gives("00 85 0000"));
}

TEST(VpdDevice, ExtendedInquirySaysWhatIsTrue) {
  Disk disk;
  EXPECT_THAT(disk.send("12 01 86 0400 00"),
              Gives("00 86 003c 00 01 00 000000000000 40" + std::string(100, '0')));
  disk.unit.write_cache = true;
  EXPECT_THAT(disk.send("12 01 86 0400 00"),
              Gives("00 86 003c 00 01 01 000000000000 40" + std::string(100, '0')));
}

TEST(VpdDevice, ModePagesAreSharedByAll) {
  Disk disk;
  EXPECT_THAT(disk.send("12 01 87 0400 00"), Gives("00 87 0004 3f ff 00 00"));
}

}  // namespace
}  // namespace lungate::scsi
