// SPDX-License-Identifier: LGPL-2.1-or-later
#include "scsi/command_table.h"
#include "tests/unit/scsi/copy_language.h"

namespace lungate::scsi {
namespace {

using testing::copy;
using testing::cscd;
using testing::Disk;
using testing::Fails;
using testing::FailsAtCdbByte;
using testing::Gives;
using testing::Good;
using testing::hex;
using testing::List;
using testing::print;
using testing::segment;

constexpr unsigned kHold = 0, kDiscard = 2, kNone = 3;

class ReceiveCopy : public ::testing::Test {
 protected:
  testing::Answer copy_as(unsigned id, unsigned usage, unsigned long long to = 100) {
    return copy(disk,
                {{cscd(disk)}, {segment(0, 0, 4, 0, to), segment(0, 0, 2, 0, to)}, id, usage});
  }
  testing::Answer status(unsigned id, unsigned room = 0x400) {
    return disk.send(print("84 00 %02x 00000000000000 %08x 00 00", id, room));
  }
  testing::Answer failure(unsigned id, unsigned room = 0x400) {
    return disk.send(print("84 04 %02x 00000000000000 %08x 00 00", id, room));
  }
  Disk disk;
};

TEST_F(ReceiveCopy, OperatingParameters) {
  EXPECT_THAT(disk.send("84 03 00 00000000000000 00000400 00 00"),
              Gives("0000002a 01 000000"
                    "0002 0010 00000400"  // two CSCD descriptors, 16 segments, 1 KiB of them
                    "02000000 00000000 00000000 00000000"  // 32 MiB a segment; no inline data
                    "0000 ffff 08 000000 000000"
                    "02 02 e4"));
}

/// What is promised to hosts that copy disks: a list of the largest size that they may send fits.
TEST_F(ReceiveCopy, OperatingParametersAreCutButSayTheirLength) {
  EXPECT_THAT(disk.send("84 03 00 00000000000000 00000004 00 00"), Gives("0000002a"));
  EXPECT_THAT(disk.send("84 03 01 00000000000000 00000400 00 00"), FailsAtCdbByte(2));
}

TEST_F(ReceiveCopy, OfNoCopyIsRefused) {
  EXPECT_THAT(status(1), FailsAtCdbByte(2));
  EXPECT_THAT(failure(1), FailsAtCdbByte(2));
}

TEST_F(ReceiveCopy, StatusIsToldOnce) {
  EXPECT_THAT(copy_as(1, kHold), Good());
  EXPECT_THAT(status(2), FailsAtCdbByte(2)) << "another identifier";
  EXPECT_THAT(status(1), Gives("00000008 01 0002 00 00000c00"));
  EXPECT_THAT(status(1), FailsAtCdbByte(2));
}

TEST_F(ReceiveCopy, IsCutButSaysItsWholeLength) {
  EXPECT_THAT(copy_as(1, kHold), Good());
  EXPECT_THAT(status(1, 6), Gives("00000008 01 00"));
}

TEST_F(ReceiveCopy, WhatWasNotToBeKeptIsNot) {
  EXPECT_THAT(copy_as(1, kDiscard), Good());
  EXPECT_THAT(status(1), FailsAtCdbByte(2));
  EXPECT_THAT(copy_as(0, kNone), Good());
  EXPECT_THAT(status(0), FailsAtCdbByte(2));
}

TEST_F(ReceiveCopy, OfARefusedListThereIsNothing) {
  List list{{cscd(disk), cscd(disk), cscd(disk)}, {}, 1, kHold};
  EXPECT_THAT(copy(disk, list), Fails(sense::kTooManyTargetDescriptors));
  EXPECT_THAT(status(1), FailsAtCdbByte(2));
}

TEST_F(ReceiveCopy, FailureDetailsAreTheSense) {
  EXPECT_THAT(copy_as(1, kHold, 2048), Fails(sense::kCopyTargetNotReachable));
  EXPECT_THAT(status(1), Gives("00000008 02 0000 00 00000000"));
  const std::string sense = "70000a 00000000 0a 00000000 0d02 00 800044";  // byte 68: the LBA
  const auto answer = failure(1);
  EXPECT_THAT(answer, Gives("0000004a" + std::string(104, '0') + "02 00 0012" + sense));
  EXPECT_THAT(failure(1), FailsAtCdbByte(2)) << "both have been told";
}

TEST_F(ReceiveCopy, StatusOfAFailedCopyIsToldOnceAsWell) {
  copy_as(1, kHold, 2048);
  EXPECT_THAT(status(1), Good());
  EXPECT_THAT(status(1), FailsAtCdbByte(2));
  EXPECT_EQ(failure(1).data.size(), 78u) << "which is another question";
}

TEST_F(ReceiveCopy, FailureDetailsComeInTheUnitsFormat) {
  disk.unit.mode.descriptor_sense = true;
  copy(disk, {{cscd(disk)}, {segment(0, 0, 1, 0, 1), segment(0, 0, 1, 0, 2048)}, 1, kHold});
  EXPECT_EQ(hex(failure(1).data).substr(2 * 60),
            "720a0d0200000014"
            "010a00000000000000000001"  // the second segment
            "0206000080006000");
}

TEST_F(ReceiveCopy, FailureDetailsAreKeptUntilAllOfThemFit) {
  copy_as(1, kHold, 2048);
  EXPECT_THAT(failure(1, 4), Gives("0000004a"));
  EXPECT_EQ(failure(1).data.size(), 78u);
  EXPECT_THAT(failure(1), Gives("00000000")) << "the status is still to be told";
  EXPECT_THAT(status(1), Good());
  EXPECT_THAT(failure(1), FailsAtCdbByte(2));
}

TEST_F(ReceiveCopy, AskingForNoFailureDetailsDiscardsThem) {
  copy_as(1, kHold, 2048);
  EXPECT_THAT(failure(1, 0), Gives(""));
  EXPECT_THAT(failure(1), Gives("00000000"));
}

TEST_F(ReceiveCopy, ACopyThatWentWellHasNoFailureDetails) {
  EXPECT_THAT(copy_as(1, kHold), Good());
  EXPECT_THAT(failure(1), Gives("00000000"));
}

TEST_F(ReceiveCopy, TheSameIdentifierAgainReplacesWhatWas) {
  copy_as(1, kHold, 2048);
  EXPECT_THAT(copy_as(1, kHold), Good());
  EXPECT_THAT(status(1), Gives("00000008 01 0002 00 00000c00"));
}

TEST_F(ReceiveCopy, TheOldestGivesWay) {
  for (unsigned id = 0; id <= limits::kCopyRecordsMax; ++id)
    EXPECT_THAT(copy_as(id, kHold), Good());
  EXPECT_THAT(status(0), FailsAtCdbByte(2));
  for (unsigned id = 1; id <= limits::kCopyRecordsMax; ++id) EXPECT_THAT(status(id), Good()) << id;
}

TEST_F(ReceiveCopy, AResetForgetsThem) {
  EXPECT_THAT(copy_as(1, kHold), Good());
  disk.nexus.copies.clear();
  EXPECT_THAT(status(1), FailsAtCdbByte(2));
}

/// A copy that is still under way, of this nexus.
class CopyInProgress : public ReceiveCopy {
 protected:
  std::shared_ptr<CopyRecord> record = disk.nexus.copies.begin(7, true);
};

TEST_F(CopyInProgress, IsToldAsOftenAsAsked) {
  record->segments = 1;
  record->bytes = 0x1234;
  for (int i = 0; i < 2; ++i) EXPECT_THAT(status(7), Gives("00000008 00 0001 00 00001234"));
}

TEST_F(CopyInProgress, HasNoFailureDetailsYet) {
  EXPECT_THAT(failure(7), FailsAtCdbByte(2));
}

TEST_F(CopyInProgress, KeepsItsIdentifier) {
  const auto answer = copy_as(7, kHold);
  EXPECT_THAT(answer, Fails(sense::kOperationInProgress));
  EXPECT_TRUE(answer.calls.empty());
  EXPECT_THAT(copy_as(8, kHold), Good());
}

/// Its command was aborted: nobody will ever end it.
TEST_F(CopyInProgress, TakenAwayIsForgotten) {
  record.reset();
  EXPECT_THAT(status(7), FailsAtCdbByte(2));
  EXPECT_THAT(copy_as(7, kHold), Good());
}

TEST_F(CopyInProgress, AsManyAsMayBeAreBusy) {
  std::vector<std::shared_ptr<CopyRecord>> others;
  for (std::uint8_t id = 10; others.size() + 1 < limits::kCopyRecordsMax; ++id)
    others.push_back(disk.nexus.copies.begin(id, true));
  const auto answer = copy_as(1, kHold);
  EXPECT_EQ(answer.status, Status::kBusy);
  EXPECT_TRUE(answer.calls.empty());
  EXPECT_THAT(copy_as(0, kNone), Good()) << "without an identifier there is no such bound";
}

/// Page 8Fh and the operating parameters are read by the same hosts.
TEST_F(ReceiveCopy, ThePageOfThirdPartyCopySaysTheSame) {
  EXPECT_THAT(disk.send("12 01 8f 0400 00"),
              Gives("00 8f 0064"
                    "0001 000c 08 83 01 00 84 03 00 03 04 000000"
                    "0004 001c 00000000 0002 0010 00000400 00000000 000000000000000000000000"
                    "0008 0004 02 02 e4 00"
                    "000c 0004 0000 0000"
                    "8001 0020 0000ffff 00000008 02000000"
                    "0000000000000000000000000000000000000000"));
}

TEST_F(ReceiveCopy, TheCommandsOfThePageAreTheTables) {
  for (const char* cdb : {"83 00", "84 00", "84 03", "84 04"}) {
    Cdb wanted;
    const auto bytes = testing::unhex(cdb);
    wanted.bytes[0] = std::to_integer<std::uint8_t>(bytes[0]);
    wanted.bytes[1] = std::to_integer<std::uint8_t>(bytes[1]);
    EXPECT_NE(find_command(wanted), nullptr) << cdb;
  }
  EXPECT_EQ(commands_of(0x83).size() + commands_of(0x84).size(), 4u) << "as many as in the page";
}

}  // namespace
}  // namespace lungate::scsi
