// SPDX-License-Identifier: LGPL-2.1-or-later

// Rejects. Called by a session's parts, on the lane's thread, for a PDU that has no other answer.
// The header that a peer sent is quoted back to it, whole and unchanged: it must know by it which
// PDU was meant, for a Reject has no task tag (RFC 7143, 11.17).
#include "session/sender.h"

#include <array>
#include <utility>

#include "session/lane.h"

namespace lungate::session {
namespace {

using iscsi::RejectReason;
using telemetry::GatewayCounter;

constexpr std::array<std::pair<RejectReason, GatewayCounter>, 10> kCounterOf = {{
    {RejectReason::kDataDigestError, GatewayCounter::kRejectDataDigest},
    {RejectReason::kSnackReject, GatewayCounter::kRejectSnack},
    {RejectReason::kProtocolError, GatewayCounter::kRejectProtocolError},
    {RejectReason::kCommandNotSupported, GatewayCounter::kRejectUnsupported},
    {RejectReason::kTooManyImmediateCommands, GatewayCounter::kRejectTooManyImmediate},
    {RejectReason::kTaskInProgress, GatewayCounter::kRejectTaskInProgress},
    {RejectReason::kInvalidDataAck, GatewayCounter::kRejectSnack},
    {RejectReason::kInvalidPduField, GatewayCounter::kRejectInvalidField},
    {RejectReason::kOutOfResources, GatewayCounter::kRejectLongOperation},
    {RejectReason::kWaitingForLogout, GatewayCounter::kRejectWaitingForLogout},
}};

}  // namespace

void Sender::reject(RejectReason reason, Bytes header) {
  for (const auto& [candidate, counter] : kCounterOf)
    if (candidate == reason) connection_.lane().recorder().add(counter);
  send_copy(iscsi::reject(reason, static_cast<std::uint32_t>(header.size()), next()), header);
}

}  // namespace lungate::session
