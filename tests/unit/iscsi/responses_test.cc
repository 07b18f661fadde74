// SPDX-License-Identifier: LGPL-2.1-or-later
#include "iscsi/responses.h"

#include <gtest/gtest.h>

#include <array>

#include "tests/unit/iscsi/hex.h"

namespace lungate::iscsi {
namespace {

using testing::to_hex;

constexpr Counters kCounters{0x41, 0x42, 0x43};

template <class Pdu>
std::string wire(const Pdu& pdu) {
  return to_hex(bytes_of(pdu));
}

TEST(Responses, ScsiResponseGood) {
  EXPECT_EQ(wire(scsi_response({.initiator_task_tag = 7}, kCounters)),
            "21800000 00000000 00000000 00000000 00000007 00000000 "
            "00000041 00000042 00000043 00000000 00000000 00000000");
}

TEST(Responses, ScsiResponseWithSenseAndResidual) {
  const ScsiResponseFields fields{.initiator_task_tag = 7,
                                  .status = 2,
                                  .residual = residual(512, 0),
                                  .data_pdus = 3,
                                  .sense_bytes = 20};
  EXPECT_EQ(wire(scsi_response(fields, kCounters)),
            "21820002 00000014 00000000 00000000 00000007 00000000 "
            "00000041 00000042 00000043 00000003 00000000 00000200");
}

TEST(Responses, ScsiResponseOverflow) {
  const ScsiResponseFields fields{.initiator_task_tag = 7, .residual = residual(512, 1024)};
  EXPECT_EQ(wire(scsi_response(fields, kCounters)),
            "21840000 00000000 00000000 00000000 00000007 00000000 "
            "00000041 00000042 00000043 00000000 00000000 00000200");
}

TEST(Responses, DataInWithoutStatus) {
  const DataInPiece piece{
      .data_sn = 1, .offset = 0x1000, .bytes = 0x800, .final = true, .status = false};
  EXPECT_EQ(wire(data_in(7, piece, 0, residual(1, 0), kCounters)),
            "25800000 00000800 00000000 00000000 00000007 ffffffff "
            "00000000 00000042 00000043 00000001 00001000 00000000");
}

TEST(Responses, DataInWithStatus) {
  const DataInPiece piece{
      .data_sn = 2, .offset = 0x1800, .bytes = 0x200, .final = true, .status = true};
  EXPECT_EQ(wire(data_in(7, piece, 0, residual(0x2000, 0x1a00), kCounters)),
            "25830000 00000200 00000000 00000000 00000007 ffffffff "
            "00000041 00000042 00000043 00000002 00001800 00000600");
}

TEST(Responses, ReadyToTransferAnswersItsCommand) {
  ScsiCommand command;
  command.lun = {0, 5};
  command.initiator_task_tag = 7;
  const R2t r2t{.r2t_sn = 1, .target_transfer_tag = 0x55, .offset = 0x1000, .bytes = 0x2000};
  EXPECT_EQ(wire(ready_to_transfer(command, r2t, kCounters)),
            "31800000 00000000 00050000 00000000 00000007 00000055 "
            "00000041 00000042 00000043 00000001 00001000 00002000");
}

TEST(Responses, TaskManagement) {
  EXPECT_EQ(wire(task_management_response(7, TaskResponse::kNoSuchTask, kCounters)),
            "22800100 00000000 00000000 00000000 00000007 00000000 "
            "00000041 00000042 00000043 00000000 00000000 00000000");
}

TEST(Responses, TextOnceAndInPieces) {
  TextRequest request;
  request.initiator_task_tag = 7;
  EXPECT_EQ(wire(text_response(request, 0x99, true, false, 16, kCounters)),
            "24800000 00000010 00000000 00000000 00000007 ffffffff "
            "00000041 00000042 00000043 00000000 00000000 00000000");
  EXPECT_EQ(wire(text_response(request, 0x99, false, true, 16, kCounters)),
            "24400000 00000010 00000000 00000000 00000007 00000099 "
            "00000041 00000042 00000043 00000000 00000000 00000000");
}

TEST(Responses, Logout) {
  EXPECT_EQ(wire(logout_response(7, LogoutOutcome::kNoSuchCid, 2, 20, kCounters)),
            "26800100 00000000 00000000 00000000 00000007 00000000 "
            "00000041 00000042 00000043 00000000 00020014 00000000");
}

TEST(Responses, RejectQuotes) {
  EXPECT_EQ(wire(reject(RejectReason::kInvalidPduField, 48, kCounters)),
            "3f800900 00000030 00000000 00000000 ffffffff 00000000 "
            "00000041 00000042 00000043 00000000 00000000 00000000");
}

TEST(Responses, NopInAnswers) {
  NopOut request;
  request.lun = {0, 5};
  request.initiator_task_tag = 7;
  EXPECT_EQ(wire(nop_in_reply(request, 4, kCounters)),
            "20800000 00000004 00050000 00000000 00000007 ffffffff "
            "00000041 00000042 00000043 00000000 00000000 00000000");
}

TEST(Responses, NopInAsks) {
  EXPECT_EQ(wire(nop_in_ping(0x99, kCounters)),
            "20800000 00000000 00000000 00000000 ffffffff 00000099 "
            "00000041 00000042 00000043 00000000 00000000 00000000");
}

TEST(Responses, CountersOfAWindow) {
  CommandWindow window(10, 4);
  window.accept();
  const Counters now = counters(5, window);
  EXPECT_EQ(now.stat_sn, 5u);
  EXPECT_EQ(now.exp_cmd_sn, 11u);
  EXPECT_EQ(now.max_cmd_sn, 13u);
}

}  // namespace
}  // namespace lungate::iscsi
