// SPDX-License-Identifier: LGPL-2.1-or-later
#include "scsi/provisioning.h"

#include "tests/unit/scsi/disk.h"

namespace lungate::scsi {
namespace {

using testing::Disk;
using testing::FailsAtCdbByte;
using testing::Gives;

constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;

/// 2 TiB of 512-byte blocks in a place of 100 GiB, of which so many are used.
struct Thin : Disk {
  explicit Thin(std::uint64_t used_gib, std::uint8_t percent = 80) {
    unit.geometry.block_count = std::uint64_t{1} << 32;
    unit.threshold_percent = percent;
    auto fullness = std::make_shared<Fullness>();
    fullness->used_bytes = used_gib * kGiB;
    fullness->available_bytes = (100 - used_gib) * kGiB;
    unit.fullness = fullness;
  }
};

TEST(SoftThreshold, IsToldOnceAndAgainOnlyAfterItHasBeenLeft) {
  SoftThreshold threshold;
  const auto at = [&](std::uint64_t used) { return threshold.take({used, 1000 - used}, 80); };
  EXPECT_FALSE(at(799));
  EXPECT_TRUE(at(800));
  EXPECT_FALSE(at(900));
  EXPECT_FALSE(at(799));
  EXPECT_FALSE(at(801)) << "it wavers";
  EXPECT_FALSE(at(780)) << "not far enough";
  EXPECT_FALSE(at(800));
  EXPECT_FALSE(at(779));
  EXPECT_TRUE(at(800)) << "armed again";
}

TEST(SoftThreshold, OfWhatIsNotKnownIsNone) {
  SoftThreshold threshold;
  EXPECT_FALSE(threshold.take({0, 0}, 80));
  EXPECT_FALSE(threshold.take({100, 0}, 0)) << "switched off";
  EXPECT_TRUE(threshold.take({100, 0}, 99));
  const std::uint64_t most = ~std::uint64_t{0};
  EXPECT_EQ((Room{most, most}.used_percent()), 50u);
}

TEST(Thresholds, SetsAreAMegabyteUnlessTheUnitIsTooLargeForThat) {
  EXPECT_EQ(threshold_exponent({.block_bytes = 512, .block_count = 1}), 11);
  EXPECT_EQ(threshold_exponent({.block_bytes = 4096, .block_count = 1}), 8);
  Geometry huge{.block_bytes = 512, .block_count = limits::kLunBytesMax / 512};
  const auto exponent = threshold_exponent(huge);
  EXPECT_LT(huge.block_count >> exponent, std::uint64_t{1} << 32) << "SBC-3, 6.6.4";
  EXPECT_GE(huge.block_count >> (exponent - 1), std::uint64_t{1} << 31);
}

TEST(Thresholds, AreInTheProvisioningPageOfVpd) {
  EXPECT_THAT(Thin(10).send("12 01 b2 00ff 00"), Gives("00 b2 0004 0b e4 02 14"));
  EXPECT_THAT(Thin(10, 0).send("12 01 b2 00ff 00"), Gives("00 b2 0004 00 e4 02 00"));
}

TEST(Thresholds, AreTheModePage) {
  const std::string head = "1b 00 10 00 5c02 0014 00" + std::string(22, '0');
  EXPECT_THAT(Thin(10).send("1a 08 1c 02 ff 00"), Gives(head + "88 03 0000 00000014"));
  EXPECT_THAT(Thin(10, 90).send("1a 08 1c 02 ff 00"), Gives(head + "88 03 0000 0000000a"));
  EXPECT_THAT(Thin(10).send("1a 08 5c 02 ff 00"),
              Gives("1b 00 10 00 5c02 0014" + std::string(40, '0')))
      << "nothing of it can be changed";
}

/// Available, used, and the first in percent; all shared with others.
TEST(Thresholds, AreBesideWhatIsUsedInTheLogPage) {
  EXPECT_THAT(Thin(30).send("4d 00 4c 00 00 0000 00ff 00"),
              Gives("8c 00 0024"
                    "0001 03 08 00011800 02 000000"
                    "0002 03 08 00007800 02 000000"
                    "0003 03 08 0046 0000 02 000000"));
  EXPECT_THAT(Thin(30).send("4d 00 40 00 00 0000 00ff 00"), Gives("80 00 0002 00 0c"));
  EXPECT_THAT(Thin(30, 0).send("4d 00 4c 00 00 0000 00ff 00"), FailsAtCdbByte(2));
}

TEST(Thresholds, BeforeAnybodyHasLookedTheWholeUnitIsAvailable) {
  Thin disk(0);
  disk.unit.fullness = std::make_shared<Fullness>();
  EXPECT_THAT(disk.send("4d 00 4c 00 00 0000 00ff 00"), Gives("8c 00 0024"
                                                              "0001 03 08 00200000 02 000000"
                                                              "0002 03 08 00000000 02 000000"
                                                              "0003 03 08 0064 0000 02 000000"));
}

}  // namespace
}  // namespace lungate::scsi
