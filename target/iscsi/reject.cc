// SPDX-License-Identifier: LGPL-2.1-or-later
#include "iscsi/reject.h"

namespace lungate::iscsi {

std::string_view name(RejectReason reason) {
  switch (reason) {
    case RejectReason::kDataDigestError:
      return "data_digest_error";
    case RejectReason::kSnackReject:
      return "snack_reject";
    case RejectReason::kProtocolError:
      return "protocol_error";
    case RejectReason::kCommandNotSupported:
      return "command_not_supported";
    case RejectReason::kTooManyImmediateCommands:
      return "too_many_immediate_commands";
    case RejectReason::kTaskInProgress:
      return "task_in_progress";
    case RejectReason::kInvalidDataAck:
      return "invalid_data_ack";
    case RejectReason::kInvalidPduField:
      return "invalid_pdu_field";
    case RejectReason::kOutOfResources:
      return "out_of_resources";
    case RejectReason::kWaitingForLogout:
      return "waiting_for_logout";
  }
  return "unknown";
}

}  // namespace lungate::iscsi
