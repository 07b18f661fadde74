// SPDX-License-Identifier: LGPL-2.1-or-later
#include "scsi/mode_pages.h"
#include "tests/unit/scsi/disk.h"

namespace lungate::scsi {
namespace {

using testing::Disk;
using testing::Fails;
using testing::FailsAtCdbByte;
using testing::Gives;
using testing::Good;
using testing::hex;

const std::string kErrorRecovery = "010a 00000000000000000000";
const std::string kCaching = "0812 00 0000000000000000000000000000000000";
const std::string kCachingOn = "0812 04 0000000000000000000000000000000000";
const std::string kControl = "0a0a 02 10 00 40 0000 0000 0000";
const std::string kControlExtension = "4a01 001c 05" + std::string(54, '0');
const std::string kPower = "1a26" + std::string(74, '0') + "54";
const std::string kExceptions = "1c0a 08 000000000000000000";
/// A percentage of what is available, decreasing; there is none.
const std::string kThresholds = "5c02 0014 00" + std::string(22, '0') + "08 03 0000 00000000";
const std::string kDescriptor = "00000800 00 000200";

TEST(ModeSense, SixBytesGiveAllPages) {
  Disk disk;
  EXPECT_THAT(disk.send("1a 00 3f 00 ff 00"), Gives("6b 00 10 08" + kDescriptor + kErrorRecovery +
                                                    kCaching + kControl + kPower + kExceptions));
}

TEST(ModeSense, TenBytesGiveAllPages) {
  Disk disk;
  EXPECT_THAT(disk.send("5a 00 3f 00 000000 ffff 00"),
              Gives("006e 00 10 00 00 0008" + kDescriptor + kErrorRecovery + kCaching + kControl +
                    kPower + kExceptions));
}

TEST(ModeSense, SubpagesComeBehindTheirPage) {
  Disk disk;
  EXPECT_THAT(disk.send("1a 00 3f ff ff 00"),
              Gives("a3 00 10 08" + kDescriptor + kErrorRecovery + kCaching + kControl +
                    kControlExtension + kPower + kExceptions + kThresholds));
  EXPECT_THAT(disk.send("1a 08 1c 02 ff 00"), Gives("1b 00 10 00" + kThresholds));
  EXPECT_THAT(disk.send("1a 08 0a 01 ff 00"), Gives("23 00 10 00" + kControlExtension));
  EXPECT_THAT(disk.send("1a 08 0a ff ff 00"), Gives("2f 00 10 00" + kControl + kControlExtension));
  EXPECT_THAT(disk.send("1a 08 08 ff ff 00"), Gives("17 00 10 00" + kCaching));
}

TEST(ModeSense, PagesStandAlone) {
  Disk disk;
  EXPECT_THAT(disk.send("1a 08 01 00 ff 00"), Gives("0f 00 10 00" + kErrorRecovery));
  EXPECT_THAT(disk.send("1a 08 08 00 ff 00"), Gives("17 00 10 00" + kCaching));
  EXPECT_THAT(disk.send("1a 08 0a 00 ff 00"), Gives("0f 00 10 00" + kControl));
  EXPECT_THAT(disk.send("1a 08 1a 00 ff 00"), Gives("2b 00 10 00" + kPower));
  EXPECT_THAT(disk.send("1a 08 1c 00 ff 00"), Gives("0f 00 10 00" + kExceptions));
  EXPECT_THAT(disk.send("5a 08 0a 00 000000 00ff 00"), Gives("0012 00 10 00 00 0000" + kControl));
}

TEST(ModeSense, UnknownPagesAndSubpagesAreRefused) {
  Disk disk;
  EXPECT_THAT(disk.send("1a 00 00 00 ff 00"), FailsAtCdbByte(2));
  EXPECT_THAT(disk.send("1a 00 19 00 ff 00"), FailsAtCdbByte(2));
  EXPECT_THAT(disk.send("1a 00 19 ff ff 00"), FailsAtCdbByte(2));
  EXPECT_THAT(disk.send("1a 00 0a 02 ff 00"), FailsAtCdbByte(3));
  EXPECT_THAT(disk.send("1a 00 08 01 ff 00"), FailsAtCdbByte(3));
  EXPECT_THAT(disk.send("5a 00 3f 01 000000 00ff 00"), FailsAtCdbByte(3));
  EXPECT_THAT(disk.send("5a 00 3f 7f 000000 00ff 00"), FailsAtCdbByte(3));
}

TEST(ModeSense, DbdLeavesTheBlockDescriptorOut) {
  Disk disk;
  EXPECT_EQ(disk.send("1a 00 0a 00 ff 00").data.size(), 4 + 8 + 12u);
  EXPECT_EQ(disk.send("1a 08 0a 00 ff 00").data.size(), 4 + 12u);
}

TEST(ModeSense, LlbaaMayBeAnsweredShort) {
  Disk disk(512, 1ull << 40);
  EXPECT_THAT(disk.send("5a 10 0a 00 000000 00ff 00"),
              Gives("001a 00 10 00 00 0008 ffffffff 00 000200" + kControl));
}

TEST(ModeSense, ChangeableAreSwpAndDSense) {
  Disk disk;
  EXPECT_THAT(disk.send("1a 08 4a 00 ff 00"), Gives("0f 00 10 00 0a0a 04 00 08 00 0000 0000 0000"));
  EXPECT_THAT(disk.send("1a 08 48 00 ff 00"), Gives("17 00 10 00 0812" + std::string(36, '0')));
  EXPECT_THAT(disk.send("1a 08 41 00 ff 00"), Gives("0f 00 10 00 010a" + std::string(20, '0')));
  EXPECT_THAT(disk.send("1a 08 4a 01 ff 00"),
              Gives("23 00 10 00 4a01 001c" + std::string(56, '0')));
}

TEST(ModeSense, DefaultsAreTheUnitsOwn) {
  Disk disk;
  disk.unit.mode.descriptor_sense = true;
  EXPECT_THAT(disk.send("1a 08 0a 00 ff 00"), Gives("0f 00 10 00 0a0a 06 10 00 40 0000 0000 0000"));
  EXPECT_THAT(disk.send("1a 08 8a 00 ff 00"), Gives("0f 00 10 00" + kControl));
}

TEST(ModeSense, NothingIsSaved) {
  Disk disk;
  EXPECT_THAT(disk.send("1a 00 ff 00 ff 00"), Fails(sense::kSavingParametersNotSupported));
  EXPECT_THAT(disk.send("5a 00 ca 00 000000 00ff 00"), Fails(sense::kSavingParametersNotSupported));
}

TEST(ModeSense, WriteProtectionShowsInTheHeader) {
  Disk disk;
  disk.unit.read_only = true;
  EXPECT_EQ(disk.send("1a 00 3f 00 04 00").data[2], std::byte{0x90});
  disk.unit.read_only = false;
  disk.unit.mode.software_write_protect = true;
  EXPECT_EQ(disk.send("1a 00 3f 00 04 00").data[2], std::byte{0x90});
  EXPECT_THAT(disk.send("1a 08 0a 00 ff 00"), Gives("0f 00 90 00 0a0a 02 10 08 40 0000 0000 0000"));
}

TEST(ModeSense, WriteCacheShowsInTheCachingPage) {
  Disk disk;
  disk.unit.write_cache = true;
  EXPECT_THAT(disk.send("1a 08 08 00 ff 00"), Gives("17 00 10 00" + kCachingOn));
}

TEST(ModeSense, IsCutButSaysItsWholeLength) {
  Disk disk;
  EXPECT_THAT(disk.send("1a 00 3f 00 04 00"), Gives("6b 00 10 08"));
  EXPECT_THAT(disk.send("1a 00 3f 00 01 00"), Gives("6b"));
  EXPECT_THAT(disk.send("1a 00 3f 00 00 00"), Gives(""));
  EXPECT_EQ(disk.send("1a 00 3f 00 04 00").transfer_bytes, 4u);
  EXPECT_EQ(disk.send("1a 00 3f 00 ff 00").transfer_bytes, 0x6cu);
}

TEST(ModePages, AscendAndFitTheirBuffer) {
  for (std::size_t i = 0; i < mode_pages().size(); ++i) {
    if (i > 0) {
      const ModePage& before = mode_pages()[i - 1];
      EXPECT_LT(std::pair(before.code, before.subpage),
                std::pair(mode_pages()[i].code, mode_pages()[i].subpage));
    }
    EXPECT_LE(mode_pages()[i].bytes, kModePageBytesMax);
  }
}

TEST(ModePages, HeadersSayCodeAndLengthInEveryControl) {
  const Disk disk;
  for (const ModePage& page : mode_pages())
    for (const PageControl control :
         {PageControl::kCurrent, PageControl::kChangeable, PageControl::kDefault}) {
      const ModePageBytes bytes = mode_page_bytes(page, control, disk.unit);
      if (page.subpage == 0) {
        EXPECT_EQ(bytes[0], std::byte{page.code});
        EXPECT_EQ(std::to_integer<std::size_t>(bytes[1]) + 2, page.bytes);
      } else {
        EXPECT_EQ(bytes[0], std::byte{page.code} | std::byte{0x40});
        EXPECT_EQ(bytes[1], std::byte{page.subpage});
        EXPECT_EQ(load<be16>(Bytes(bytes).subspan(2)) + 4, page.bytes);
      }
    }
}

}  // namespace
}  // namespace lungate::scsi
