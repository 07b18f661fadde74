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
using testing::FailsAtListByte;
using testing::filled;
using testing::Good;
using testing::unhex;

constexpr const char* kPlain = "04 00 000000 00";
constexpr const char* kShortList = "04 10 000000 00";
constexpr const char* kLongList = "04 30 000000 00";

Disk& written(Disk& disk) {
  std::fill(disk.store.bytes.begin(), disk.store.bytes.end(), std::byte{0x77});
  return disk;
}

TEST(FormatUnit, MakesAllBlocksZeros) {
  Disk disk;
  const auto answer = written(disk).send(kPlain);
  EXPECT_THAT(answer, Good());
  EXPECT_THAT(answer.calls,
              ElementsAre(Call{Verb::kDiscard, 0, 1024 * 1024}, Call{Verb::kFlush, 0, 0}));
  EXPECT_EQ(disk.store.bytes, filled(1024 * 1024, 0));
}

TEST(FormatUnit, WaitsForWhatIsBeingWritten) {
  Disk disk;
  disk.send(kPlain);
  ASSERT_EQ(disk.locks.size(), 1u);
  EXPECT_EQ(disk.locks[0].offset, 0u);
  EXPECT_EQ(disk.locks[0].length, 1024u * 1024);
}

TEST(FormatUnit, TakesListsThatAskForNothing) {
  Disk disk;
  for (const char* list : {"00 00 0000", "00 80 0000", "00 f0 0000", "00 02 0000", "00 82 0000"}) {
    EXPECT_THAT(disk.send(kShortList, unhex(list)), Good()) << list;
    disk.finish_job();
  }
  EXPECT_THAT(disk.send("04 18 000000 00", unhex("00 80 0000")), Good());  // CMPLST
  EXPECT_THAT(disk.send(kLongList, unhex("00 80 00 00 00000000")), Good());
}

TEST(FormatUnit, RefusesWhatItCannotDo) {
  Disk disk;
  EXPECT_THAT(disk.send(kShortList, unhex("01 80 0000")), FailsAtListByte(0));  // protection
  EXPECT_THAT(disk.send(kShortList, unhex("00 10 0000")), FailsAtListByte(1));  // STPF, no FOV
  EXPECT_THAT(disk.send(kShortList, unhex("00 88 0000")), FailsAtListByte(1));  // IP
  EXPECT_THAT(disk.send(kShortList, unhex("00 81 0000")), FailsAtListByte(1));  // vendor's
  EXPECT_THAT(disk.send(kShortList, unhex("00 80 0004")), FailsAtListByte(2));  // defects
  EXPECT_THAT(disk.send(kLongList, unhex("00 80 00 01 00000000")), FailsAtListByte(3));
  EXPECT_THAT(disk.send(kLongList, unhex("00 80 00 00 00000008")), FailsAtListByte(4));
  EXPECT_THAT(disk.send("04 50 000000 00"), FailsAtCdbByte(1));  // FMTPINFO
  EXPECT_THAT(disk.send(kShortList, unhex("0080"), 2), Fails(sense::kParameterListLengthError));
  EXPECT_FALSE(disk.job);
}

/// Guards sanitize_exit_failure_mode(): it leaves failed SANITIZEs, not half a format.
TEST(FormatUnit, ThatHasFailedIsNotLeftByExitFailureMode) {
  Disk disk;
  disk.store.fail(backend::Status::kIoError);
  disk.send(kPlain);
  EXPECT_THAT(disk.send("28 00 00000000 00 0001 00"), Fails(sense::kMediumFormatCorrupted));
  EXPECT_THAT(disk.send("48 1f 0000000000 0000 00"), Good());
  EXPECT_THAT(disk.send("28 00 00000000 00 0001 00"), Fails(sense::kMediumFormatCorrupted));
  EXPECT_THAT(disk.send(kPlain), Good());
  EXPECT_THAT(disk.send("28 00 00000000 00 0001 00"), Good());
}

TEST(FormatUnit, AtOnceGoesOnAfterItsAnswer) {
  Disk disk;
  EXPECT_THAT(disk.send(kShortList, unhex("00 02 0000")), Good());
  const auto answer = disk.send("00 00 00 00 00 00");
  EXPECT_THAT(answer, Fails(sense::kFormatInProgress));
  EXPECT_EQ(answer.sense.progress, 0);
  EXPECT_THAT(disk.send("28 00 00000000 00 0001 00"), Fails(sense::kFormatInProgress));
  EXPECT_THAT(disk.send(kPlain), Fails(sense::kFormatInProgress));
  EXPECT_THAT(disk.send("12 00 00 0024 00"), Good());
  disk.finish_job();
  EXPECT_THAT(disk.send("00 00 00 00 00 00"), Good());
}

TEST(FormatUnit, HalfDoneMustBeDoneAgain) {
  Disk disk;
  disk.store.fail(backend::Status::kIoError);
  EXPECT_THAT(disk.send(kPlain), Fails(sense::kMediumFormatCorrupted));
  EXPECT_THAT(disk.send("28 00 00000000 00 0001 00"), Fails(sense::kMediumFormatCorrupted));
  EXPECT_THAT(disk.send(kPlain), Good());
  EXPECT_THAT(disk.send("28 00 00000000 00 0001 00"), Good());
}

TEST(FormatUnit, IsAWrite) {
  Disk disk;
  disk.unit.read_only = true;
  EXPECT_THAT(disk.send(kPlain), Fails(sense::kWriteProtected));
}

TEST(FormatUnit, IsNotThereWhereNobodyCarriesItOut) {
  Disk disk;
  disk.unit.runs_medium_jobs = false;
  EXPECT_THAT(disk.send(kPlain), Fails(sense::kInvalidOperationCode));
}

}  // namespace
}  // namespace lungate::scsi
