// SPDX-License-Identifier: LGPL-2.1-or-later
#include "session/login_failure.h"

#include <gtest/gtest.h>

#include "iscsi/chap_exchange.h"
#include "telemetry/catalog.h"

namespace lungate::session {
namespace {

using iscsi::ChapError;
using telemetry::GatewayCounter;
namespace status = iscsi::login_status;

TEST(LoginFailure, OfChapIsCountedByWhatWasWrong) {
  const struct {
    ChapError error;
    GatewayCounter reason;
    bool guess;
  } kRows[] = {
      {ChapError::kNoAlgorithms, GatewayCounter::kLoginFailedNoDigest, false},
      {ChapError::kMalformed, GatewayCounter::kLoginFailedMalformed, false},
      {ChapError::kReflectedChallenge, GatewayCounter::kLoginFailedReflection, true},
      {ChapError::kEqualSecrets, GatewayCounter::kLoginFailedReflection, true},
      {ChapError::kUnknownUser, GatewayCounter::kLoginFailedUnknownUser, true},
      {ChapError::kWrongSecret, GatewayCounter::kLoginFailedWrongSecret, true},
      {ChapError::kNoTargetSecret, GatewayCounter::kLoginFailedNoMutualSecret, false},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(name(row.error));
    const LoginFailure failure = failure_of(status::kAuthenticationFailure, name(row.error));
    EXPECT_EQ(failure.result, GatewayCounter::kLoginAuthFailure);
    EXPECT_EQ(failure.reason, row.reason);
    EXPECT_EQ(failure.guess, row.guess);
  }
  EXPECT_EQ(failure_of(status::kTargetError, name(ChapError::kCryptoFailed)).reason,
            GatewayCounter::kLoginFailedInternal);
  EXPECT_EQ(failure_of(status::kInitiatorError, name(ChapError::kOutOfTurn)).reason,
            GatewayCounter::kLoginFailedMalformed);
}

TEST(LoginFailure, EveryStatusHasAResultAndAReason) {
  for (const iscsi::LoginStatus& one : status::kAll) {
    if (one.success() || one.redirection()) continue;
    SCOPED_TRACE(one.name);
    const LoginFailure failure = failure_of(one, one.name);
    EXPECT_EQ(telemetry::row(failure.result).metric, &telemetry::metrics::kLogins);
    EXPECT_EQ(telemetry::row(failure.reason).metric, &telemetry::metrics::kLoginFailures);
    EXPECT_FALSE(failure.guess) << "nothing was proved, so nothing was guessed";
  }
}

TEST(LoginFailure, WithoutAnAnswerIsCountedByWhatEndedIt) {
  EXPECT_EQ(failure_of(CloseReason::kLoginTimeout)->reason, GatewayCounter::kLoginFailedTimeout);
  EXPECT_EQ(failure_of(CloseReason::kReceiveTimeout)->reason, GatewayCounter::kLoginFailedTimeout);
  EXPECT_EQ(failure_of(CloseReason::kProtocolError)->reason, GatewayCounter::kLoginFailedMalformed);
  EXPECT_EQ(failure_of(CloseReason::kEvicted)->reason, GatewayCounter::kLoginFailedTooMany);
  EXPECT_EQ(failure_of(CloseReason::kNoMemory)->reason, GatewayCounter::kLoginFailedTooMany);
  for (const CloseReason none : {CloseReason::kPeerClosed, CloseReason::kLoginRefused,
                                 CloseReason::kDrained, CloseReason::kStalled})
    EXPECT_FALSE(failure_of(none)) << name(none);
}

}  // namespace
}  // namespace lungate::session
