// SPDX-License-Identifier: LGPL-2.1-or-later
#include "iscsi/logout.h"

namespace lungate::iscsi {

std::optional<LogoutReason> logout_reason(std::uint8_t value) {
  if (value > static_cast<std::uint8_t>(LogoutReason::kRemoveForRecovery)) return std::nullopt;
  return static_cast<LogoutReason>(value);
}

std::string_view name(LogoutReason reason) {
  switch (reason) {
    case LogoutReason::kCloseSession:
      return "close_session";
    case LogoutReason::kCloseConnection:
      return "close_connection";
    case LogoutReason::kRemoveForRecovery:
      return "remove_for_recovery";
  }
  return "unknown";
}

std::string_view name(LogoutOutcome outcome) {
  switch (outcome) {
    case LogoutOutcome::kClosed:
      return "closed";
    case LogoutOutcome::kNoSuchCid:
      return "no_such_cid";
    case LogoutOutcome::kRecoveryNotSupported:
      return "recovery_not_supported";
    case LogoutOutcome::kCleanupFailed:
      return "cleanup_failed";
  }
  return "unknown";
}

}  // namespace lungate::iscsi
