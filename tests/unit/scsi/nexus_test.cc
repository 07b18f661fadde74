// SPDX-License-Identifier: LGPL-2.1-or-later
#include "scsi/nexus.h"

#include <gtest/gtest.h>

namespace lungate::scsi {
namespace {

TEST(UnitAttentions, ComeOutOldestFirst) {
  UnitAttentions attentions;
  attentions.raise(sense::kModeParametersChanged);
  attentions.raise(sense::kCapacityChanged);
  EXPECT_EQ(attentions.take(), sense::kModeParametersChanged);
  EXPECT_EQ(attentions.take(), sense::kCapacityChanged);
  EXPECT_TRUE(attentions.empty());
}

TEST(UnitAttentions, AreKeptOnceIfEqual) {
  UnitAttentions attentions;
  attentions.raise(sense::kCapacityChanged);
  attentions.raise(sense::kCapacityChanged);
  attentions.take();
  EXPECT_TRUE(attentions.empty());
}

TEST(UnitAttentions, AResetSwallowsWhatItImplies) {
  UnitAttentions attentions;
  attentions.raise(sense::kModeParametersChanged);
  attentions.raise(sense::kNexusLoss);
  attentions.raise(sense::kBusDeviceReset);
  EXPECT_EQ(attentions.take(), sense::kBusDeviceReset);
  EXPECT_TRUE(attentions.empty());
}

TEST(UnitAttentions, ALesserConditionAfterAResetIsNewsAgain) {
  UnitAttentions attentions;
  attentions.raise(sense::kPowerOnOccurred);
  attentions.raise(sense::kNexusLoss);
  attentions.raise(sense::kCapacityChanged);
  EXPECT_EQ(attentions.take(), sense::kPowerOnOccurred);
  EXPECT_EQ(attentions.take(), sense::kNexusLoss);
  EXPECT_EQ(attentions.take(), sense::kCapacityChanged);
}

TEST(UnitAttentions, TooManyGiveWayToOneReset) {
  UnitAttentions attentions;
  for (std::size_t i = 0; i <= limits::kUnitAttentionsMax; ++i)
    attentions.raise({SenseKey::kUnitAttention, 0x3f, static_cast<std::uint8_t>(i), "one of many"});
  EXPECT_EQ(attentions.take(), sense::kResetOccurred);
  EXPECT_TRUE(attentions.empty());
}

TEST(UnitAttentions, OneThatIsKnownOtherwiseIsDropped) {
  UnitAttentions attentions;
  attentions.raise(sense::kReportedLunsChanged);
  attentions.raise(sense::kCapacityChanged);
  attentions.drop(sense::kReportedLunsChanged);
  EXPECT_EQ(attentions.take(), sense::kCapacityChanged);
  EXPECT_TRUE(attentions.empty());
}

TEST(UnitAttentionsDeathTest, NoneCannotBeTaken) {
  UnitAttentions attentions;
  EXPECT_DEATH(attentions.take(), "taken from those there are");
}

}  // namespace
}  // namespace lungate::scsi
