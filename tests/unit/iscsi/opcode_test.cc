// SPDX-License-Identifier: LGPL-2.1-or-later
#include "iscsi/opcode.h"

#include <gtest/gtest.h>

#include <set>

namespace lungate::iscsi {
namespace {

TEST(Opcode, ValuesAreThoseOfTheStandard) {
  EXPECT_EQ(static_cast<int>(Opcode::kNopOut), 0x00);
  EXPECT_EQ(static_cast<int>(Opcode::kScsiCommand), 0x01);
  EXPECT_EQ(static_cast<int>(Opcode::kTaskManagementRequest), 0x02);
  EXPECT_EQ(static_cast<int>(Opcode::kLoginRequest), 0x03);
  EXPECT_EQ(static_cast<int>(Opcode::kTextRequest), 0x04);
  EXPECT_EQ(static_cast<int>(Opcode::kDataOut), 0x05);
  EXPECT_EQ(static_cast<int>(Opcode::kLogoutRequest), 0x06);
  EXPECT_EQ(static_cast<int>(Opcode::kSnackRequest), 0x10);
  EXPECT_EQ(static_cast<int>(Opcode::kNopIn), 0x20);
  EXPECT_EQ(static_cast<int>(Opcode::kReadyToTransfer), 0x31);
  EXPECT_EQ(static_cast<int>(Opcode::kAsyncMessage), 0x32);
  EXPECT_EQ(static_cast<int>(Opcode::kReject), 0x3f);
}

TEST(Opcode, NamesAreDistinct) {
  std::set<std::string_view> names;
  for (const OpcodeInfo& row : kOpcodes) names.insert(row.name);
  EXPECT_EQ(names.size(), kOpcodes.size());
  EXPECT_EQ(kOpcodes.size(), 18u);
}

TEST(Opcode, BitFiveSaysWhoSends) {
  for (const OpcodeInfo& row : kOpcodes) {
    EXPECT_EQ(row.from_initiator, (static_cast<int>(row.opcode) & 0x20) == 0) << row.name;
  }
}

TEST(Opcode, OnlyScsiCommandsTakeAdditionalHeaders) {
  for (const OpcodeInfo& row : kOpcodes) {
    EXPECT_EQ(row.takes_ahs, row.opcode == Opcode::kScsiCommand) << row.name;
  }
}

TEST(Opcode, UnknownValuesHaveNoRow) {
  EXPECT_EQ(find_opcode(0x07), nullptr);
  EXPECT_EQ(find_opcode(0x1c), nullptr);
  EXPECT_EQ(name(static_cast<Opcode>(0x07)), "unknown");
  EXPECT_EQ(name(Opcode::kDataOut), "data_out");
}

}  // namespace
}  // namespace lungate::iscsi
