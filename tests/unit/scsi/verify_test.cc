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

/// A command of any length on three blocks from LBA 2, with these flags in byte 1.
std::string on_three_blocks(unsigned opcode, unsigned flags) {
  const char* form = "%02x %02x 00000002 00 0003 00";
  if (opcode >> 5 == 4) form = "%02x %02x 0000000000000002 00000003 00 00";
  if (opcode >> 5 == 5) form = "%02x %02x 00000002 00000003 00 00";
  char cdb[64];
  std::snprintf(cdb, sizeof(cdb), form, opcode, flags);
  return cdb;
}

constexpr unsigned kNoCheck = 0x00;
constexpr unsigned kCompare = 0x02;
constexpr unsigned kReserved = 0x04;
constexpr unsigned kOneBlock = 0x06;
constexpr std::uint64_t kOffset = 2 * 512;
constexpr std::uint64_t kLength = 3 * 512;

/// 0, 1, 2, ... from the first block of three on.
Data counting(std::size_t size) {
  Data data(size);
  for (std::size_t i = 0; i < size; ++i) data[i] = static_cast<std::byte>(i * 7);
  return data;
}

class EveryVerify : public ::testing::TestWithParam<unsigned> {
 protected:
  std::string with(unsigned flags) const { return on_three_blocks(GetParam(), flags); }
  void put(const Data& data) {
    std::copy(data.begin(), data.end(), disk.store.bytes.begin() + kOffset);
  }
  Disk disk;
};
INSTANTIATE_TEST_SUITE_P(Forms, EveryVerify, ::testing::Values(0x2fu, 0xafu, 0x8fu));

TEST_P(EveryVerify, WithoutComparisonReads) {
  const auto answer = disk.send(with(kNoCheck), {}, 0);
  EXPECT_THAT(answer, Good());
  EXPECT_EQ(answer.plan.direction, Direction::kNone);
  EXPECT_THAT(answer.calls, ElementsAre(Call{Verb::kRead, kOffset, kLength}));
}

TEST_P(EveryVerify, ComparesAllOfItsData) {
  put(counting(kLength));
  const auto answer = disk.send(with(kCompare), counting(kLength));
  EXPECT_THAT(answer, Good());
  EXPECT_EQ(answer.transfer_bytes, kLength);
}

TEST_P(EveryVerify, TellsTheFirstDifference) {
  put(counting(kLength));
  for (const std::size_t at : {std::size_t{0}, std::size_t{600}, kLength - 1}) {
    Data expected = counting(kLength);
    expected[at] ^= std::byte{0x58};
    const auto answer = disk.send(with(kCompare), expected);
    EXPECT_THAT(answer, Fails(sense::kMiscompareDuringVerify));
    EXPECT_EQ(answer.sense.information, at);
  }
}

TEST_P(EveryVerify, ComparesOneBlockWithEach) {
  put(filled(kLength, 0x33));
  const auto answer = disk.send(with(kOneBlock), filled(512, 0x33));
  EXPECT_THAT(answer, Good());
  EXPECT_EQ(answer.transfer_bytes, 512u);
  disk.store.bytes[kOffset + 1024 + 9] = std::byte{0x34};
  const auto different = disk.send(with(kOneBlock), filled(512, 0x33));
  EXPECT_THAT(different, Fails(sense::kMiscompareDuringVerify));
  EXPECT_EQ(different.sense.information, 1024u + 9);
}

TEST_P(EveryVerify, KnowsNoOtherComparison) {
  EXPECT_THAT(disk.send(with(kReserved)), FailsAtCdbByte(1));
}

TEST_P(EveryVerify, ProtectionIsRefused) {
  for (unsigned vrprotect = 1; vrprotect < 8; ++vrprotect)
    EXPECT_THAT(disk.send(with(vrprotect << 5 | kCompare)), FailsAtCdbByte(1));
}

TEST_P(EveryVerify, OfLessDataThanItComparesIsRefused) {
  for (const unsigned flags : {kCompare, kOneBlock}) {
    const auto answer = disk.send(with(flags), filled(512, 0), 511);
    EXPECT_THAT(answer, Fails(sense::kInvalidFieldInInformationUnit));
    EXPECT_THAT(answer.calls, IsEmpty());
  }
}

TEST_P(EveryVerify, LooksBehindTheCache) {
  disk.unit.write_cache = true;
  EXPECT_THAT(disk.send(with(kNoCheck)).calls,
              ElementsAre(Call{Verb::kFlush, 0, 0}, Call{Verb::kRead, kOffset, kLength}));
}

TEST_P(EveryVerify, SaysThatAReadFailed) {
  disk.store.fail(backend::Status::kIoError);
  EXPECT_THAT(disk.send(with(kNoCheck)), Fails(sense::kUnrecoveredReadError));
  disk.store.fail(backend::Status::kUnavailable);
  EXPECT_EQ(disk.send(with(kNoCheck)).status, Status::kBusy);
}

TEST_P(EveryVerify, WorksOnAProtectedUnit) {
  disk.unit.read_only = true;
  EXPECT_THAT(disk.send(with(kNoCheck)), Good());
}

TEST(Verify, OfManyBlocksGoesInPieces) {
  Disk disk;
  const auto answer = disk.send("8f 02 0000000000000000 00000300 00 00", Data(768 * 512));
  EXPECT_THAT(answer, Good());
  EXPECT_THAT(answer.calls, ElementsAre(Call{Verb::kRead, 0, 256 * 1024},
                                        Call{Verb::kRead, 256 * 1024, 128 * 1024}));
  disk.store.bytes[300 * 1024] = std::byte{1};
  EXPECT_EQ(disk.send("8f 02 0000000000000000 00000300 00 00", Data(768 * 512)).sense.information,
            300u * 1024);
  EXPECT_EQ(disk.send("8f 06 0000000000000000 00000300 00 00", Data(512)).sense.information,
            300u * 1024);
}

TEST(Verify, BeyondTheEndIsOutOfRange) {
  Disk disk;
  for (const char* cdb :
       {"2f 02 000007ff 00 0002 00", "2f 02 00000801 00 0000 00", "af 00 ffffffff 00000001 00 00",
        "8f 02 8000000000000000 00000000 00 00", "8f 06 00000000000007ff 00000002 00 00"})
    EXPECT_THAT(disk.send(cdb), Fails(sense::kLbaOutOfRange)) << cdb;
}

TEST(Verify, HasTheMaximumOfATransfer) {
  Disk disk(512, 40'000);
  EXPECT_THAT(disk.send("8f 00 0000000000000000 00002000 00 00"), Good());
  EXPECT_THAT(disk.send("8f 00 0000000000000000 00002001 00 00"), FailsAtCdbByte(10));
}

TEST(Verify, OfNoBlocksDoesNothing) {
  Disk disk;
  for (const char* cdb :
       {"2f 00 00000000 00 0000 00", "2f 02 00000000 00 0000 00", "2f 06 00000000 00 0000 00"}) {
    const auto answer = disk.send(cdb);
    EXPECT_THAT(answer, Good()) << cdb;
    EXPECT_THAT(answer.calls, IsEmpty()) << cdb;
  }
}

class EveryWriteAndVerify : public EveryVerify {};
INSTANTIATE_TEST_SUITE_P(Forms, EveryWriteAndVerify, ::testing::Values(0x2eu, 0xaeu, 0x8eu));

TEST_P(EveryWriteAndVerify, WritesAndReadsBack) {
  for (const unsigned flags : {kNoCheck, kCompare}) {
    const auto answer = disk.send(with(flags), counting(kLength));
    EXPECT_THAT(answer, Good());
    EXPECT_THAT(answer.calls, ElementsAre(Call{Verb::kWrite, kOffset, kLength},
                                          Call{Verb::kRead, kOffset, kLength}));
    EXPECT_EQ(disk.send("28 00 00000002 00 0003 00").data, counting(kLength));
  }
}

TEST_P(EveryWriteAndVerify, NobodyWritesBeforeTheComparison) {
  disk.send(with(kNoCheck), counting(kLength));
  EXPECT_THAT(disk.locks, IsEmpty());
  disk.send(with(kCompare), counting(kLength));
  ASSERT_EQ(disk.locks.size(), 1u);
  EXPECT_EQ(disk.locks[0].offset, kOffset);
  EXPECT_EQ(disk.locks[0].length, kLength);
}

TEST_P(EveryWriteAndVerify, ReadsWhatTheCacheHasGivenUp) {
  disk.unit.write_cache = true;
  EXPECT_THAT(disk.send(with(kCompare), counting(kLength)).calls,
              ElementsAre(Call{Verb::kWrite, kOffset, kLength}, Call{Verb::kFlush, 0, 0},
                          Call{Verb::kRead, kOffset, kLength}));
}

TEST_P(EveryWriteAndVerify, TellsWhatAStoreHasForgotten) {
  disk.store.forgets_writes = true;
  const auto answer = disk.send(with(kCompare), filled(kLength, 1));
  EXPECT_THAT(answer, Fails(sense::kMiscompareDuringVerify));
  EXPECT_EQ(answer.sense.information, 0u);
  EXPECT_THAT(disk.send(with(kNoCheck), filled(kLength, 1)), Good());  // it could be read
}

TEST_P(EveryWriteAndVerify, NeverSaysThatNothingWasWritten) {
  disk.store.fail(backend::Status::kUnavailable, 1);
  EXPECT_THAT(disk.send(with(kNoCheck), counting(kLength)), Fails(sense::kCommunicationFailure));
  disk.store.fail(backend::Status::kNoMemory, 0);
  EXPECT_EQ(disk.send(with(kNoCheck), counting(kLength)).status, Status::kBusy);
}

TEST_P(EveryWriteAndVerify, OfLessDataIsDoneForWholeBlocks) {
  const auto answer = disk.send(with(kCompare), counting(700), 700);
  EXPECT_THAT(answer, Good());
  EXPECT_EQ(answer.transfer_bytes, kLength);
  EXPECT_THAT(answer.calls,
              ElementsAre(Call{Verb::kWrite, kOffset, 512}, Call{Verb::kRead, kOffset, 512}));
  EXPECT_THAT(disk.send(with(kCompare), {}, 0).calls, IsEmpty());
}

TEST_P(EveryWriteAndVerify, ComparesByteByByteOrNotAtAll) {
  EXPECT_THAT(disk.send(with(kReserved)), FailsAtCdbByte(1));
  EXPECT_THAT(disk.send(with(kOneBlock)), FailsAtCdbByte(1));
  EXPECT_THAT(disk.send(with(0x08)), FailsAtCdbByte(1));  // FUA: it always is
  EXPECT_THAT(disk.send(with(0x20)), FailsAtCdbByte(1));  // WRPROTECT
}

TEST_P(EveryWriteAndVerify, IsAWrite) {
  disk.unit.mode.software_write_protect = true;
  EXPECT_THAT(disk.send(with(kCompare)), Fails(sense::kSoftwareWriteProtected));
}

}  // namespace
}  // namespace lungate::scsi
