// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/unit/scsi/disk.h"

namespace lungate::scsi {
namespace {

using backend::Verb;
using testing::Call;
using testing::Disk;
using ::testing::ElementsAre;
using testing::Fails;
using testing::filled;
using testing::Good;
using ::testing::IsEmpty;

constexpr const char* kTwo = "8b 00 0000000000000003 00000002 00 00";

TEST(Orwrite, SetsBitsAndLeavesTheOthers) {
  Disk disk;
  disk.send("8a 00 0000000000000003 00000002 00 00", filled(1024, 0xa0));
  const auto answer = disk.send(kTwo, filled(1024, 0x05));
  EXPECT_THAT(answer, Good());
  EXPECT_EQ(answer.transfer_bytes, 1024u);
  EXPECT_EQ(disk.send("88 00 0000000000000003 00000002 00 00").data, filled(1024, 0xa5));
}

TEST(Orwrite, NobodyWritesInBetween) {
  Disk disk;
  const auto answer = disk.send(kTwo, filled(1024, 1));
  EXPECT_THAT(answer.calls,
              ElementsAre(Call{Verb::kRead, 1536, 1024}, Call{Verb::kWrite, 1536, 1024}));
  ASSERT_EQ(disk.locks.size(), 1u);
  EXPECT_EQ(disk.locks[0].offset, 1536u);
  EXPECT_EQ(disk.locks[0].length, 1024u);
}

TEST(Orwrite, OfManyBlocksReadsInPiecesAndWritesOnce) {
  Disk disk;
  std::fill(disk.store.bytes.begin(), disk.store.bytes.end(), std::byte{2});
  const auto answer = disk.send("8b 00 0000000000000000 00000300 00 00", filled(768 * 512, 1));
  EXPECT_THAT(answer.calls, ElementsAre(Call{Verb::kRead, 0, 256 * 1024},
                                        Call{Verb::kRead, 256 * 1024, 128 * 1024},
                                        Call{Verb::kWrite, 0, 384 * 1024}));
  EXPECT_EQ(disk.store.bytes[384 * 1024 - 1], std::byte{3});
  EXPECT_EQ(disk.store.bytes[384 * 1024], std::byte{2});
}

TEST(Orwrite, OfLessDataThanTheCdbSaysIsDoneForWholeBlocks) {
  Disk disk;
  const auto answer = disk.send(kTwo, filled(700, 1), 700);
  EXPECT_THAT(answer, Good());
  EXPECT_EQ(answer.transfer_bytes, 1024u);
  EXPECT_EQ(answer.calls.back(), (Call{Verb::kWrite, 1536, 512}));
  EXPECT_THAT(disk.send(kTwo, {}, 0).calls, IsEmpty());
}

TEST(Orwrite, OfNoBlocksDoesNothingWhereThereAreSome) {
  Disk disk;
  EXPECT_THAT(disk.send("8b 00 0000000000000000 00000000 00 00"), Good());
  EXPECT_THAT(disk.send("8b 00 0000000000000800 00000000 00 00"), Fails(sense::kLbaOutOfRange));
}

TEST(Orwrite, FuaFlushesWhereThereIsACache) {
  Disk disk;
  disk.unit.write_cache = true;
  EXPECT_EQ(disk.send("8b 08 0000000000000000 00000001 00 00").calls.back().verb, Verb::kFlush);
}

TEST(Orwrite, SaysWhatTheStoreSays) {
  Disk disk;
  disk.store.fail(backend::Status::kIoError);
  EXPECT_THAT(disk.send(kTwo), Fails(sense::kUnrecoveredReadError));
  disk.store.fail(backend::Status::kNoSpace, 1);
  EXPECT_THAT(disk.send(kTwo), Fails(sense::kSpaceAllocationFailed));
}

}  // namespace
}  // namespace lungate::scsi
