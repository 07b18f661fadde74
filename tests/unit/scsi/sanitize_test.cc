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
using testing::FailsAtListByte;
using testing::filled;
using testing::Good;
using testing::unhex;

constexpr const char* kErase = "48 02 0000000000 0000 00";
constexpr const char* kEraseAtOnce = "48 82 0000000000 0000 00";
constexpr const char* kEraseAndLetExit = "48 22 0000000000 0000 00";
constexpr const char* kExitFailureMode = "48 1f 0000000000 0000 00";
constexpr const char* kTestUnitReady = "00 00 00 00 00 00";
constexpr const char* kRead = "28 00 00000000 00 0001 00";

/// OVERWRITE with this parameter list.
testing::Answer overwrite(Disk& disk, const Data& list, unsigned flags = 0) {
  char cdb[48];
  std::snprintf(cdb, sizeof(cdb), "48 %02x 0000000000 %04x 00", 0x01u | flags,
                static_cast<unsigned>(list.size()));
  return disk.send(cdb, list);
}

/// A list of one pass with this pattern, in hexadecimal.
Data pattern(const std::string& digits) {
  char header[16];
  std::snprintf(header, sizeof(header), "0100%04x", static_cast<unsigned>(digits.size() / 2));
  return unhex(header + digits);
}

TEST(SanitizeBlockErase, LeavesZeros) {
  Disk disk;
  std::fill(disk.store.bytes.begin(), disk.store.bytes.end(), std::byte{'a'});
  const auto answer = disk.send(kErase);
  EXPECT_THAT(answer, Good());
  EXPECT_THAT(answer.calls,
              ElementsAre(Call{Verb::kDiscard, 0, 1024 * 1024}, Call{Verb::kFlush, 0, 0}));
  EXPECT_EQ(disk.store.bytes, filled(1024 * 1024, 0));
}

TEST(SanitizeBlockErase, TakesNoList) {
  Disk disk;
  EXPECT_THAT(disk.send("48 02 0000000000 0008 00"), FailsAtCdbByte(8));
}

TEST(SanitizeBlockErase, IsNotThereWhereNothingCanBeDiscarded) {
  Disk disk;
  disk.unit.geometry.unmap_granularity_blocks = 0;
  EXPECT_THAT(disk.send(kErase), Fails(sense::kInvalidOperationCode));
  EXPECT_THAT(overwrite(disk, pattern("aa")), Good());
}

TEST(SanitizeOverwrite, PutsThePatternIntoEveryBlock) {
  Disk disk;
  EXPECT_THAT(overwrite(disk, pattern("aabbcc")), Good());
  const Data& bytes = disk.store.bytes;
  EXPECT_EQ(Data(bytes.begin(), bytes.begin() + 4), unhex("aabbccaa"));
  EXPECT_EQ(Data(bytes.begin() + 510, bytes.begin() + 514), unhex("aabbaabb"));  // anew per block
  EXPECT_EQ(Data(bytes.end() - 2, bytes.end()), unhex("aabb"));
}

TEST(SanitizeOverwrite, DoesSoAsOftenAsItIsTold) {
  Disk disk;
  Data list = pattern("f0");
  list[0] = std::byte{0x82};  // INVERT, twice
  EXPECT_THAT(overwrite(disk, list), Good());
  EXPECT_EQ(disk.job->passes, 2);
  EXPECT_EQ(disk.store.bytes, filled(1024 * 1024, 0x0f));
}

TEST(SanitizeOverwrite, JudgesTheLengthOfItsList) {
  Disk disk;
  for (std::size_t size = 0; size < 5; ++size)
    EXPECT_THAT(overwrite(disk, Data(size)), FailsAtCdbByte(7)) << size;
  EXPECT_THAT(overwrite(disk, pattern(std::string(1024, '5'))), Good());
  EXPECT_THAT(overwrite(disk, pattern(std::string(1026, '5'))), FailsAtCdbByte(7));
  EXPECT_THAT(disk.send("48 01 0000000000 0204 00", pattern(std::string(1024, '5')), 100),
              Fails(sense::kParameterListLengthError));
}

TEST(SanitizeOverwrite, JudgesWhatIsInItsList) {
  Disk disk;
  EXPECT_THAT(overwrite(disk, unhex("00 00 0001 aa")), FailsAtListByte(0));  // no pass
  EXPECT_THAT(overwrite(disk, unhex("21 00 0001 aa")), FailsAtListByte(0));  // TEST
  EXPECT_THAT(overwrite(disk, unhex("01 01 0001 aa")), FailsAtListByte(1));
  EXPECT_THAT(overwrite(disk, unhex("01 00 0000 aa")), FailsAtListByte(2));
  EXPECT_THAT(overwrite(disk, unhex("01 00 0002 aa")), FailsAtListByte(2));
  EXPECT_THAT(overwrite(disk, unhex("01 00 0001 aa bb")), FailsAtListByte(2));
  EXPECT_FALSE(disk.job);
}

TEST(Sanitize, HasNoOtherServiceActions) {
  Disk disk;
  for (unsigned action = 0; action < 0x20; ++action) {
    if (action == 0x01 || action == 0x02 || action == 0x1f) continue;
    char cdb[48];
    std::snprintf(cdb, sizeof(cdb), "48 %02x 0000000000 0000 00", action);
    EXPECT_THAT(disk.send(cdb), FailsAtCdbByte(1)) << cdb;
  }
}

TEST(Sanitize, WaitsForWhatIsBeingWritten) {
  Disk disk;
  disk.send(kErase);
  ASSERT_EQ(disk.locks.size(), 1u);
  EXPECT_EQ(disk.locks[0].length, 1024u * 1024);
}

TEST(Sanitize, AtOnceGoesOnAfterItsAnswer) {
  Disk disk;
  EXPECT_THAT(disk.send(kEraseAtOnce), Good());
  for (const char* cdb : {kTestUnitReady, kRead, kErase, kExitFailureMode, "1b 01 00 00 12 00",
                          "04 00 000000 00", "2a 00 00000000 00 0001 00"})
    EXPECT_THAT(disk.send(cdb), Fails(sense::kSanitizeInProgress)) << cdb;
  EXPECT_THAT(disk.send("12 00 00 0024 00"), Good());
  disk.finish_job();
  EXPECT_THAT(disk.send(kTestUnitReady), Good());
}

TEST(Sanitize, TellsHowFarItIs) {
  Disk disk;
  disk.send(kEraseAtOnce);
  disk.step_job();
  disk.step_job();
  EXPECT_EQ(disk.send(kTestUnitReady).sense.progress, 0xffff);
  const auto asked = disk.send("03 00 00 00 12 00");  // REQUEST SENSE
  EXPECT_THAT(asked, testing::Gives("70 00 02 00000000 0a 00000000 041b 00 80ffff"));
}

TEST(Sanitize, ThatHasFailedLeavesAUnitThatOnlyCanBeSanitized) {
  Disk disk;
  disk.store.fail(backend::Status::kIoError);
  EXPECT_THAT(disk.send(kErase), Fails(sense::kSanitizeCommandFailed));
  for (const char* cdb : {kTestUnitReady, kRead, "04 00 000000 00"})
    EXPECT_THAT(disk.send(cdb), Fails(sense::kSanitizeCommandFailed)) << cdb;
  EXPECT_THAT(disk.send(kExitFailureMode), FailsAtCdbByte(1));  // AUSE was not set
  EXPECT_THAT(disk.send(kErase), Good());
  EXPECT_THAT(disk.send(kRead), Good());
}

TEST(Sanitize, ThatHasFailedCanBeGivenUpWhereItSaidSo) {
  Disk disk;
  disk.store.fail(backend::Status::kIoError);
  disk.send(kEraseAndLetExit);
  EXPECT_THAT(disk.send(kRead), Fails(sense::kSanitizeCommandFailed));
  EXPECT_THAT(disk.send(kExitFailureMode), Good());
  EXPECT_THAT(disk.send(kRead), Good());
}

TEST(SanitizeExitFailureMode, WithoutAFailureIsGood) {
  Disk disk;
  EXPECT_THAT(disk.send(kExitFailureMode), Good());
  EXPECT_FALSE(disk.job);
  EXPECT_THAT(disk.send("48 1f 0000000000 0008 00"), FailsAtCdbByte(8));
}

TEST(Sanitize, ProtectedUnitsStayAsTheyAre) {
  Disk disk;
  disk.unit.mode.software_write_protect = true;
  EXPECT_THAT(disk.send(kErase), Fails(sense::kSoftwareWriteProtected));
  EXPECT_THAT(overwrite(disk, pattern("aa")), Fails(sense::kSoftwareWriteProtected));
}

TEST(Sanitize, IsAConflictUnderAReservation) {
  Disk disk;
  Reservations reservations;
  reservations.reserved = NexusName{"iqn.2026-11.io.lungate:other,i,0x00023d000002", 1};
  disk.unit.reservations = std::make_shared<const Reservations>(reservations);
  EXPECT_EQ(disk.send(kErase).status, Status::kReservationConflict);
  EXPECT_EQ(overwrite(disk, pattern("aa")).status, Status::kReservationConflict);
}

TEST(Sanitize, IsNotThereWhereNobodyCarriesItOut) {
  Disk disk;
  disk.unit.runs_medium_jobs = false;
  for (const char* cdb : {kErase, kExitFailureMode})
    EXPECT_THAT(disk.send(cdb), Fails(sense::kInvalidOperationCode)) << cdb;
}

}  // namespace
}  // namespace lungate::scsi
