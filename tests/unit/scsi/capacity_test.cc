// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/unit/scsi/disk.h"

namespace lungate::scsi {
namespace {

using testing::Disk;
using testing::FailsAtCdbByte;
using testing::Gives;
using testing::Good;

constexpr const char* kTen = "25 00 00000000 0000 00 00";
constexpr const char* kSixteen = "9e 10 0000000000000000 00000020 00 00";
const std::string kZeros16(32, '0');

TEST(ReadCapacity, TenBytes) {
  Disk disk;
  EXPECT_THAT(disk.send(kTen), Gives("000007ff 00000200"));
  Disk large(4096, 256);
  EXPECT_THAT(large.send(kTen), Gives("000000ff 00001000"));
}

TEST(ReadCapacity, TenBytesSayWhenSixteenAreNeeded) {
  Disk disk(512, 0xffffffff);
  EXPECT_THAT(disk.send(kTen), Gives("fffffffe 00000200"));
  disk.unit.geometry.block_count = 0x100000000;
  EXPECT_THAT(disk.send(kTen), Gives("ffffffff 00000200"));
  disk.unit.geometry.block_count = 1ull << 50;
  EXPECT_THAT(disk.send(kTen), Gives("ffffffff 00000200"));
}

TEST(ReadCapacity, SixteenBytesOfAThinUnit) {
  Disk disk;
  EXPECT_THAT(disk.send(kSixteen), Gives("00000000000007ff 00000200 00 00 c000" + kZeros16));
}

TEST(ReadCapacity, SixteenBytesOfAThickUnit) {
  Disk disk(512, 0x123456789a);
  disk.unit.geometry.unmap_granularity_blocks = 0;
  EXPECT_THAT(disk.send(kSixteen), Gives("0000001234567899 00000200 00 00 0000" + kZeros16));
}

TEST(ReadCapacity, SixteenBytesAtAnyAllocationLength) {
  Disk disk;
  for (unsigned length = 0; length <= 64; ++length) {
    char cdb[48];
    std::snprintf(cdb, sizeof(cdb), "9e 10 0000000000000000 %08x 00 00", length);
    const auto answer = disk.send(cdb);
    EXPECT_THAT(answer, Good()) << length;
    EXPECT_EQ(answer.data.size(), std::min(length, 32u));
  }
}

TEST(ReadCapacity, ObsoleteFieldsAreStray) {
  Disk disk;
  EXPECT_THAT(disk.send("25 00 00000001 0000 00 00"), FailsAtCdbByte(5));
  EXPECT_THAT(disk.send("25 00 00000000 0000 01 00"), FailsAtCdbByte(8));
  EXPECT_THAT(disk.send("9e 10 0000000000000001 00000020 00 00"), FailsAtCdbByte(9));
}

}  // namespace
}  // namespace lungate::scsi
