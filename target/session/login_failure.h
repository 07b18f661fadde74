// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <optional>
#include <string_view>

#include "iscsi/login_status.h"
#include "session/close_reason.h"
#include "telemetry/kinds.h"

namespace lungate::session {

/// How a login that failed is counted.
struct LoginFailure {
  telemetry::GatewayCounter result;  // how it ended
  telemetry::GatewayCounter reason;  // what was wrong
  bool guess = false;                // a proof that was wrong: it counts against its source
};

/// What a login is refused for that says nothing of itself: its source has guessed too often.
inline constexpr std::string_view kSourceRefusedReason = "source_refused";

/// Refused by a response with this status; `reason` is LoginReply's, for the log. REQUIRES: neither
/// success nor redirection.
LoginFailure failure_of(const iscsi::LoginStatus& status, std::string_view reason);

/// Ended without a response. Nothing: it was given up, by its peer or with the gateway.
std::optional<LoginFailure> failure_of(CloseReason reason);

}  // namespace lungate::session
