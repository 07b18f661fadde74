// SPDX-License-Identifier: LGPL-2.1-or-later

// Status of a Login Response (RFC 7143, 11.13.5), each once, as an object: to be sent, compared,
// counted and logged.
//
// The whole table of the RFC, so that a client's log or a test can name any of them. Four are never
// sent from here: "removed" (a target is there, has moved, or is not_found), "cannot include" (a
// session has one connection), "service unavailable" (who drains closes) and "target error"
// (nothing of a login can fail in the target but for want of room).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace lungate::iscsi {

struct LoginStatus {
  std::uint8_t status_class = 0;
  std::uint8_t detail = 0;
  std::string_view name;     // snake_case, for logs and metrics
  std::string_view meaning;  // a sentence for the operator

  constexpr bool success() const { return status_class == 0; }
  /// The peer is sent elsewhere: the response names the address.
  constexpr bool redirection() const { return status_class == 1; }
  friend constexpr bool operator==(const LoginStatus& a, const LoginStatus& b) {
    return a.status_class == b.status_class && a.detail == b.detail;
  }
};

namespace login_status {

inline constexpr LoginStatus kSuccess{0, 0, "success", "The login goes on or is complete."};
inline constexpr LoginStatus kMovedTemporarily{1, 1, "target_moved_temporarily",
                                               "The target is at the address given, for now."};
inline constexpr LoginStatus kMovedPermanently{1, 2, "target_moved_permanently",
                                               "The target is at the address given, from now on."};
inline constexpr LoginStatus kInitiatorError{2, 0, "initiator_error",
                                             "The initiator broke a rule of the login phase."};
inline constexpr LoginStatus kAuthenticationFailure{
    2, 1, "authentication_failure", "The initiator did not authenticate, or by no method we take."};
inline constexpr LoginStatus kAuthorizationFailure{2, 2, "authorization_failure",
                                                   "This initiator may not use this target."};
inline constexpr LoginStatus kNotFound{2, 3, "not_found", "There is no such target here."};
inline constexpr LoginStatus kTargetRemoved{2, 4, "target_removed",
                                            "The target was here and is gone for good."};
inline constexpr LoginStatus kUnsupportedVersion{
    2, 5, "unsupported_version", "The initiator's version range leaves out version 0."};
inline constexpr LoginStatus kTooManyConnections{2, 6, "too_many_connections",
                                                 "A session has one connection here."};
inline constexpr LoginStatus kMissingParameter{
    2, 7, "missing_parameter", "InitiatorName, or TargetName in a normal session, is missing."};
inline constexpr LoginStatus kCannotInclude{2, 8, "cannot_include_in_session",
                                            "The session does not reach to this portal group."};
inline constexpr LoginStatus kSessionTypeNotSupported{
    2, 9, "session_type_not_supported", "SessionType is neither Normal nor Discovery."};
inline constexpr LoginStatus kSessionDoesNotExist{2, 0x0a, "session_does_not_exist",
                                                  "The TSIH names no session of this initiator."};
inline constexpr LoginStatus kInvalidRequest{2, 0x0b, "invalid_during_login",
                                             "A PDU that has no place in the login phase."};
inline constexpr LoginStatus kTargetError{3, 0, "target_error",
                                          "The target failed; the initiator may try again."};
inline constexpr LoginStatus kServiceUnavailable{3, 1, "service_unavailable",
                                                 "The target does not serve at the moment."};
inline constexpr LoginStatus kOutOfResources{3, 2, "out_of_resources",
                                             "The gateway has no room for another session."};

inline constexpr std::array kAll = {
    kSuccess,
    kMovedTemporarily,
    kMovedPermanently,
    kInitiatorError,
    kAuthenticationFailure,
    kAuthorizationFailure,
    kNotFound,
    kTargetRemoved,
    kUnsupportedVersion,
    kTooManyConnections,
    kMissingParameter,
    kCannotInclude,
    kSessionTypeNotSupported,
    kSessionDoesNotExist,
    kInvalidRequest,
    kTargetError,
    kServiceUnavailable,
    kOutOfResources,
};

}  // namespace login_status
}  // namespace lungate::iscsi
