// SPDX-License-Identifier: LGPL-2.1-or-later

// Additional header segments (RFC 7143, 11.2.2): what a SCSI command says beyond its 48 bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/limits.h"
#include "base/result.h"

namespace lungate::iscsi {

/// AHSType (11.2.2.1), without its two drop bits.
inline constexpr std::uint8_t kAhsExtendedCdb = 1;
inline constexpr std::uint8_t kAhsBidirectionalReadLength = 2;

enum class AhsError : std::uint8_t {
  kTruncated,  // a segment ends beyond TotalAHSLength, or a length its type cannot have
  kRepeated,   // the same type twice (11.2.2: at most one of each)
};
std::string_view name(AhsError error);

/// What the segments of one PDU say; empty for a PDU without any.
struct AdditionalHeaders {
  /// CDB bytes after the 16 of the header. A view into the parsed bytes.
  Bytes extended_cdb;
  /// A CDB of more than limits::kCdbBytesMax: no command that we know. The owner refuses it with
  /// CHECK CONDITION; it is well formed as a PDU.
  bool cdb_too_long = false;
  /// Bytes; bidirectional commands only (11.2.2.4).
  std::optional<std::uint32_t> bidirectional_read_bytes;
  /// A type that RFC 7143 does not define (reserved): the owner rejects the PDU.
  bool unknown_type = false;
};

/// Looks at all segments of a PDU. `ahs` may be empty. Reads nothing beyond `ahs`.
Result<AdditionalHeaders, AhsError> parse_ahs(Bytes ahs);

}  // namespace lungate::iscsi
