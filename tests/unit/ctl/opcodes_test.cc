// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/opcodes.h"

#include <gtest/gtest.h>

namespace lungate::ctl {
namespace {

TEST(OpcodeName, KnowsWhatADiskKnows) {
  EXPECT_EQ(opcode_name(0x00), "TEST UNIT READY");
  EXPECT_EQ(opcode_name(0x2a), "WRITE(10)");
  EXPECT_EQ(opcode_name(0x89), "COMPARE AND WRITE");
  EXPECT_EQ(opcode_name(0xb7), "READ DEFECT DATA(12)");
  EXPECT_EQ(opcode_name(0xff), "");
  EXPECT_EQ(opcode_name(0x01), "");
}

}  // namespace
}  // namespace lungate::ctl
