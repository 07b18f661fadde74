// SPDX-License-Identifier: LGPL-2.1-or-later
// Golden headers, written down byte by byte from the figures of RFC 7143, 11.3 to 11.19: read into
// the struct field by field, and built from the fields to the same bytes.
#include "iscsi/bhs.h"

#include <gtest/gtest.h>

#include "tests/unit/iscsi/hex.h"

namespace lungate::iscsi {
namespace {

using testing::hex;
using testing::to_hex;

template <class Pdu>
Pdu read(std::string_view golden) {
  const auto bytes = hex(golden);
  EXPECT_EQ(bytes.size(), kBhsBytes) << golden;
  return load<Pdu>(bytes);
}

template <class Pdu>
std::string written(const Pdu& pdu) {
  return to_hex(bytes_of(pdu));
}

constexpr LunField kLun5{0, 5};

TEST(Bhs, BasicHeader) {
  const auto pdu = read<BasicHeader>(
      "41800000 02012345 00050000 00000000 deadbeef 00000000"
      "00000000 00000000 00000000 00000000 00000000 00000000");
  EXPECT_EQ(pdu.opcode(), Opcode::kScsiCommand);
  EXPECT_TRUE(pdu.immediate());
  EXPECT_TRUE(pdu.final());
  EXPECT_EQ(pdu.ahs_bytes(), 8u);
  EXPECT_EQ(pdu.data_segment_bytes, 0x012345u);
  EXPECT_EQ(pdu.lun, kLun5);
  EXPECT_EQ(pdu.initiator_task_tag, 0xdeadbeefu);
}

TEST(Bhs, UnknownOpcodeIsKeptAsItIs) {
  BasicHeader header;
  header.opcode_byte = 0x47;  // "G" of an HTTP request
  EXPECT_EQ(header.opcode_value(), 0x07);
  EXPECT_EQ(find_opcode(header.opcode_value()), nullptr);
}

TEST(Bhs, ScsiCommandOfAppendixA4) {
  const char* golden =
      "01c00000 00000000 00000000 00000000 14000000 00000400 "
      "00000014 00000018 28000000 00000000 02000000 00000000";
  const auto pdu = read<ScsiCommand>(golden);
  EXPECT_TRUE(pdu.final());
  EXPECT_TRUE(pdu.read());
  EXPECT_FALSE(pdu.write());
  EXPECT_FALSE(pdu.immediate());
  EXPECT_EQ(pdu.initiator_task_tag, 0x14000000u);
  EXPECT_EQ(pdu.expected_data_transfer_length, 0x400u);
  EXPECT_EQ(pdu.cmd_sn, 0x14u);
  EXPECT_EQ(pdu.exp_stat_sn, 0x18u);
  EXPECT_EQ(pdu.cdb[0], 0x28);
  EXPECT_EQ(pdu.cdb[8], 0x02);

  ScsiCommand built;
  built.flags = kFinalBit | ScsiCommand::kReadBit;
  built.initiator_task_tag = 0x14000000;
  built.expected_data_transfer_length = 0x400;
  built.cmd_sn = 0x14;
  built.exp_stat_sn = 0x18;
  built.cdb = {0x28, 0, 0, 0, 0, 0, 0, 0, 2};
  EXPECT_EQ(written(built), golden);
}

// A WRITE(10) of 8 KiB to LUN 5 whose first 4 KiB come with it: byte 1 has F, W and SIMPLE, the
// data segment's length is that of the immediate data, EDTL that of all.
TEST(Bhs, ScsiCommandThatWritesWithImmediateData) {
  const char* golden =
      "01a10000 00001000 00050000 00000000 0000002a 00002000 "
      "00000015 00000019 2a000000 08000000 10000000 00000000";
  const auto pdu = read<ScsiCommand>(golden);
  EXPECT_TRUE(pdu.final() && pdu.write());
  EXPECT_FALSE(pdu.read() || pdu.immediate());
  EXPECT_EQ(pdu.data_segment_bytes, 0x1000u);
  EXPECT_EQ(pdu.total_ahs_words, 0);
  EXPECT_EQ(pdu.lun, kLun5);
  EXPECT_EQ(pdu.initiator_task_tag, 0x2au);
  EXPECT_EQ(pdu.expected_data_transfer_length, 0x2000u);
  EXPECT_EQ(pdu.cmd_sn, 0x15u);
  EXPECT_EQ(pdu.exp_stat_sn, 0x19u);
  EXPECT_EQ(pdu.cdb[0], 0x2a);
  EXPECT_EQ(pdu.cdb[8], 0x10);

  ScsiCommand built;
  built.flags = kFinalBit | ScsiCommand::kWriteBit | 0x01;
  built.data_segment_bytes = 0x1000;
  built.lun = kLun5;
  built.initiator_task_tag = 0x2a;
  built.expected_data_transfer_length = 0x2000;
  built.cmd_sn = 0x15;
  built.exp_stat_sn = 0x19;
  built.cdb = {0x2a, 0, 0, 0, 8, 0, 0, 0, 0x10};
  EXPECT_EQ(written(built), golden);
}

TEST(Bhs, ScsiCommandFlags) {
  ScsiCommand pdu;
  pdu.opcode_byte |= kImmediateBit;
  pdu.flags = ScsiCommand::kWriteBit | 0x02;  // ORDERED (11.3.1)
  EXPECT_EQ(pdu.flags, 0x22);
  EXPECT_TRUE(pdu.write() && pdu.immediate());
  EXPECT_FALSE(pdu.read() || pdu.final());
}

TEST(Bhs, ScsiResponse) {
  const char* golden =
      "21820002 00000014 00000000 00000000 00000007 00000000 "
      "00000101 00000202 00000303 00000004 00000000 00000200";
  const auto pdu = read<ScsiResponse>(golden);
  EXPECT_EQ(pdu.response, ScsiResponse::kCompletedAtTarget);
  EXPECT_EQ(pdu.status, 0x02);
  EXPECT_EQ(pdu.data_segment_bytes, 20u);
  EXPECT_EQ(pdu.stat_sn, 0x101u);
  EXPECT_EQ(pdu.exp_cmd_sn, 0x202u);
  EXPECT_EQ(pdu.max_cmd_sn, 0x303u);
  EXPECT_EQ(pdu.exp_data_sn, 4u);
  EXPECT_EQ(pdu.residual_count, 0x200u);

  ScsiResponse built;
  built.flags |= ScsiResponse::kUnderflowBit;
  built.status = 2;
  built.data_segment_bytes = 20;
  built.initiator_task_tag = 7;
  built.stat_sn = 0x101;
  built.exp_cmd_sn = 0x202;
  built.max_cmd_sn = 0x303;
  built.exp_data_sn = 4;
  built.residual_count = 0x200;
  EXPECT_EQ(written(built), golden);
}

TEST(Bhs, TaskManagementRequest) {
  const char* golden =
      "42810000 00000000 00050000 00000000 00000009 00000008 "
      "00000011 00000022 00000010 00000000 00000000 00000000";
  const auto pdu = read<TaskManagementRequest>(golden);
  EXPECT_TRUE(pdu.immediate());
  EXPECT_EQ(pdu.function(), 1);
  EXPECT_EQ(pdu.referenced_task_tag, 8u);
  EXPECT_EQ(pdu.ref_cmd_sn, 0x10u);

  TaskManagementRequest built;
  built.opcode_byte |= kImmediateBit;
  built.flags |= 1;
  built.lun = kLun5;
  built.initiator_task_tag = 9;
  built.referenced_task_tag = 8;
  built.cmd_sn = 0x11;
  built.exp_stat_sn = 0x22;
  built.ref_cmd_sn = 0x10;
  EXPECT_EQ(written(built), golden);
}

TEST(Bhs, TaskManagementResponse) {
  TaskManagementResponse built;
  built.response = 1;
  built.initiator_task_tag = 9;
  built.stat_sn = 0x31;
  built.exp_cmd_sn = 0x32;
  built.max_cmd_sn = 0x33;
  EXPECT_EQ(written(built),
            "22800100 00000000 00000000 00000000 00000009 00000000 "
            "00000031 00000032 00000033 00000000 00000000 00000000");
}

TEST(Bhs, DataOut) {
  const char* golden =
      "05800000 00002000 00050000 00000000 00000007 00000055 "
      "00000000 00000066 00000000 00000003 00006000 00000000";
  const auto pdu = read<DataOut>(golden);
  EXPECT_TRUE(pdu.final());
  EXPECT_EQ(pdu.data_segment_bytes, 0x2000u);
  EXPECT_EQ(pdu.target_transfer_tag, 0x55u);
  EXPECT_EQ(pdu.exp_stat_sn, 0x66u);
  EXPECT_EQ(pdu.data_sn, 3u);
  EXPECT_EQ(pdu.buffer_offset, 0x6000u);

  DataOut built;
  built.flags = kFinalBit;
  built.data_segment_bytes = 0x2000;
  built.lun = kLun5;
  built.initiator_task_tag = 7;
  built.target_transfer_tag = 0x55;
  built.exp_stat_sn = 0x66;
  built.data_sn = 3;
  built.buffer_offset = 0x6000;
  EXPECT_EQ(written(built), golden);
}

TEST(Bhs, DataIn) {
  DataIn built;
  built.flags = kFinalBit | DataIn::kStatusBit | DataIn::kUnderflowBit;
  built.status = 0;
  built.data_segment_bytes = 0x1000;
  built.initiator_task_tag = 7;
  built.stat_sn = 0x41;
  built.exp_cmd_sn = 0x42;
  built.max_cmd_sn = 0x43;
  built.data_sn = 2;
  built.buffer_offset = 0x2000;
  built.residual_count = 0x10;
  EXPECT_EQ(written(built),
            "25830000 00001000 00000000 00000000 00000007 ffffffff "
            "00000041 00000042 00000043 00000002 00002000 00000010");
}

TEST(Bhs, ReadyToTransfer) {
  ReadyToTransfer built;
  built.lun = kLun5;
  built.initiator_task_tag = 7;
  built.target_transfer_tag = 0x55;
  built.stat_sn = 0x41;
  built.exp_cmd_sn = 0x42;
  built.max_cmd_sn = 0x43;
  built.r2t_sn = 1;
  built.buffer_offset = 0x10000;
  built.desired_data_transfer_length = 0x40000;
  EXPECT_EQ(written(built),
            "31800000 00000000 00050000 00000000 00000007 00000055 "
            "00000041 00000042 00000043 00000001 00010000 00040000");
}

TEST(Bhs, AsyncMessage) {
  AsyncMessage built;
  built.stat_sn = 0x41;
  built.exp_cmd_sn = 0x42;
  built.max_cmd_sn = 0x43;
  built.event = 1;
  built.parameter3 = 10;
  EXPECT_EQ(written(built),
            "32800000 00000000 00000000 00000000 ffffffff 00000000 "
            "00000041 00000042 00000043 01000000 0000000a 00000000");
}

TEST(Bhs, TextRequest) {
  const char* golden =
      "04c00000 00000010 00000000 00000000 0000000b ffffffff "
      "00000011 00000022 00000000 00000000 00000000 00000000";
  const auto pdu = read<TextRequest>(golden);
  EXPECT_TRUE(pdu.final());
  EXPECT_TRUE(pdu.continues());
  EXPECT_EQ(pdu.target_transfer_tag, kNoTag);
  EXPECT_EQ(pdu.cmd_sn, 0x11u);
  EXPECT_EQ(pdu.exp_stat_sn, 0x22u);

  TextRequest built;
  built.flags = kFinalBit | kContinueBit;
  built.data_segment_bytes = 16;
  built.initiator_task_tag = 11;
  built.cmd_sn = 0x11;
  built.exp_stat_sn = 0x22;
  EXPECT_EQ(written(built), golden);
}

TEST(Bhs, TextResponse) {
  TextResponse built;
  built.flags = kFinalBit;
  built.data_segment_bytes = 0x20;
  built.initiator_task_tag = 11;
  built.stat_sn = 0x41;
  built.exp_cmd_sn = 0x42;
  built.max_cmd_sn = 0x43;
  EXPECT_EQ(written(built),
            "24800000 00000020 00000000 00000000 0000000b ffffffff "
            "00000041 00000042 00000043 00000000 00000000 00000000");
}

TEST(Bhs, LoginRequest) {
  const char* golden =
      "43870000 00000100 00023d00 00010000 0000000c 00010000 "
      "00000001 00000002 00000000 00000000 00000000 00000000";
  const auto pdu = read<LoginRequest>(golden);
  EXPECT_TRUE(pdu.transit());
  EXPECT_FALSE(pdu.continues());
  EXPECT_EQ(pdu.current_stage(), 1);
  EXPECT_EQ(pdu.next_stage(), 3);
  EXPECT_EQ(pdu.isid, (Isid{0, 2, 0x3d, 0, 0, 1}));
  EXPECT_EQ(pdu.tsih, 0u);
  EXPECT_EQ(pdu.cid, 1u);
  EXPECT_EQ(pdu.cmd_sn, 1u);
  EXPECT_EQ(pdu.exp_stat_sn, 2u);

  LoginRequest built;
  built.flags = kTransitBit | 0x07;
  built.data_segment_bytes = 0x100;
  built.isid = {0, 2, 0x3d, 0, 0, 1};
  built.initiator_task_tag = 12;
  built.cid = 1;
  built.cmd_sn = 1;
  built.exp_stat_sn = 2;
  EXPECT_EQ(written(built), golden);
}

TEST(Bhs, LoginResponse) {
  LoginResponse built;
  built.flags = 0;
  built.isid = {0, 2, 0x3d, 0, 0, 1};
  built.tsih = 0x0102;
  built.initiator_task_tag = 12;
  built.stat_sn = 2;
  built.exp_cmd_sn = 1;
  built.max_cmd_sn = 0x80;
  built.status_class = 2;
  built.status_detail = 3;
  EXPECT_EQ(written(built),
            "23000000 00000000 00023d00 00010102 0000000c 00000000 "
            "00000002 00000001 00000080 02030000 00000000 00000000");
}

TEST(Bhs, LogoutRequest) {
  const char* golden =
      "46810000 00000000 00000000 00000000 0000000d 00010000 "
      "00000011 00000022 00000000 00000000 00000000 00000000";
  const auto pdu = read<LogoutRequest>(golden);
  EXPECT_EQ(pdu.reason(), 1);
  EXPECT_EQ(pdu.cid, 1u);
  EXPECT_TRUE(pdu.immediate());

  LogoutRequest built;
  built.opcode_byte |= kImmediateBit;
  built.flags |= 1;
  built.initiator_task_tag = 13;
  built.cid = 1;
  built.cmd_sn = 0x11;
  built.exp_stat_sn = 0x22;
  EXPECT_EQ(written(built), golden);
}

TEST(Bhs, LogoutResponse) {
  LogoutResponse built;
  built.initiator_task_tag = 13;
  built.stat_sn = 0x41;
  built.exp_cmd_sn = 0x42;
  built.max_cmd_sn = 0x43;
  built.time2wait_s = 2;
  built.time2retain_s = 20;
  EXPECT_EQ(written(built),
            "26800000 00000000 00000000 00000000 0000000d 00000000 "
            "00000041 00000042 00000043 00000000 00020014 00000000");
}

TEST(Bhs, SnackRequest) {
  const auto pdu = read<SnackRequest>(
      "10800000 00000000 00050000 00000000 00000007 ffffffff"
      "00000000 00000022 00000000 00000000 00000003 00000002");
  EXPECT_EQ(pdu.exp_stat_sn, 0x22u);
  EXPECT_EQ(pdu.begin_run, 3u);
  EXPECT_EQ(pdu.run_length, 2u);
}

TEST(Bhs, Reject) {
  Reject built;
  built.reason = 4;
  built.data_segment_bytes = 48;
  built.stat_sn = 0x41;
  built.exp_cmd_sn = 0x42;
  built.max_cmd_sn = 0x43;
  EXPECT_EQ(written(built),
            "3f800400 00000030 00000000 00000000 ffffffff 00000000 "
            "00000041 00000042 00000043 00000000 00000000 00000000");
}

TEST(Bhs, NopOut) {
  const char* golden =
      "40800000 00000004 00050000 00000000 0000000e ffffffff "
      "00000011 00000022 00000000 00000000 00000000 00000000";
  const auto pdu = read<NopOut>(golden);
  EXPECT_TRUE(pdu.immediate());
  EXPECT_EQ(pdu.target_transfer_tag, kNoTag);
  EXPECT_EQ(pdu.cmd_sn, 0x11u);

  NopOut built;
  built.opcode_byte |= kImmediateBit;
  built.data_segment_bytes = 4;
  built.lun = kLun5;
  built.initiator_task_tag = 14;
  built.target_transfer_tag = kNoTag;
  built.cmd_sn = 0x11;
  built.exp_stat_sn = 0x22;
  EXPECT_EQ(written(built), golden);
}

TEST(Bhs, NopIn) {
  NopIn built;
  built.initiator_task_tag = kNoTag;
  built.target_transfer_tag = 0x77;
  built.stat_sn = 0x41;
  built.exp_cmd_sn = 0x42;
  built.max_cmd_sn = 0x43;
  EXPECT_EQ(written(built),
            "20800000 00000000 00000000 00000000 ffffffff 00000077 "
            "00000041 00000042 00000043 00000000 00000000 00000000");
}

}  // namespace
}  // namespace lungate::iscsi
