// SPDX-License-Identifier: LGPL-2.1-or-later

// Why a PDU was rejected, as the peer is told.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "iscsi/named.h"

namespace lungate::iscsi {

// X(enumerator, value, name): RFC 7143, 11.17.1. kOutOfResources is its "long operation reject": no
// target transfer tag to be had.
#define LUNGATE_ISCSI_REJECT_REASONS(X)                             \
  X(kDataDigestError, 0x02, "data_digest_error")                    \
  X(kSnackReject, 0x03, "snack_reject")                             \
  X(kProtocolError, 0x04, "protocol_error")                         \
  X(kCommandNotSupported, 0x05, "command_not_supported")            \
  X(kTooManyImmediateCommands, 0x06, "too_many_immediate_commands") \
  X(kTaskInProgress, 0x07, "task_in_progress")                      \
  X(kInvalidDataAck, 0x08, "invalid_data_ack")                      \
  X(kInvalidPduField, 0x09, "invalid_pdu_field")                    \
  X(kOutOfResources, 0x0a, "out_of_resources")                      \
  X(kWaitingForLogout, 0x0c, "waiting_for_logout")

/// Reasons of a Reject.
enum class RejectReason : std::uint8_t {
#define X(enumerator, value, text) enumerator = value,
  LUNGATE_ISCSI_REJECT_REASONS(X)
#undef X
};

inline constexpr std::array kRejectReasons = {
#define X(enumerator, value, text) Named<RejectReason>{RejectReason::enumerator, text},
    LUNGATE_ISCSI_REJECT_REASONS(X)
#undef X
};
#undef LUNGATE_ISCSI_REJECT_REASONS

constexpr std::string_view name(RejectReason reason) {
  return name_in(kRejectReasons, reason);
}

}  // namespace lungate::iscsi
