// SPDX-License-Identifier: LGPL-2.1-or-later

// Why a connection is logged out, and what came of it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "iscsi/named.h"

namespace lungate::iscsi {

// X(enumerator, value, name): RFC 7143, 11.14.1.
#define LUNGATE_ISCSI_LOGOUT_REASONS(X)      \
  X(kCloseSession, 0, "close_session")       \
  X(kCloseConnection, 1, "close_connection") \
  X(kRemoveForRecovery, 2, "remove_for_recovery")

/// Reasons of a Logout Request.
enum class LogoutReason : std::uint8_t {
#define X(enumerator, value, text) enumerator = value,
  LUNGATE_ISCSI_LOGOUT_REASONS(X)
#undef X
};

inline constexpr std::array kLogoutReasons = {
#define X(enumerator, value, text) Named<LogoutReason>{LogoutReason::enumerator, text},
    LUNGATE_ISCSI_LOGOUT_REASONS(X)
#undef X
};
#undef LUNGATE_ISCSI_LOGOUT_REASONS

// X(enumerator, value, name): RFC 7143, 11.15.1.
#define LUNGATE_ISCSI_LOGOUT_OUTCOMES(X)                \
  X(kClosed, 0, "closed")                               \
  X(kNoSuchCid, 1, "no_such_cid")                       \
  X(kRecoveryNotSupported, 2, "recovery_not_supported") \
  X(kCleanupFailed, 3, "cleanup_failed")

/// Responses to it.
enum class LogoutOutcome : std::uint8_t {
#define X(enumerator, value, text) enumerator = value,
  LUNGATE_ISCSI_LOGOUT_OUTCOMES(X)
#undef X
};

inline constexpr std::array kLogoutOutcomes = {
#define X(enumerator, value, text) Named<LogoutOutcome>{LogoutOutcome::enumerator, text},
    LUNGATE_ISCSI_LOGOUT_OUTCOMES(X)
#undef X
};
#undef LUNGATE_ISCSI_LOGOUT_OUTCOMES

/// The reason of a request's seven bits; nullopt for a value that the RFC does not define.
constexpr std::optional<LogoutReason> logout_reason(std::uint8_t value) {
  return value_in(kLogoutReasons, value);
}
constexpr std::string_view name(LogoutReason reason) {
  return name_in(kLogoutReasons, reason);
}
constexpr std::string_view name(LogoutOutcome outcome) {
  return name_in(kLogoutOutcomes, outcome);
}

}  // namespace lungate::iscsi
