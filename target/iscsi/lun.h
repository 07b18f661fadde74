// SPDX-License-Identifier: LGPL-2.1-or-later

// The 8-byte logical unit number of a header (RFC 7143, 11.2.1.7; SAM-5, 4.7).
#pragma once

#include <array>
#include <cstdint>
#include <optional>

namespace lungate::iscsi {

using LunField = std::array<std::uint8_t, 8>;

/// The largest number that the flat space addressing method can hold.
inline constexpr std::uint16_t kLunNumberFlatMax = 0x3fff;

/// The unit's number when the field uses the peripheral device method on bus 0 (SAM-5, 4.7.7.2) or
/// the flat space method (4.7.7.3) on one level. Anything else (extended and well-known units,
/// several levels, another bus) addresses nothing here: nullopt, to be answered as a unit that does
/// not exist, not as a broken header.
std::optional<std::uint16_t> decode_lun(const LunField& field);

/// Peripheral device method up to 255, flat space above. REQUIRES: number <= kLunNumberFlatMax.
LunField encode_lun(std::uint16_t number);

}  // namespace lungate::iscsi
