// SPDX-License-Identifier: LGPL-2.1-or-later
// What is checked, and in which order, before any command runs.
#include "scsi/execution.h"

#include "tests/unit/scsi/disk.h"

namespace lungate::scsi {
namespace {

using testing::Data;
using testing::Disk;
using testing::Fails;
using testing::FailsAtCdbByte;
using testing::filled;
using testing::Gives;
using testing::Good;

constexpr const char* kTestUnitReady = "00 00 00 00 00 00";
constexpr const char* kRead = "28 00 00000000 00 0001 00";
constexpr const char* kWrite = "2a 00 00000000 00 0001 00";
constexpr const char* kInquiry = "12 00 00 0060 00";
constexpr const char* kReportLuns = "a0 00 00 000000 00000010 00 00";
constexpr const char* kRequestSense = "03 00 00 00 12 00";

TEST(Order, AMissingUnitComesFirst) {
  Disk disk;
  disk.nexus.unit_attentions.raise(sense::kPowerOnOccurred);
  EXPECT_THAT(disk.send_nowhere(kTestUnitReady), Fails(sense::kLogicalUnitNotSupported));
  EXPECT_THAT(disk.send_nowhere("ff 00 00 00 00 00"), Fails(sense::kLogicalUnitNotSupported));
  EXPECT_THAT(disk.send_nowhere(kRead), Fails(sense::kLogicalUnitNotSupported));
  EXPECT_FALSE(disk.nexus.unit_attentions.empty());
}

TEST(Order, AUnitAttentionComesBeforeTheCdb) {
  Disk disk;
  disk.nexus.unit_attentions.raise(sense::kPowerOnOccurred);
  EXPECT_THAT(disk.send("ff 00 00 00 00 00"), Fails(sense::kPowerOnOccurred));
  EXPECT_THAT(disk.send("ff 00 00 00 00 00"), Fails(sense::kInvalidOperationCode));
}

TEST(Order, AUnitAttentionIsToldOnceAndNothingIsExecuted) {
  Disk disk;
  disk.nexus.unit_attentions.raise(sense::kCapacityChanged);
  const auto answer = disk.send(kWrite, filled(512, 0xff));
  EXPECT_THAT(answer, Fails(sense::kCapacityChanged));
  EXPECT_TRUE(answer.calls.empty());
  EXPECT_THAT(disk.send(kWrite, filled(512, 0xff)), Good());
}

TEST(Order, InquiryAndReportLunsKeepAUnitAttention) {
  Disk disk;
  disk.nexus.unit_attentions.raise(sense::kPowerOnOccurred);
  EXPECT_THAT(disk.send(kInquiry), Good());
  EXPECT_THAT(disk.send(kReportLuns), Good());
  EXPECT_THAT(disk.send(kTestUnitReady), Fails(sense::kPowerOnOccurred));
}

TEST(Order, RequestSenseTellsAUnitAttention) {
  Disk disk;
  disk.nexus.unit_attentions.raise(sense::kPowerOnOccurred);
  EXPECT_THAT(disk.send(kRequestSense), Gives("700006000000000a00000000290100000000"));
  EXPECT_THAT(disk.send(kTestUnitReady), Good());
}

TEST(Order, AStrayBitComesBeforeTheUnitsState) {
  Disk disk;
  disk.unit.availability = Availability::kOffline;
  EXPECT_THAT(disk.send("28 20 00000000 00 0001 00"), FailsAtCdbByte(1));
}

TEST(Order, NotReadyComesBeforeWriteProtected) {
  Disk disk;
  disk.unit.availability = Availability::kOffline;
  disk.unit.read_only = true;
  EXPECT_THAT(disk.send(kWrite), Fails(sense::kNotReadyCauseNotReportable));
  disk.unit.availability = Availability::kBecoming;
  EXPECT_THAT(disk.send(kWrite), Fails(sense::kBecomingReady));
}

TEST(Order, WriteProtectedComesBeforeTheRange) {
  Disk disk;
  disk.unit.read_only = true;
  EXPECT_THAT(disk.send("2a 00 ffffffff 00 0001 00"), Fails(sense::kWriteProtected));
}

TEST(Order, TheRangeComesBeforeTheLength) {
  Disk disk;
  EXPECT_THAT(disk.send("28 00 00000800 00 ffff 00"), Fails(sense::kLbaOutOfRange));
}

TEST(WriteProtection, ByModeSelectHasItsOwnSense) {
  Disk disk;
  disk.unit.mode.software_write_protect = true;
  EXPECT_THAT(disk.send(kWrite, filled(512, 1)), Fails(sense::kSoftwareWriteProtected));
  EXPECT_THAT(disk.send(kRead), Good());
}

TEST(WriteProtection, HoldsForEveryCommandThatWrites) {
  Disk disk;
  disk.unit.read_only = true;
  for (const char* cdb : {"0a 00 0000 01 00", kWrite, "aa 00 00000000 00000001 00 00",
                          "8a 00 0000000000000000 00000001 00 00", "41 00 00000000 00 0001 00",
                          "41 08 00000000 00 0001 00", "93 00 0000000000000000 00000001 00 00",
                          "42 00 00000000 00 0018 00"})
    EXPECT_THAT(disk.send(cdb), Fails(sense::kWriteProtected)) << cdb;
}

/// Guards the column `changes_unit`. SWP alone forbids none of it, or nobody could take SWP back.
TEST(WriteProtection, OfAReaderHoldsForWhatOthersShare) {
  Disk disk;
  for (const bool read_only : {false, true}) {
    disk.unit.read_only = read_only;
    disk.unit.mode.software_write_protect = !read_only;
    for (const char* cdb : {"15 10 0000 00 00", "55 10 0000000000 0000 00", "16 00 000000 00",
                            "17 00 000000 00", "5f 00 00 0000 00000018 00"}) {
      const auto answer = disk.send(cdb, filled(24, 0), 24);
      EXPECT_EQ(answer.sense.what == sense::kWriteProtected, read_only) << cdb;
    }
  }
}

TEST(Offline, StillAnswersWhatNeedsNoMedium) {
  Disk disk;
  disk.unit.availability = Availability::kOffline;
  for (const char* cdb : {kInquiry, kReportLuns, kRequestSense, "1a 00 3f 00 ff 00",
                          "a3 0c 00 00 0000 00001000 00 00"})
    EXPECT_THAT(disk.send(cdb), Good()) << cdb;
}

TEST(Offline, RefusesWhatNeedsAMedium) {
  Disk disk;
  disk.unit.availability = Availability::kOffline;
  for (const char* cdb : {kTestUnitReady, kRead, kWrite, "25 00 00000000 0000 00 00",
                          "9e 10 0000000000000000 00000020 00 00", "35 00 00000000 00 0000 00",
                          "1b 00 00 00 01 00", "15 10 00 00 00 00"})
    EXPECT_THAT(disk.send(cdb), Fails(sense::kNotReadyCauseNotReportable)) << cdb;
}

TEST(Offline, SoIsAUnitWithoutBlocks) {
  Disk disk(512, 0);
  EXPECT_THAT(disk.send("25 00 00000000 0000 00 00"), Fails(sense::kNotReadyCauseNotReportable));
  EXPECT_THAT(disk.send(kRead), Fails(sense::kNotReadyCauseNotReportable));
}

TEST(Unknown, OperationCodes) {
  Disk disk;
  for (const char* cdb : {"01 00 00 00 00 00", "1f 00 00 00 00 00", "7f 00 00 00 00 00 00 18 00 09",
                          "c0 00 00 00 00 00 00 00 00 00", "ff 00 00 00 00 00"})
    EXPECT_THAT(disk.send(cdb), Fails(sense::kInvalidOperationCode)) << cdb;
}

TEST(Unknown, ServiceActionsPointAtThemselves) {
  Disk disk;
  EXPECT_THAT(disk.send("9e 1f 0000000000000000 00000020 00 00"), FailsAtCdbByte(1));
  EXPECT_THAT(disk.send("a3 00 00 00 0000 00001000 00 00"), FailsAtCdbByte(1));
}

struct PlanRow {
  const char* cdb;
  Direction direction;
  std::uint64_t bytes;
  OpClass op;
};

TEST(Plans, SayDirectionBytesAndClass) {
  const PlanRow rows[] = {
      {"00 00 00 00 00 00", Direction::kNone, 0, OpClass::kOther},
      {"08 00 0000 00 00", Direction::kIn, 256 * 512, OpClass::kRead},
      {"28 00 00000000 00 0003 00", Direction::kIn, 3 * 512, OpClass::kRead},
      {"28 00 00000000 00 0000 00", Direction::kNone, 0, OpClass::kRead},
      {"aa 00 00000000 00000002 00 00", Direction::kOut, 2 * 512, OpClass::kWrite},
      {"8a 00 0000000000000000 00000002 00 00", Direction::kOut, 2 * 512, OpClass::kWrite},
      {"35 00 00000000 00 0000 00", Direction::kNone, 0, OpClass::kFlush},
      {"41 00 00000000 00 0100 00", Direction::kOut, 512, OpClass::kWrite},
      {"93 01 0000000000000000 00000100 00 00", Direction::kNone, 0, OpClass::kWrite},
      {"42 00 00000000 00 0018 00", Direction::kOut, 24, OpClass::kUnmap},
      {"12 00 00 ffff 00", Direction::kIn, 8192, OpClass::kOther},
      {"12 00 00 0000 00", Direction::kNone, 0, OpClass::kOther},
      {"1a 00 3f 00 ff 00", Direction::kIn, 255, OpClass::kOther},
      {"a0 00 00 000000 ffffffff 00 00", Direction::kIn, 8192, OpClass::kOther},
      {"25 00 00000000 0000 00 00", Direction::kIn, 8, OpClass::kOther},
      {"15 10 00 00 18 00", Direction::kOut, 24, OpClass::kOther},
  };
  const Disk disk;
  for (const PlanRow& row : rows) {
    const Plan plan = disk.plan_of(row.cdb);
    EXPECT_EQ(plan.direction, row.direction) << row.cdb;
    EXPECT_EQ(plan.bytes, row.bytes) << row.cdb;
    EXPECT_EQ(plan.op, row.op) << row.cdb;
  }
}

TEST(Plans, OfWhatWillBeRefusedMoveNothing) {
  Disk disk;
  for (const char* cdb : {"28 e0 00000000 00 0001 00",  // RDPROTECT
                          "28 00 00000800 00 0001 00",  // beyond the end
                          "28 00 00000000 00 ffff 00",  // longer than we take
                          "28 00 00000000 00 0001 04",  // NACA
                          "ff 00 00000000 00 0001 00"})
    EXPECT_EQ(disk.plan_of(cdb).direction, Direction::kNone) << cdb;
  disk.unit_is_there = false;
  EXPECT_EQ(disk.plan_of(kRead).direction, Direction::kNone);
  EXPECT_EQ(disk.plan_of(kInquiry).direction, Direction::kIn);
}

TEST(Plans, ThatNoLongerHoldAnswerBusyAndExecuteNothing) {
  // Offline when planned, so the data were never asked for; GOOD now would lose them.
  Disk disk;
  disk.unit.availability = Availability::kOffline;
  disk.meanwhile = [](Unit& unit) { unit.availability = Availability::kReady; };
  const auto write = disk.send(kWrite, filled(512, 0xff));
  EXPECT_EQ(write.status, Status::kBusy);
  EXPECT_TRUE(write.calls.empty());

  disk.unit.geometry.block_count = 1;  // too short when planned, grown since
  disk.meanwhile = [](Unit& unit) { unit.geometry.block_count = 2048; };
  EXPECT_EQ(disk.send("2a 00 00000001 00 0001 00").status, Status::kBusy);
}

TEST(Plans, ThatAreRefusedMeanwhileGiveTheSense) {
  Disk disk;
  disk.meanwhile = [](Unit& unit) { unit.geometry.block_count = 1; };
  const auto write = disk.send("2a 00 00000001 00 0001 00", filled(512, 1));
  EXPECT_THAT(write, Fails(sense::kLbaOutOfRange));
  EXPECT_TRUE(write.calls.empty());
}

TEST(Cdbs, ShorterThanTheirCommandAreRefused) {
  Cdb cdb;
  cdb.bytes[0] = 0x88;
  cdb.size = 10;
  const Disk disk;
  EXPECT_EQ(plan(cdb, &disk.unit).direction, Direction::kNone);
  Execution execution;
  execution.cdb = cdb;
  execution.unit = &disk.unit;
  EXPECT_EQ(start(execution), Step::kDone);
  EXPECT_EQ(execution.sense.what, sense::kInvalidFieldInCdb);
}

/// A READ of one block as the session hands it over, of which a test spoils one thing.
struct OneRead {
  Disk disk;
  Data room = Data(512);
  Execution execution;

  OneRead() {
    execution.cdb.bytes[0] = 0x28;
    execution.cdb.bytes[8] = 1;
    execution.cdb.size = 16;
    execution.unit = &disk.unit;
    execution.nexus = &disk.nexus;
    execution.planned = plan(execution.cdb, &disk.unit);
    execution.data_in = room;
  }
};

TEST(ExecutionDeathTest, MoreRoomThanWasPlannedStopsTheProcess) {
  OneRead read;
  Data larger(513);
  read.execution.data_in = larger;
  EXPECT_DEATH(start(read.execution), "data-in has the room");
}

TEST(ExecutionDeathTest, DataInTheOtherDirectionStopsTheProcess) {
  OneRead read;
  read.execution.data_out = read.room;
  EXPECT_DEATH(start(read.execution), "data-out brings what was planned");
}

TEST(ExecutionDeathTest, AStepIsResumedOnce) {
  OneRead read;
  ASSERT_EQ(start(read.execution), Step::kSubmit);
  read.disk.store.carry_out(read.execution.request);
  ASSERT_EQ(resume(read.execution), Step::kDone);
  EXPECT_DEATH(resume(read.execution), "once for each step");
}

TEST(ExecutionDeathTest, WhatIsDoneAtOnceIsNotResumed) {
  OneRead read;
  read.disk.nexus.unit_attentions.raise(sense::kPowerOnOccurred);
  ASSERT_EQ(start(read.execution), Step::kDone);
  EXPECT_DEATH(resume(read.execution), "once for each step");
}

}  // namespace
}  // namespace lungate::scsi
