// SPDX-License-Identifier: LGPL-2.1-or-later

// SendTargets (RFC 7143, 13.3 and appendix C): which targets there are, and where.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace lungate::iscsi {

struct PortalAddress {
  std::string host;  // numeric IPv4 or IPv6, without brackets; or a DNS name
  std::uint16_t port = 3260;
  std::uint16_t tag = 1;  // portal group
};

struct DiscoveredTarget {
  std::string name;
  std::vector<PortalAddress> portals;
};

/// TargetAddress's value: "10.0.0.1:3260,1", "[2001:db8::1]:3260,1" (13.8).
std::string portal_text(const PortalAddress& portal);

enum class SendTargetsError : std::uint8_t {
  kBadValue,  // neither All, nor empty, nor a name: to be answered SendTargets=Reject
};

/// The text that answers SendTargets=`value`. `targets` is what this initiator may know of; a name
/// that is not among them gives an empty text. `own_target` is the session's target, empty in a
/// discovery session.
///
/// A normal session hears of its own target only, whatever it asks: the RFC forbids All there, and
/// answering it like the empty value gives away nothing and satisfies initiators that ask anyway.
/// A discovery session has no target of its own: the empty value is an error there.
Result<std::string, SendTargetsError> send_targets(std::string_view value,
                                                   std::string_view own_target,
                                                   std::span<const DiscoveredTarget> targets);

}  // namespace lungate::iscsi
