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

TEST(ReadWrite, EveryFormWritesWhatTheOthersRead) {
  const char* const writes[] = {"0a 00 0007 02 00", "2a 00 00000007 00 0002 00",
                                "aa 00 00000007 00000002 00 00",
                                "8a 00 0000000000000007 00000002 00 00"};
  const char* const reads[] = {"08 00 0007 02 00", "28 00 00000007 00 0002 00",
                               "a8 00 00000007 00000002 00 00",
                               "88 00 0000000000000007 00000002 00 00"};
  unsigned value = 1;
  for (const char* write : writes) {
    Disk disk;
    const Data data = filled(1024, value++);
    const auto written = disk.send(write, data);
    EXPECT_THAT(written, Good()) << write;
    EXPECT_THAT(written.calls, ElementsAre(Call{Verb::kWrite, 7 * 512, 1024})) << write;
    EXPECT_EQ(written.transfer_bytes, 1024u);
    for (const char* read : reads) {
      const auto answer = disk.send(read);
      EXPECT_EQ(answer.data, data) << read;
      EXPECT_EQ(answer.transfer_bytes, 1024u) << read;
      EXPECT_THAT(answer.calls, ElementsAre(Call{Verb::kRead, 7 * 512, 1024})) << read;
    }
  }
}

TEST(ReadWrite, BlocksOf4096) {
  Disk disk(4096, 256);
  const auto answer = disk.send("28 00 000000ff 00 0001 00");
  EXPECT_EQ(answer.data.size(), 4096u);
  EXPECT_THAT(answer.calls, ElementsAre(Call{Verb::kRead, 255 * 4096, 4096}));
  EXPECT_THAT(disk.send("28 00 00000100 00 0001 00"), Fails(sense::kLbaOutOfRange));
}

TEST(ReadWrite, SixBytesTakeNoBlocksFor256AndTwentyOneBitsOfAddress) {
  Disk disk;
  EXPECT_THAT(disk.send("08 00 0000 00 00").calls, ElementsAre(Call{Verb::kRead, 0, 256 * 512}));
  EXPECT_THAT(disk.send("08 1f ffff 01 00"), Fails(sense::kLbaOutOfRange));
}

TEST(ReadWrite, NoBlocksDoNothing) {
  Disk disk;
  for (const char* cdb :
       {"28 00 00000000 00 0000 00", "2a 00 00000000 00 0000 00", "a8 00 00000000 00000000 00 00",
        "88 00 0000000000000000 00000000 00 00"}) {
    const auto answer = disk.send(cdb);
    EXPECT_THAT(answer, Good()) << cdb;
    EXPECT_TRUE(answer.calls.empty()) << cdb;
  }
}

TEST(ReadWrite, NoBlocksMustStillNameABlockOfTheUnit) {
  Disk disk;  // 2048 blocks
  for (const char* cdb :
       {"28 00 00000800 00 0000 00", "28 00 80000000 00 0000 00", "28 00 ffffffff 00 0000 00",
        "2a 00 00000801 00 0000 00", "88 00 8000000000000000 00000000 00 00"})
    EXPECT_THAT(disk.send(cdb), Fails(sense::kLbaOutOfRange)) << cdb;
}

TEST(ReadWrite, BeyondTheEndIsOutOfRangeHoweverItWraps) {
  Disk disk;
  for (const char* cdb :
       {"28 00 000007ff 00 0002 00", "28 00 80000000 00 0001 00", "28 00 ffffffff 00 0001 00",
        "2a 00 00000701 00 0100 00", "a8 00 ffffffff ffffffff 00 00",
        "88 00 ffffffffffffffff 00000001 00 00", "88 00 ffffffffffffffff ffffffff 00 00",
        "88 00 0080000000000000 00000001 00 00", "8a 00 0040000000000000 00000001 00 00"}) {
    const auto answer = disk.send(cdb);
    EXPECT_THAT(answer, Fails(sense::kLbaOutOfRange)) << cdb;
    EXPECT_TRUE(answer.calls.empty()) << cdb;
  }
}

TEST(ReadWrite, LongerThanTheMaximumIsAnInvalidLength) {
  Disk disk(512, 100'000);  // 4 MiB are 8192 blocks
  EXPECT_THAT(disk.send("a8 00 00000000 00002000 00 00"), Good());
  EXPECT_THAT(disk.send("a8 00 00000000 00002001 00 00"), FailsAtCdbByte(6));
  EXPECT_THAT(disk.send("88 00 0000000000000000 00002001 00 00"), FailsAtCdbByte(10));
  EXPECT_THAT(disk.send("2a 00 00000000 00 2001 00"), FailsAtCdbByte(7));
}

TEST(ReadWrite, ProtectionInformationIsRefused) {
  Disk disk;
  for (const char* cdb :
       {"28 20 00000000 00 0001 00", "28 e0 00000000 00 0001 00", "2a 20 00000000 00 0001 00",
        "a8 40 00000000 00000001 00 00", "8a 60 0000000000000000 00000001 00 00"})
    EXPECT_THAT(disk.send(cdb), FailsAtCdbByte(1)) << cdb;
}

TEST(ReadWrite, DpoFuaAndFuaNvAreAccepted) {
  Disk disk;
  for (const char* cdb :
       {"28 18 00000000 00 0001 00", "2a 10 00000000 00 0001 00", "2a 08 00000000 00 0001 00",
        "2a 0a 00000000 00 0001 00", "2a 02 00000000 00 0001 00", "2a 1a 00000000 00 0001 00"}) {
    const auto answer = disk.send(cdb, filled(512, 1));
    EXPECT_THAT(answer, Good()) << cdb;
    EXPECT_EQ(answer.calls.size(), 1u) << cdb << ": no cache, nothing to force";
  }
}

TEST(ForceUnitAccess, FlushesAfterAWriteWhereThereIsACache) {
  Disk disk;
  disk.unit.write_cache = true;
  EXPECT_THAT(disk.send("2a 08 00000000 00 0001 00", filled(512, 1)).calls,
              ElementsAre(Call{Verb::kWrite, 0, 512}, Call{Verb::kFlush, 0, 0}));
  EXPECT_THAT(disk.send("2a 10 00000000 00 0001 00", filled(512, 1)).calls,
              ElementsAre(Call{Verb::kWrite, 0, 512}));
  EXPECT_THAT(disk.send("0a 08 0000 01 00", filled(512, 1)), Fails(sense::kLbaOutOfRange))
      << "in six bytes the bit belongs to the address";
}

TEST(ForceUnitAccess, FlushesBeforeARead) {
  Disk disk;
  disk.unit.write_cache = true;
  EXPECT_THAT(disk.send("28 08 00000000 00 0001 00").calls,
              ElementsAre(Call{Verb::kFlush, 0, 0}, Call{Verb::kRead, 0, 512}));
}

TEST(ForceUnitAccess, AFailedFlushIsNeverGoodNorBusy) {
  Disk disk;
  disk.unit.write_cache = true;
  disk.store.fail(backend::Status::kNoMemory, 1);
  EXPECT_THAT(disk.send("2a 08 00000000 00 0001 00", filled(512, 1)),
              Fails(sense::kCommunicationFailure));
  disk.store.fail(backend::Status::kIoError, 0);
  EXPECT_THAT(disk.send("28 08 00000000 00 0001 00"), Fails(sense::kWriteError));
}

// RFC 7143, 11.4.5.2: the initiator's expected length and the CDB's disagree.

TEST(Residuals, AReadFillsTheRoomThereIs) {
  Disk disk;
  disk.store.bytes = filled(disk.store.bytes.size(), 0x5a);
  const auto answer = disk.send("28 00 00000000 00 0001 00", {}, 200);
  EXPECT_THAT(answer, Good());
  EXPECT_EQ(answer.data, filled(200, 0x5a));
  EXPECT_EQ(answer.transfer_bytes, 512u);
}

TEST(Residuals, AReadWithoutRoomReadsNothing) {
  Disk disk;
  const auto answer = disk.send("28 00 00000000 00 0001 00", {}, 0);
  EXPECT_THAT(answer, Good());
  EXPECT_TRUE(answer.calls.empty());
  EXPECT_EQ(answer.transfer_bytes, 512u);
}

TEST(Residuals, AWriteWritesTheWholeBlocksThatCame) {
  Disk disk;
  const auto answer = disk.send("2a 00 00000000 00 0002 00", filled(1024, 0x62), 1000);
  EXPECT_THAT(answer, Good());
  EXPECT_THAT(answer.calls, ElementsAre(Call{Verb::kWrite, 0, 512}));
  EXPECT_EQ(answer.transfer_bytes, 1024u);
}

TEST(Residuals, AWriteOfLessThanABlockWritesNothing) {
  Disk disk;
  for (const std::uint64_t expected : {0, 200, 511}) {
    const auto answer = disk.send("2a 00 00000000 00 0001 00", filled(512, 0x62), expected);
    EXPECT_THAT(answer, Good());
    EXPECT_TRUE(answer.calls.empty()) << expected;
    EXPECT_EQ(answer.transfer_bytes, 512u);
  }
}

}  // namespace
}  // namespace lungate::scsi
