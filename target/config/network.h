// SPDX-License-Identifier: LGPL-2.1-or-later

// "192.0.2.0/24", "2001:db8::/32", "192.0.2.7": where an initiator may come from. A value; any
// thread.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace lungate::config {

/// The addresses whose first bits are these. IPv4 is kept as IPv6 has it (::ffff:192.0.2.0), so one
/// comparison does for both.
struct Network {
  std::array<unsigned char, 16> prefix{};  // all bits behind the first `bits` are zero
  unsigned bits = 0;                       // 0 to 128; of IPv4: 96 more than are written

  bool operator==(const Network&) const = default;
};

/// Nothing: not an address, a length beyond the family's, or bits set behind the length.
std::optional<Network> parse_network(std::string_view text);
/// As parse_network() reads it; an address alone has no length.
std::string to_string(const Network& network);

/// `host`: a numeric address without port and brackets; anything else is in no network.
bool contains(const Network& network, std::string_view host);

}  // namespace lungate::config
