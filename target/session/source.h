// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>

#include "session/socket.h"

namespace lungate::session {

/// Whom a connection is counted for: an IPv4 address, or the /64 that an IPv6 address is in, for
/// that is what one customer or one host is given, and it can invent addresses there as it likes.
/// In the /64 that the portal itself is in (and with link-local addresses) hosts are told apart by
/// their whole address: a storage network is one /64, and one host's mistakes are not another's.
class Source {
 public:
  Source() = default;
  static Source of(const Endpoint& peer, const Endpoint& local);

  /// "10.0.0.7", "2001:db8:1:2::/64", "fe80::1".
  std::string text() const;

  friend bool operator==(const Source&, const Source&) = default;
  friend auto operator<=>(const Source&, const Source&) = default;

 private:
  std::array<std::uint8_t, 16> address_{};  // IPv4 as ::ffff:a.b.c.d
  bool whole_ = true;                       // false: the last eight bytes are anything
};

}  // namespace lungate::session
