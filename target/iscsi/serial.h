// SPDX-License-Identifier: LGPL-2.1-or-later

// Serial number arithmetic (RFC 1982 with 32 bits, as RFC 7143, 4.2.2 asks): CmdSN, StatSN, DataSN
// and R2TSN wrap around. Two numbers exactly 2^31 apart are unordered: neither is before the other.
#pragma once

#include <cstdint>

namespace lungate::iscsi {

constexpr bool serial_before(std::uint32_t a, std::uint32_t b) {
  const std::uint32_t distance = b - a;
  return distance != 0 && distance < 0x8000'0000u;
}

}  // namespace lungate::iscsi
