// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/unit/scsi/disk.h"

namespace lungate::scsi {
namespace {

using testing::Data;
using testing::Disk;
using testing::Fails;
using testing::FailsAtCdbByte;
using testing::FailsAtListByte;
using testing::filled;
using testing::Good;
using testing::unhex;

const std::string kHeader6 = "00 00 00 00";
const std::string kHeader10 = "0000 00 00 00 00 0000";
const std::string kControlNow = "0a0a 02 10 00 40 0000 0000 0000";
const std::string kControlSwp = "0a0a 02 10 08 40 0000 0000 0000";
const std::string kControlBoth = "0a0a 06 10 08 40 0000 0000 0000";
const std::string kCachingNow = "0812 00 0000000000000000000000000000000000";

testing::Answer select6(Disk& disk, const std::string& list) {
  const Data data = unhex(list);
  char cdb[32];
  std::snprintf(cdb, sizeof(cdb), "15 10 0000 %02zx 00", data.size());
  return disk.send(cdb, data);
}

testing::Answer select10(Disk& disk, const std::string& list) {
  const Data data = unhex(list);
  char cdb[32];
  std::snprintf(cdb, sizeof(cdb), "55 10 0000000000 %04zx 00", data.size());
  return disk.send(cdb, data);
}

TEST(ModeSelect, ChangesSwpAndDSense) {
  Disk disk;
  EXPECT_THAT(select6(disk, kHeader6 + kControlSwp), Good());
  EXPECT_TRUE(disk.unit.mode.software_write_protect);
  EXPECT_FALSE(disk.unit.mode.descriptor_sense);
  EXPECT_THAT(disk.send("2a 00 00000000 00 0001 00", filled(512, 1)),
              Fails(sense::kSoftwareWriteProtected));
  EXPECT_THAT(select10(disk, kHeader10 + kControlBoth), Good());
  EXPECT_TRUE(disk.unit.mode.descriptor_sense);
  EXPECT_THAT(select6(disk, kHeader6 + kControlNow), Good());
  EXPECT_EQ(disk.unit.mode, ModeState{});
}

TEST(ModeSelect, OfWhatIsAlreadySoChangesNothing) {
  Disk disk;
  Execution execution;
  execution.unit = &disk.unit;
  EXPECT_THAT(select6(disk, kHeader6 + kControlNow), Good());
  EXPECT_THAT(select6(disk, kHeader6 + kControlNow + kCachingNow), Good());
  EXPECT_EQ(disk.unit.mode, ModeState{});
}

TEST(ModeSelect, TakesBackWhatModeSenseGave) {
  for (const char* sense : {"1a 00 3f 00 ff 00", "1a 08 3f 00 ff 00", "1a 00 3f ff ff 00"}) {
    Disk disk;
    EXPECT_THAT(select6(disk, testing::hex(disk.send(sense).data)), Good()) << sense;
  }
  for (const char* sense : {"5a 00 3f 00 000000 00ff 00", "5a 08 3f 00 000000 00ff 00"}) {
    Disk disk;
    EXPECT_THAT(select10(disk, testing::hex(disk.send(sense).data)), Good()) << sense;
  }
}

TEST(ModeSelect, NoListIsNoError) {
  Disk disk;
  EXPECT_THAT(disk.send("15 10 0000 00 00"), Good());
  EXPECT_THAT(disk.send("15 00 0000 00 00"), Good());
  EXPECT_THAT(disk.send("55 10 0000000000 0000 00"), Good());
  EXPECT_THAT(select6(disk, kHeader6), Good()) << "a header and no pages";
}

TEST(ModeSelect, SavingIsRefused) {
  Disk disk;
  EXPECT_THAT(disk.send("15 11 0000 10 00", unhex(kHeader6 + kControlNow)), FailsAtCdbByte(1));
  EXPECT_THAT(disk.send("55 11 0000000000 0014 00"), FailsAtCdbByte(1));
}

TEST(ModeSelect, VendorFormatIsRefused) {
  Disk disk;
  EXPECT_THAT(disk.send("15 00 0000 10 00", unhex(kHeader6 + kControlNow)), FailsAtCdbByte(1));
}

TEST(ModeSelect, WhatMayNotChangeMustBeAsItIs) {
  Disk disk;
  EXPECT_THAT(select6(disk, kHeader6 + "0a0a 02 00 00 00 0000 0000 0000"), FailsAtListByte(7))
      << "queue algorithm modifier";
  EXPECT_THAT(select6(disk, kHeader6 + "0a0a 02 10 00 00 0000 0000 0000"), FailsAtListByte(9))
      << "TAS";
  EXPECT_THAT(select6(disk, kHeader6 + "0812 04 0000000000000000000000000000000000"),
              FailsAtListByte(6))
      << "WCE";
  EXPECT_EQ(disk.unit.mode, ModeState{});
}

TEST(ModeSelect, OneWrongPageSpoilsAll) {
  Disk disk;
  EXPECT_THAT(select6(disk, kHeader6 + kControlSwp + "0812 04 0000000000000000000000000000000000"),
              FailsAtListByte(4 + 12 + 2));
  EXPECT_FALSE(disk.unit.mode.software_write_protect);
}

TEST(ModeSelect, BlockDescriptorsMustMatch) {
  Disk disk;
  const auto with = [&](const std::string& descriptor) {
    return select6(disk, "00 00 00 08" + descriptor + kControlNow);
  };
  EXPECT_THAT(with("00000800 00 000200"), Good());
  EXPECT_THAT(with("00000000 00 000200"), Good());
  EXPECT_THAT(with("00000400 00 000200"), FailsAtListByte(4));
  EXPECT_THAT(with("00000800 00 001000"), FailsAtListByte(9));
  EXPECT_THAT(select6(disk, "00 00 00 10" + kControlNow), FailsAtListByte(3));
  EXPECT_THAT(select10(disk, "0000 00 00 01 00 0010" + kControlNow), FailsAtListByte(6));
}

TEST(ModeSelect, MediumTypeMustBeZero) {
  Disk disk;
  EXPECT_THAT(select6(disk, "00 01 00 00" + kControlNow), FailsAtListByte(1));
  EXPECT_THAT(select10(disk, "0000 01 00 00 00 0000" + kControlNow), FailsAtListByte(2));
}

TEST(ModeSelect, TheDeviceSpecificByteIsIgnored) {
  Disk disk;
  EXPECT_THAT(select6(disk, "00 00 90 00" + kControlNow), Good());
}

TEST(ModeSelect, PsIsIgnored) {
  Disk disk;
  EXPECT_THAT(select6(disk, kHeader6 + "8a0a 02 10 08 40 0000 0000 0000"), Good());
  EXPECT_TRUE(disk.unit.mode.software_write_protect);
}

TEST(ModeSelect, SubpagesHaveTheirOwnForm) {
  Disk disk;
  const std::string rest(54, '0');
  EXPECT_THAT(select6(disk, kHeader6 + "4a01 001c 05" + rest), Good());
  EXPECT_THAT(select6(disk, kHeader6 + "4a01 001c 05" + rest + kControlSwp), Good());
  EXPECT_TRUE(disk.unit.mode.software_write_protect) << "what follows is found";
  EXPECT_THAT(select6(disk, kHeader6 + "4a01 001c 04" + rest), FailsAtListByte(8)) << "IALUAE";
  EXPECT_THAT(select6(disk, kHeader6 + "4a01 0008 05" + rest), FailsAtListByte(6)) << "length";
  EXPECT_THAT(select6(disk, kHeader6 + "4a02 001c 05" + rest), FailsAtListByte(4)) << "unknown";
  EXPECT_THAT(select6(disk, kHeader6 + "4a00 000a 0210000000000000 0000"), FailsAtListByte(4));
  EXPECT_THAT(select6(disk, kHeader6 + "4a01 00"), Fails(sense::kParameterListLengthError));
  EXPECT_THAT(select6(disk, kHeader6 + "4a01 001c 05"), Fails(sense::kParameterListLengthError));
}

TEST(ModeSelect, UnknownPagesAndWrongLengthsPointAtThemselves) {
  Disk disk;
  EXPECT_THAT(select6(disk, kHeader6 + "020a 00000000000000000000"), FailsAtListByte(4));
  EXPECT_THAT(select6(disk, kHeader6 + "3f00"), FailsAtListByte(4));
  EXPECT_THAT(select6(disk, kHeader6 + "0a08 02 10 00 00 0000 0000"), FailsAtListByte(5));
}

TEST(ModeSelect, TruncatedListsAreALengthError) {
  Disk disk;
  for (const char* list : {"00", "00 00 00", "00 00 00 08 0000", "00 00 00 00 0a",
                           "00 00 00 00 0a0a 02 10 00 40 0000 0000 00"})
    EXPECT_THAT(select6(disk, list), Fails(sense::kParameterListLengthError)) << list;
  EXPECT_THAT(select10(disk, "0000 00 00 00 00 00"), Fails(sense::kParameterListLengthError));
}

TEST(ModeSelect, DataThatDidNotComeAreALengthError) {
  Disk disk;
  EXPECT_THAT(disk.send("15 10 0000 10 00", unhex(kHeader6 + kControlSwp), 8),
              Fails(sense::kParameterListLengthError));
}

TEST(ModeSelect, HugeListsAreRefusedBeforeTheyAreFetched) {
  Disk disk;
  EXPECT_EQ(disk.plan_of("55 10 0000000000 ffff 00").direction, Direction::kNone);
  EXPECT_THAT(disk.send("55 10 0000000000 ffff 00"), FailsAtCdbByte(7));
}

}  // namespace
}  // namespace lungate::scsi
