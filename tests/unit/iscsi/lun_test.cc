// SPDX-License-Identifier: LGPL-2.1-or-later
#include "iscsi/lun.h"

#include <gtest/gtest.h>

namespace lungate::iscsi {
namespace {

TEST(Lun, PeripheralDeviceMethod) {
  EXPECT_EQ(decode_lun({0, 0, 0, 0, 0, 0, 0, 0}), 0);
  EXPECT_EQ(decode_lun({0, 7, 0, 0, 0, 0, 0, 0}), 7);
  EXPECT_EQ(decode_lun({0, 255, 0, 0, 0, 0, 0, 0}), 255);
}

TEST(Lun, FlatSpaceMethod) {
  EXPECT_EQ(decode_lun({0x40, 3, 0, 0, 0, 0, 0, 0}), 3);
  EXPECT_EQ(decode_lun({0x41, 0, 0, 0, 0, 0, 0, 0}), 256);
  EXPECT_EQ(decode_lun({0x7f, 0xff, 0, 0, 0, 0, 0, 0}), kLunNumberFlatMax);
}

TEST(Lun, WhatAddressesNothing) {
  EXPECT_EQ(decode_lun({1, 0, 0, 0, 0, 0, 0, 0}), std::nullopt) << "another bus";
  EXPECT_EQ(decode_lun({0x80, 0, 0, 0, 0, 0, 0, 0}), std::nullopt) << "logical unit method";
  EXPECT_EQ(decode_lun({0xc1, 1, 0, 0, 0, 0, 0, 0}), std::nullopt) << "well-known unit";
  EXPECT_EQ(decode_lun({0xd2, 0, 0, 1, 0, 0, 0, 0}), std::nullopt) << "extended flat";
  EXPECT_EQ(decode_lun({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}), std::nullopt);
}

TEST(Lun, SecondLevelAddressesNothing) {
  for (std::size_t i = 2; i < 8; ++i) {
    LunField field{0, 1};
    field[i] = 1;
    EXPECT_EQ(decode_lun(field), std::nullopt) << "byte " << i;
  }
}

TEST(Lun, EncodingIsDecodedBack) {
  for (std::uint16_t number = 0; number <= kLunNumberFlatMax; ++number) {
    ASSERT_EQ(decode_lun(encode_lun(number)), number);
  }
  EXPECT_EQ(encode_lun(255), (LunField{0, 255}));
  EXPECT_EQ(encode_lun(256), (LunField{0x41, 0}));
}

TEST(LunDeathTest, EncodingBeyondFlatSpaceIsOurMistake) {
  EXPECT_DEATH(encode_lun(kLunNumberFlatMax + 1), "flat space");
}

}  // namespace
}  // namespace lungate::iscsi
