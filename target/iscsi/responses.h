// SPDX-License-Identifier: LGPL-2.1-or-later

// The headers that a target sends, filled in. What is not a parameter is zero, or what the RFC says
// it must be.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "iscsi/bhs.h"
#include "iscsi/cmdsn.h"
#include "iscsi/logout.h"
#include "iscsi/reject.h"
#include "iscsi/task_management.h"
#include "iscsi/transfer.h"

namespace lungate::iscsi {

/// The three numbers of every PDU from target to initiator (RFC 7143, 4.2.2).
struct Counters {
  std::uint32_t stat_sn = 0;
  std::uint32_t exp_cmd_sn = 0;
  std::uint32_t max_cmd_sn = 0;
};

inline Counters counters(std::uint32_t stat_sn, const CommandWindow& window) {
  return {stat_sn, window.exp_cmd_sn(), window.max_cmd_sn()};
}

/// `sense_bytes`: the data segment, its two length bytes included. `data_pdus`: ExpDataSN.
struct ScsiResponseFields {
  std::uint32_t initiator_task_tag = kNoTag;
  std::uint8_t status = 0;
  Residual residual = {};
  std::uint32_t data_pdus = 0;
  std::uint32_t sense_bytes = 0;
};
/// Never with data of the command: a read that ends well may carry its status in the last Data-In
/// instead (data_in() below), and must not say it twice.
ScsiResponse scsi_response(const ScsiResponseFields& fields, const Counters& counters);

/// With piece.status set, `status` and `residual` go into the PDU, and it consumes
/// counters.stat_sn; otherwise StatSN is zero (reserved).
DataIn data_in(std::uint32_t initiator_task_tag, const DataInPiece& piece, std::uint8_t status,
               const Residual& residual, const Counters& counters);

/// counters.stat_sn is the next StatSN; an R2T does not consume it (11.8.2).
ReadyToTransfer ready_to_transfer(const ScsiCommand& command, const R2t& r2t,
                                  const Counters& counters);

/// Sent when the function's effect is complete (11.6): the last affected task has really ended. The
/// referenced task's own response is not sent any more after it.
TaskManagementResponse task_management_response(std::uint32_t initiator_task_tag,
                                                TaskResponse response, const Counters& counters);

/// `final`: nothing of this exchange follows; the transfer tag is kNoTag then. `more`: the C bit.
TextResponse text_response(const TextRequest& request, std::uint32_t target_transfer_tag,
                           bool final, bool more, std::uint32_t text_bytes,
                           const Counters& counters);

/// The last PDU of its connection: nothing may be queued behind it. Time2Wait and Time2Retain are
/// what was negotiated; at level 0 nothing is retained, whatever the second says (11.15.2).
LogoutResponse logout_response(std::uint32_t initiator_task_tag, LogoutOutcome outcome,
                               std::uint16_t time2wait_s, std::uint16_t time2retain_s,
                               const Counters& counters);

/// The data segment is the 48 bytes (and AHS) of the offending header: `quoted_bytes` of them.
Reject reject(RejectReason reason, std::uint32_t quoted_bytes, const Counters& counters);

/// Answers a NOP-Out with its own tag, LUN and `data_bytes` of its data (11.19).
NopIn nop_in_reply(const NopOut& request, std::uint32_t data_bytes, const Counters& counters);
/// Asks for a logout within so many seconds (11.9.1, event 1). Takes a StatSN.
AsyncMessage request_logout(std::uint16_t within_s, const Counters& counters);

/// Our own ping; it wants an answer with this tag. counters.stat_sn is not consumed (11.19.1).
NopIn nop_in_ping(std::uint32_t target_transfer_tag, const Counters& counters);

}  // namespace lungate::iscsi
