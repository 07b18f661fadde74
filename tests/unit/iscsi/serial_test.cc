// SPDX-License-Identifier: LGPL-2.1-or-later
#include "iscsi/serial.h"

#include <gtest/gtest.h>

namespace lungate::iscsi {
namespace {

TEST(Serial, OrderNearby) {
  EXPECT_TRUE(serial_before(1, 2));
  EXPECT_FALSE(serial_before(2, 1));
  EXPECT_FALSE(serial_before(2, 2));
}

TEST(Serial, OrderAcrossTheWrap) {
  EXPECT_TRUE(serial_before(0xffffffff, 0));
  EXPECT_TRUE(serial_before(0xfffffff0, 0x10));
  EXPECT_FALSE(serial_before(0x10, 0xfffffff0));
}

TEST(Serial, HalfTheCircleIsUnordered) {
  EXPECT_FALSE(serial_before(0, 0x80000000));
  EXPECT_FALSE(serial_before(0x80000000, 0));
  EXPECT_TRUE(serial_before(0, 0x7fffffff));
  EXPECT_TRUE(serial_before(0x80000001, 0));
}

}  // namespace
}  // namespace lungate::iscsi
