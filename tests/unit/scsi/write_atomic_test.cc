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
using ::testing::IsEmpty;

TEST(WriteAtomic, IsOneWrite) {
  Disk disk;
  const auto answer = disk.send("9c 00 0000000000000100 0000 0100 00 00", filled(256 * 512, 9));
  EXPECT_THAT(answer, Good());
  EXPECT_THAT(answer.calls, ElementsAre(Call{Verb::kWrite, 256 * 512, 256 * 512}));
}

TEST(WriteAtomic, IsRefusedWhereTheStoreCouldTearIt) {
  Disk disk;
  EXPECT_THAT(disk.send("9c 00 0000000000000000 0000 0101 00 00"), FailsAtCdbByte(12));
  EXPECT_THAT(disk.send("9c 00 0000000000000001 0000 0001 00 00"), FailsAtCdbByte(2));
  EXPECT_THAT(disk.send("9c 00 0000000000000080 0000 0001 00 00"), FailsAtCdbByte(2));
}

TEST(WriteAtomic, OfLessDataThanTheCdbSaysIsRefused) {
  Disk disk;
  const auto answer = disk.send("9c 00 0000000000000000 0000 0002 00 00", filled(512, 9), 512);
  EXPECT_THAT(answer, Fails(sense::kInvalidFieldInInformationUnit));
  EXPECT_THAT(answer.calls, IsEmpty());
}

TEST(WriteAtomic, OfNoBlocksDoesNothing) {
  Disk disk;
  EXPECT_THAT(disk.send("9c 00 0000000000000000 0000 0000 00 00").calls, IsEmpty());
}

/// Even where it is not aligned: the range comes first.
TEST(WriteAtomic, BeyondTheEndIsOutOfRange) {
  Disk disk;
  for (const char* cdb :
       {"9c 00 00000000000007ff 0000 0002 00 00", "9c 00 0000000000000900 0000 0000 00 00",
        "9c 00 ffffffffffffff00 0000 0001 00 00"})
    EXPECT_THAT(disk.send(cdb), Fails(sense::kLbaOutOfRange)) << cdb;
}

TEST(WriteAtomic, FuaFlushesWhereThereIsACache) {
  Disk disk;
  disk.unit.write_cache = true;
  EXPECT_EQ(disk.send("9c 08 0000000000000000 0000 0001 00 00").calls.back().verb, Verb::kFlush);
}

TEST(WriteAtomic, IsNotThereWhereTheStoreHasNoSuchThing) {
  Disk disk;
  disk.unit.geometry.atomic_blocks_max = 0;
  EXPECT_THAT(disk.send("9c 00 0000000000000000 0000 0001 00 00"),
              Fails(sense::kInvalidOperationCode));
}

TEST(WriteAtomic, IsNoLongerThanAnyTransfer) {
  Disk disk(512, 40'000);
  disk.unit.geometry.atomic_blocks_max = 16'384;
  EXPECT_THAT(disk.send("9c 00 0000000000000000 0000 2000 00 00"), Good());
  EXPECT_THAT(disk.send("9c 00 0000000000000000 0000 2001 00 00"), FailsAtCdbByte(12));
}

}  // namespace
}  // namespace lungate::scsi
