// SPDX-License-Identifier: LGPL-2.1-or-later

// Failed logins to telemetry's kinds. LoginPhase asks when one has ended, on the connection's lane.
// A peer chooses which row it gets, and none that is not here: what the tables lack broke a rule of
// the login phase. Users and secrets are told apart here, for the operator; the peer is told one
// thing for both.
#include "session/login_failure.h"

#include <algorithm>
#include <array>

namespace lungate::session {
namespace {

using telemetry::GatewayCounter;
namespace status = iscsi::login_status;

struct StatusRow {
  iscsi::LoginStatus status;
  GatewayCounter result;
  GatewayCounter reason;
};
constexpr std::array kByStatus = {
    StatusRow{status::kAuthenticationFailure, GatewayCounter::kLoginAuthFailure,
              GatewayCounter::kLoginFailedMalformed},
    StatusRow{status::kAuthorizationFailure, GatewayCounter::kLoginAclDenied,
              GatewayCounter::kLoginFailedNotAllowed},
    StatusRow{status::kNotFound, GatewayCounter::kLoginNoTarget,
              GatewayCounter::kLoginFailedNoTarget},
    StatusRow{status::kTooManyConnections, GatewayCounter::kLoginLimit,
              GatewayCounter::kLoginFailedTooMany},
    StatusRow{status::kServiceUnavailable, GatewayCounter::kLoginLimit,
              GatewayCounter::kLoginFailedTooMany},
    StatusRow{status::kOutOfResources, GatewayCounter::kLoginLimit,
              GatewayCounter::kLoginFailedTooMany},
    StatusRow{status::kSessionDoesNotExist, GatewayCounter::kLoginProtocol,
              GatewayCounter::kLoginFailedNoSession},
    StatusRow{status::kTargetError, GatewayCounter::kLoginProtocol,
              GatewayCounter::kLoginFailedInternal},
};

/// Where the status alone does not say it: the words of LoginReply::reason.
struct ReasonRow {
  std::string_view word;
  GatewayCounter reason;
  bool guess = false;
};
constexpr std::array kByReason = {
    ReasonRow{"unknown_user", GatewayCounter::kLoginFailedUnknownUser, true},
    ReasonRow{"wrong_secret", GatewayCounter::kLoginFailedWrongSecret, true},
    ReasonRow{"reflected_challenge", GatewayCounter::kLoginFailedReflection, true},
    ReasonRow{"equal_secrets", GatewayCounter::kLoginFailedReflection, true},
    ReasonRow{"no_common_auth_method", GatewayCounter::kLoginFailedNoMethod},
    ReasonRow{"not_authenticated", GatewayCounter::kLoginFailedNoMethod},
    ReasonRow{"no_common_chap_algorithm", GatewayCounter::kLoginFailedNoDigest},
    ReasonRow{"digest_required", GatewayCounter::kLoginFailedNoDigest},
    ReasonRow{"no_target_secret", GatewayCounter::kLoginFailedNoMutualSecret},
    ReasonRow{kSourceRefusedReason, GatewayCounter::kLoginFailedRefused},
};

struct CloseRow {
  CloseReason close;
  GatewayCounter result;
  GatewayCounter reason;
};
constexpr std::array kByClose = {
    CloseRow{CloseReason::kEvicted, GatewayCounter::kLoginLimit,
             GatewayCounter::kLoginFailedTooMany},
    CloseRow{CloseReason::kNoMemory, GatewayCounter::kLoginLimit,
             GatewayCounter::kLoginFailedTooMany},
    CloseRow{CloseReason::kLoginTimeout, GatewayCounter::kLoginTimeout,
             GatewayCounter::kLoginFailedTimeout},
    CloseRow{CloseReason::kReceiveTimeout, GatewayCounter::kLoginProtocol,
             GatewayCounter::kLoginFailedTimeout},
    CloseRow{CloseReason::kProtocolError, GatewayCounter::kLoginProtocol,
             GatewayCounter::kLoginFailedMalformed},
};

}  // namespace

LoginFailure failure_of(const iscsi::LoginStatus& status, std::string_view reason) {
  LoginFailure failure{GatewayCounter::kLoginProtocol, GatewayCounter::kLoginFailedMalformed};
  const auto by_status = std::ranges::find(kByStatus, status, &StatusRow::status);
  if (by_status != kByStatus.end()) failure = {by_status->result, by_status->reason};
  const auto by_reason = std::ranges::find(kByReason, reason, &ReasonRow::word);
  if (by_reason != kByReason.end()) {
    failure.reason = by_reason->reason;
    failure.guess = by_reason->guess;
  }
  return failure;
}

std::optional<LoginFailure> failure_of(CloseReason reason) {
  const auto row = std::ranges::find(kByClose, reason, &CloseRow::close);
  if (row == kByClose.end()) return {};
  return LoginFailure{row->result, row->reason};
}

}  // namespace lungate::session
