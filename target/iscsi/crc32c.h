// SPDX-License-Identifier: LGPL-2.1-or-later

// CRC32C (Castagnoli), the one digest of iSCSI (RFC 7143, 13.1), computed by ISA-L.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"

namespace lungate::iscsi {

inline constexpr std::size_t kDigestBytes = 4;

/// As it goes on the wire: least significant byte first (RFC 7143, 13.1 and the examples of A.4).
using Digest = std::array<std::byte, kDigestBytes>;

/// A digest over bytes that come in pieces. A value: copy it to try two ends of one beginning.
class Crc32c {
 public:
  void update(Bytes bytes);
  /// `count` (at most 4) zero bytes: the padding of a segment belongs to its digest.
  void update_zeros(std::size_t count);

  std::uint32_t value() const { return ~state_; }
  Digest digest() const;

 private:
  std::uint32_t state_ = ~std::uint32_t{0};
};

inline Digest crc32c_digest(Bytes bytes) {
  Crc32c crc;
  crc.update(bytes);
  return crc.digest();
}

}  // namespace lungate::iscsi
