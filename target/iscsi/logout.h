// SPDX-License-Identifier: LGPL-2.1-or-later

// Why a connection is logged out, and what came of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace lungate::iscsi {

/// Reasons of a Logout Request (RFC 7143, 11.14.1).
enum class LogoutReason : std::uint8_t {
  kCloseSession = 0,
  kCloseConnection = 1,
  kRemoveForRecovery = 2,
};

/// Responses (11.15.1).
enum class LogoutOutcome : std::uint8_t {
  kClosed = 0,
  kNoSuchCid = 1,
  kRecoveryNotSupported = 2,
  kCleanupFailed = 3,
};

/// The reason of a request's seven bits; nullopt for a value that the RFC does not define.
std::optional<LogoutReason> logout_reason(std::uint8_t value);
std::string_view name(LogoutReason reason);
std::string_view name(LogoutOutcome outcome);

}  // namespace lungate::iscsi
