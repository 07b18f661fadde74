// SPDX-License-Identifier: LGPL-2.1-or-later

// Why a PDU was rejected, as the peer is told.
#pragma once

#include <cstdint>
#include <string_view>

namespace lungate::iscsi {

/// Reasons of a Reject (RFC 7143, 11.17.1).
enum class RejectReason : std::uint8_t {
  kDataDigestError = 0x02,
  kSnackReject = 0x03,
  kProtocolError = 0x04,
  kCommandNotSupported = 0x05,
  kTooManyImmediateCommands = 0x06,
  kTaskInProgress = 0x07,
  kInvalidDataAck = 0x08,
  kInvalidPduField = 0x09,
  kOutOfResources = 0x0a,  // "long operation reject": no target transfer tag to be had
  kWaitingForLogout = 0x0c,
};
std::string_view name(RejectReason reason);

}  // namespace lungate::iscsi
