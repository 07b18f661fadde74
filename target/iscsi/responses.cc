// SPDX-License-Identifier: LGPL-2.1-or-later

// Headers of what a target sends, from the few things that differ between two of a kind. Session
// and its parts call these on their lane; no bytes of a peer are interpreted here. Each function
// sets what its section of the RFC asks for and leaves the rest zero. Three things no reply may get
// wrong, because an initiator cannot recover from them at level 0:
//
// StatSN     consumed by every PDU with a status, and only by those: see the comment of each
// function tags       the request's ITT comes back unchanged; a TTT that nobody may use is kNoTag,
// not 0 LUN        echoed where a TTT is valid (R2T, Text, NOP-In), reserved everywhere else
#include "iscsi/responses.h"

#include "base/check.h"

namespace lungate::iscsi {
namespace {

/// A PDU with the three numbers in it.
template <class Pdu>
Pdu numbered(const Counters& counters) {
  Pdu pdu;
  pdu.stat_sn = counters.stat_sn;
  pdu.exp_cmd_sn = counters.exp_cmd_sn;
  pdu.max_cmd_sn = counters.max_cmd_sn;
  return pdu;
}

/// Count and kind of a residual: SCSI Response and Data-In have the same bits for it.
template <class Pdu>
void set_residual(Pdu& pdu, const Residual& residual) {
  if (residual.kind == Residual::Kind::kUnderflow) pdu.flags |= Pdu::kUnderflowBit;
  if (residual.kind == Residual::Kind::kOverflow) pdu.flags |= Pdu::kOverflowBit;
  pdu.residual_count = residual.bytes;
}

}  // namespace

ScsiResponse scsi_response(const ScsiResponseFields& fields, const Counters& counters) {
  auto pdu = numbered<ScsiResponse>(counters);
  pdu.status = fields.status;
  pdu.initiator_task_tag = fields.initiator_task_tag;
  pdu.exp_data_sn = fields.data_pdus;  // 11.4.8: how many Data-In or R2T the peer must have seen
  pdu.data_segment_bytes = fields.sense_bytes;
  set_residual(pdu, fields.residual);
  return pdu;
}

DataIn data_in(std::uint32_t initiator_task_tag, const DataInPiece& piece, std::uint8_t status,
               const Residual& residual, const Counters& counters) {
  auto pdu = numbered<DataIn>(counters);
  if (piece.final) pdu.flags |= kFinalBit;
  pdu.initiator_task_tag = initiator_task_tag;
  pdu.data_segment_bytes = piece.bytes;
  pdu.data_sn = piece.data_sn;
  pdu.buffer_offset = piece.offset;
  if (!piece.status) {
    pdu.stat_sn = 0;  // 11.7.4: reserved without the S bit
    return pdu;
  }
  pdu.flags |= DataIn::kStatusBit;
  pdu.status = status;
  set_residual(pdu, residual);
  return pdu;
}

ReadyToTransfer ready_to_transfer(const ScsiCommand& command, const R2t& r2t,
                                  const Counters& counters) {
  auto pdu = numbered<ReadyToTransfer>(counters);
  pdu.lun = command.lun;
  pdu.initiator_task_tag = command.initiator_task_tag;
  pdu.target_transfer_tag = r2t.target_transfer_tag;
  pdu.r2t_sn = r2t.r2t_sn;
  pdu.buffer_offset = r2t.offset;
  pdu.desired_data_transfer_length = r2t.bytes;
  return pdu;
}

TaskManagementResponse task_management_response(std::uint32_t initiator_task_tag,
                                                TaskResponse response, const Counters& counters) {
  auto pdu = numbered<TaskManagementResponse>(counters);
  pdu.initiator_task_tag = initiator_task_tag;
  pdu.response = static_cast<std::uint8_t>(response);
  return pdu;
}

TextResponse text_response(const TextRequest& request, std::uint32_t target_transfer_tag,
                           bool final, bool more, std::uint32_t text_bytes,
                           const Counters& counters) {
  check(!(final && more), "the last response of a text does not go on");
  auto pdu = numbered<TextResponse>(counters);
  if (final) pdu.flags |= kFinalBit;
  if (more) pdu.flags |= kContinueBit;
  pdu.lun = request.lun;
  pdu.initiator_task_tag = request.initiator_task_tag;
  pdu.target_transfer_tag = final ? kNoTag : target_transfer_tag;
  pdu.data_segment_bytes = text_bytes;
  return pdu;
}

LogoutResponse logout_response(std::uint32_t initiator_task_tag, LogoutOutcome outcome,
                               std::uint16_t time2wait_s, std::uint16_t time2retain_s,
                               const Counters& counters) {
  auto pdu = numbered<LogoutResponse>(counters);
  pdu.initiator_task_tag = initiator_task_tag;
  pdu.response = static_cast<std::uint8_t>(outcome);
  pdu.time2wait_s = time2wait_s;
  pdu.time2retain_s = time2retain_s;
  return pdu;
}

// Quotes the header that was refused (11.17.4), since a Reject bears no task tag of its own: the
// initiator finds the command by the quoted one.
Reject reject(RejectReason reason, std::uint32_t quoted_bytes, const Counters& counters) {
  auto pdu = numbered<Reject>(counters);
  pdu.reason = static_cast<std::uint8_t>(reason);
  pdu.data_segment_bytes = quoted_bytes;
  return pdu;
}

NopIn nop_in_reply(const NopOut& request, std::uint32_t data_bytes, const Counters& counters) {
  auto pdu = numbered<NopIn>(counters);
  pdu.lun = request.lun;
  pdu.initiator_task_tag = request.initiator_task_tag;
  pdu.target_transfer_tag = kNoTag;
  pdu.data_segment_bytes = data_bytes;
  return pdu;
}

AsyncMessage request_logout(std::uint16_t within_s, const Counters& counters) {
  constexpr std::uint8_t kRequestsLogout = 1;
  auto pdu = numbered<AsyncMessage>(counters);
  pdu.event = kRequestsLogout;
  pdu.parameter3 = within_s;
  return pdu;
}

NopIn nop_in_ping(std::uint32_t target_transfer_tag, const Counters& counters) {
  auto pdu = numbered<NopIn>(counters);
  pdu.initiator_task_tag = kNoTag;
  pdu.target_transfer_tag = target_transfer_tag;
  return pdu;
}

}  // namespace lungate::iscsi
