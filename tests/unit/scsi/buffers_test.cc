// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/unit/scsi/disk.h"

namespace lungate::scsi {
namespace {

using testing::Disk;
using testing::Fails;
using testing::FailsAtCdbByte;
using testing::filled;
using testing::Gives;
using testing::Good;
using testing::unhex;

TEST(EchoBuffer, GivesWhatWasPutThere) {
  Disk disk;
  EXPECT_THAT(disk.send("3b 0a 00 000000 000005 00", unhex("0102030405")), Good());
  EXPECT_THAT(disk.send("3c 0a 00 000000 000100 00"), Gives("0102030405"));
  EXPECT_THAT(disk.send("3c 0a 00 000000 000002 00"), Gives("0102"));
  EXPECT_THAT(disk.send("3b 0a 00 000000 000001 00", unhex("ff")), Good());
  EXPECT_THAT(disk.send("3c 0a 00 000000 000100 00"), Gives("ff"));
}

TEST(EchoBuffer, OfNothingChangesNothing) {
  Disk disk;
  EXPECT_THAT(disk.send("3b 0a 00 000000 000000 00"), Good());
  EXPECT_THAT(disk.send("3c 0a 00 000000 000100 00"), Fails(sense::kCommandSequenceError));
}

TEST(EchoBuffer, IsOfOneNexus) {
  Disk mine;
  Disk other;
  mine.send("3b 0a 00 000000 000001 00", unhex("aa"));
  EXPECT_THAT(other.send("3c 0a 00 000000 000001 00"), Fails(sense::kCommandSequenceError));
}

TEST(EchoBuffer, SaysHowMuchItHolds) {
  Disk disk;
  EXPECT_THAT(disk.send("3c 0b 00 000000 000004 00"), Gives("01 00 1000"));
  EXPECT_THAT(disk.send("3b 0a 00 000000 001000 00", filled(4096, 0x5a)), Good());
  EXPECT_EQ(disk.send("3c 0a 00 000000 ffffff 00").data, filled(4096, 0x5a));
  EXPECT_THAT(disk.send("3b 0a 00 000000 001001 00"), FailsAtCdbByte(6));
  EXPECT_THAT(disk.send("3b 0a 00 000000 ffffff 00"), FailsAtCdbByte(6));
}

TEST(EchoBuffer, KeepsWhatItHasWhenItsDataAreNotAllThere) {
  Disk disk;
  disk.send("3b 0a 00 000000 000002 00", unhex("abcd"));
  EXPECT_THAT(disk.send("3b 0a 00 000000 000002 00", unhex("ef"), 1),
              Fails(sense::kParameterListLengthError));
  EXPECT_THAT(disk.send("3c 0a 00 000000 000100 00"), Gives("abcd"));
}

TEST(Buffers, ThereAreNoOthers) {
  Disk disk;
  EXPECT_THAT(disk.send("3c 03 00 000000 000004 00"), Gives("00 000000"));
  EXPECT_THAT(disk.send("3c 03 07 000000 000004 00"), Gives("00 000000"));
  for (unsigned mode = 0; mode < 0x20; ++mode) {
    char cdb[48];
    std::snprintf(cdb, sizeof(cdb), "3c %02x 00 000000 000004 00", mode);
    if (mode != 0x03 && mode != 0x0a && mode != 0x0b) {
      EXPECT_THAT(disk.send(cdb), FailsAtCdbByte(1)) << cdb;
    }
    cdb[1] = 'b';  // WRITE BUFFER
    if (mode != 0x0a) {
      EXPECT_THAT(disk.send(cdb), FailsAtCdbByte(1)) << cdb;
    }
  }
}

}  // namespace
}  // namespace lungate::scsi
