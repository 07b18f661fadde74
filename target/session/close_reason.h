// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <string_view>

namespace lungate::session {

/// Why a connection ended: one word in the log, one counter in the segment.
enum class CloseReason : std::uint8_t {
  kLogout,         // the initiator said so
  kPeerClosed,     // the peer ended the TCP connection, or it broke
  kProtocolError,  // not iSCSI, or a PDU that ends the connection by its rules
  kDigestError,    // a header that cannot be trusted (ERL 0: the connection goes)
  kLoginRefused,   // a login response of class 1, 2 or 3 was sent
  kLoginTimeout,
  kReceiveTimeout,    // a PDU that had begun did not end
  kSendTimeout,       // the peer does not read
  kNopTimeout,        // our ping was not answered
  kReinstated,        // the same initiator port logged in again (RFC 7143, 6.3.4, 6.3.5)
  kAdministrative,    // the operator, or a configuration without this access
  kStalled,           // this process was paused: what it held is too old to execute
  kDrained,           // the gateway stops
  kEvicted,           // in login or in discovery, the oldest one: a newer one has its place
  kDiscoveryTimeout,  // a discovery session has had its time
  kNoMemory,          // its answers, which it does not read, have no place in their lane any more
};
inline constexpr std::size_t kCloseReasons = 16;
std::string_view name(CloseReason reason);

}  // namespace lungate::session
