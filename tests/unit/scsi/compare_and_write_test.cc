// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/unit/scsi/disk.h"

namespace lungate::scsi {
namespace {

using backend::Verb;
using testing::Call;
using testing::Data;
using testing::Disk;
using ::testing::ElementsAre;
using testing::Fails;
using testing::FailsAtCdbByte;
using testing::filled;
using testing::Good;
using ::testing::IsEmpty;

constexpr const char* kTwo = "89 00 0000000000000003 000000 02 00 00";
constexpr std::uint64_t kOffset = 3 * 512;
constexpr std::uint64_t kLength = 2 * 512;

Data then(Data first, const Data& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

/// The blocks that kTwo is about have this value.
Disk& with(Disk& disk, unsigned value) {
  std::fill_n(disk.store.bytes.begin() + kOffset, kLength, static_cast<std::byte>(value));
  return disk;
}

Data blocks(const Disk& disk) {
  const auto from = disk.store.bytes.begin() + kOffset;
  return {from, from + kLength};
}

TEST(CompareAndWrite, WritesWhatIsEqual) {
  Disk disk;
  const auto answer = with(disk, 1).send(kTwo, then(filled(kLength, 1), filled(kLength, 2)));
  EXPECT_THAT(answer, Good());
  EXPECT_EQ(answer.transfer_bytes, 2 * kLength);
  EXPECT_EQ(blocks(disk), filled(kLength, 2));
  EXPECT_THAT(answer.calls, ElementsAre(Call{Verb::kRead, kOffset, kLength},
                                        Call{Verb::kWrite, kOffset, kLength}));
}

TEST(CompareAndWrite, LocksItsRangeFirst) {
  Disk disk;
  with(disk, 1).send(kTwo, then(filled(kLength, 1), filled(kLength, 2)));
  ASSERT_EQ(disk.locks.size(), 1u);
  EXPECT_EQ(disk.locks[0].unit, &disk.unit);
  EXPECT_EQ(disk.locks[0].offset, kOffset);
  EXPECT_EQ(disk.locks[0].length, kLength);
}

TEST(CompareAndWrite, TellsTheFirstDifferenceAndWritesNothing) {
  for (const std::size_t at : {std::size_t{0}, std::size_t{511}, std::size_t{512}, kLength - 1}) {
    Disk disk;
    Data expected = filled(kLength, 1);
    expected[at] = std::byte{7};
    const auto answer = with(disk, 1).send(kTwo, then(expected, filled(kLength, 2)));
    EXPECT_THAT(answer, Fails(sense::kMiscompareDuringVerify));
    EXPECT_EQ(answer.sense.information, at);
    EXPECT_EQ(blocks(disk), filled(kLength, 1));
  }
}

TEST(CompareAndWrite, OfNoBlocksDoesNothing) {
  Disk disk;
  const auto answer = disk.send("89 00 0000000000000003 000000 00 00 00", {}, 0);
  EXPECT_THAT(answer, Good());
  EXPECT_EQ(answer.transfer_bytes, 0u);
  EXPECT_THAT(answer.calls, IsEmpty());
}

TEST(CompareAndWrite, OfNoBlocksButWithDataIsAMistake) {
  Disk disk;
  EXPECT_THAT(disk.send("89 00 0000000000000003 000000 00 00 00", filled(1024, 1), 262'144),
              FailsAtCdbByte(13));
}

TEST(CompareAndWrite, HasAMaximum) {
  Disk disk;
  EXPECT_THAT(disk.send("89 00 0000000000000000 000000 80 00 00"), Good());
  EXPECT_THAT(disk.send("89 00 0000000000000000 000000 81 00 00"), FailsAtCdbByte(13));
  EXPECT_THAT(disk.send("89 00 0000000000000000 000000 ff 00 00"), FailsAtCdbByte(13));
}

TEST(CompareAndWrite, OfManyLargeBlocksComparesInPieces) {
  Disk disk(4096, 256);
  Data data(2 * 128 * 4096);
  data[limits::kScratchBytesMax + 5] = std::byte{1};
  const auto answer = disk.send("89 00 0000000000000000 000000 80 00 00", data);
  EXPECT_THAT(answer, Fails(sense::kMiscompareDuringVerify));
  EXPECT_EQ(answer.sense.information, limits::kScratchBytesMax + 5);
  EXPECT_EQ(answer.plan.scratch_bytes, limits::kScratchBytesMax);
}

TEST(CompareAndWrite, HalfOfItsDataIsNotEnough) {
  Disk disk;
  const auto answer =
      with(disk, 1).send(kTwo, then(filled(kLength, 1), filled(kLength, 2)), 2 * kLength - 1);
  EXPECT_THAT(answer, Fails(sense::kInvalidFieldInInformationUnit));
  EXPECT_EQ(answer.transfer_bytes, 2 * kLength);
  EXPECT_THAT(answer.calls, IsEmpty());
}

TEST(CompareAndWrite, BeyondTheEndIsOutOfRange) {
  Disk disk;
  for (const char* cdb :
       {"89 00 00000000000007ff 000000 02 00 00", "89 00 0000000000000800 000000 00 00 00",
        "89 00 ffffffffffffffff 000000 01 00 00"})
    EXPECT_THAT(disk.send(cdb), Fails(sense::kLbaOutOfRange)) << cdb;
}

TEST(CompareAndWrite, FuaFlushesWhereThereIsACache) {
  Disk disk;
  disk.unit.write_cache = true;
  const auto cached = disk.send("89 08 0000000000000000 000000 01 00 00");
  EXPECT_EQ(cached.calls.back(), (Call{Verb::kFlush, 0, 0}));
  disk.unit.write_cache = false;
  EXPECT_EQ(disk.send("89 08 0000000000000000 000000 01 00 00").calls.back().verb, Verb::kWrite);
}

TEST(CompareAndWrite, SaysWhatTheStoreSays) {
  Disk disk;
  disk.store.fail(backend::Status::kNotOwner);
  EXPECT_EQ(disk.send(kTwo).status, Status::kBusy);  // the read: nothing was done
  disk.store.fail(backend::Status::kNotOwner, 1);
  EXPECT_THAT(disk.send(kTwo), Fails(sense::kCommunicationFailure));
  disk.store.fail(backend::Status::kIoError, 1);
  EXPECT_THAT(disk.send(kTwo), Fails(sense::kWriteError));
}

TEST(CompareAndWrite, IsAWrite) {
  Disk disk;
  disk.unit.read_only = true;
  EXPECT_THAT(disk.send(kTwo), Fails(sense::kWriteProtected));
}

}  // namespace
}  // namespace lungate::scsi
