// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/unit/scsi/disk.h"

namespace lungate::scsi {
namespace {

using backend::Verb;
using testing::Call;
using testing::Disk;
using ::testing::ElementsAre;
using testing::Fails;
using testing::FailsAtCdbByte;
using testing::filled;
using testing::Good;

constexpr const char* kTen = "41 00 00000002 00 0003 00";
constexpr const char* kTenUnmap = "41 08 00000002 00 0003 00";
constexpr const char* kSixteen = "93 00 0000000000000002 00000003 00 00";
constexpr const char* kSixteenUnmap = "93 08 0000000000000002 00000003 00 00";
constexpr const char* kSixteenNoData = "93 01 0000000000000002 00000003 00 00";
constexpr const char* kSixteenUnmapNoData = "93 09 0000000000000002 00000003 00 00";

TEST(WriteSame, RepeatsThePattern) {
  for (const char* cdb : {kTen, kTenUnmap, kSixteen, kSixteenUnmap}) {
    Disk disk;
    const auto answer = disk.send(cdb, filled(512, 0xa6));
    EXPECT_THAT(answer, Good()) << cdb;
    EXPECT_THAT(answer.calls, ElementsAre(Call{Verb::kWriteSame, 1024, 1536})) << cdb;
    EXPECT_EQ(disk.send("28 00 00000002 00 0003 00").data, filled(1536, 0xa6)) << cdb;
  }
}

TEST(WriteSame, OfZerosIsWriteZeroes) {
  for (const char* cdb : {kTen, kSixteen, kSixteenNoData}) {
    Disk disk;
    const auto answer = disk.send(cdb, filled(512, 0));
    EXPECT_THAT(answer, Good()) << cdb;
    EXPECT_THAT(answer.calls, ElementsAre(Call{Verb::kWriteZeroes, 1024, 1536})) << cdb;
  }
}

TEST(WriteSame, OfZerosWithUnmapIsDiscard) {
  for (const char* cdb : {kTenUnmap, kSixteenUnmap, kSixteenUnmapNoData}) {
    Disk disk;
    EXPECT_THAT(disk.send(cdb, filled(512, 0)).calls, ElementsAre(Call{Verb::kDiscard, 1024, 1536}))
        << cdb;
  }
}

TEST(WriteSame, ThePatternIsZerosOnlyIfAllOfItIs) {
  Disk disk;
  auto pattern = filled(512, 0);
  pattern.back() = std::byte{1};
  EXPECT_THAT(disk.send(kTenUnmap, pattern).calls, ElementsAre(Call{Verb::kWriteSame, 1024, 1536}));
}

TEST(WriteSame, UnmapIsRefusedWhereTheBackendCannotDiscard) {
  Disk disk;
  disk.unit.geometry.unmap_granularity_blocks = 0;
  EXPECT_THAT(disk.send(kTenUnmap, filled(512, 0)), FailsAtCdbByte(1));
  EXPECT_THAT(disk.send(kSixteenUnmap, filled(512, 0)), FailsAtCdbByte(1));
  EXPECT_THAT(disk.send(kTen, filled(512, 0)), Good());
}

TEST(WriteSame, AnchorIsRefusedWithAndWithoutUnmap) {
  Disk disk;
  for (const char* cdb :
       {"41 10 00000000 00 0001 00", "41 18 00000000 00 0001 00",
        "93 10 0000000000000000 00000001 00 00", "93 18 0000000000000000 00000001 00 00"})
    EXPECT_THAT(disk.send(cdb), FailsAtCdbByte(1)) << cdb;
}

TEST(WriteSame, NoDataBitIsNoneOfTheTenByteForm) {
  Disk disk;
  EXPECT_THAT(disk.send("41 01 00000000 00 0001 00"), FailsAtCdbByte(1));
}

TEST(WriteSame, ProtectionIsRefused) {
  Disk disk;
  for (unsigned wrprotect = 1; wrprotect < 8; ++wrprotect) {
    char cdb[48];
    std::snprintf(cdb, sizeof(cdb), "41 %02x 00000000 00 0001 00", wrprotect << 5);
    EXPECT_THAT(disk.send(cdb), FailsAtCdbByte(1)) << cdb;
  }
}

TEST(WriteSame, NoBlocksAreRefused) {
  Disk disk;
  EXPECT_THAT(disk.send("41 00 00000000 00 0000 00"), FailsAtCdbByte(7));
  EXPECT_THAT(disk.send("41 08 00000000 00 0000 00"), FailsAtCdbByte(7));
  EXPECT_THAT(disk.send("93 08 0000000000000000 00000000 00 00"), FailsAtCdbByte(10));
  EXPECT_THAT(disk.send("93 09 00000000000007ff 00000000 00 00"), FailsAtCdbByte(10));
}

TEST(WriteSame, LongerThanTheMaximumIsAnInvalidLength) {
  Disk disk(512, 40'000);
  EXPECT_THAT(disk.send("93 00 0000000000000000 00008000 00 00", filled(512, 0)), Good());
  EXPECT_THAT(disk.send("93 00 0000000000000000 00008001 00 00"), FailsAtCdbByte(10));
  EXPECT_THAT(disk.send("41 08 00000000 00 8001 00"), FailsAtCdbByte(7));
}

TEST(WriteSame, BeyondTheEndIsOutOfRange) {
  Disk disk;
  for (const char* cdb :
       {"41 00 000007ff 00 0002 00", "41 00 80000000 00 0001 00", "41 00 ffffffff 00 ffff 00",
        "93 00 ffffffffffffffff 00000001 00 00", "93 08 ffffffffffffffff ffffffff 00 00"})
    EXPECT_THAT(disk.send(cdb), Fails(sense::kLbaOutOfRange)) << cdb;
}

TEST(WriteSame, LessThanABlockOfPatternIsRefused) {
  Disk disk;
  const auto answer = disk.send(kTen, filled(512, 1), 256);
  EXPECT_THAT(answer, Fails(sense::kInvalidFieldInInformationUnit));
  EXPECT_TRUE(answer.calls.empty());
}

}  // namespace
}  // namespace lungate::scsi
