// SPDX-License-Identifier: LGPL-2.1-or-later

// CRC32C by ISA-L, which uses the processor's own instruction where there is one. Framer and sender
// call it on their lane for each digest that was agreed upon. No input is bad: a digest is of
// whatever bytes come. ISA-L's function takes and returns the register as it stands, without the
// complement at either end; Crc32c keeps that form between pieces.
#include "iscsi/crc32c.h"

#include <isa-l/crc.h>

#include <algorithm>
#include <climits>

#include "base/check.h"

namespace lungate::iscsi {

void Crc32c::update(Bytes bytes) {
  // ISA-L takes an int length and, by an oversight of its interface, a pointer to non-const.
  while (!bytes.empty()) {
    const auto piece = bytes.first(std::min(bytes.size(), std::size_t{INT_MAX}));
    auto* data = reinterpret_cast<unsigned char*>(const_cast<std::byte*>(piece.data()));
    state_ = ::crc32_iscsi(data, static_cast<int>(piece.size()), state_);
    bytes = bytes.subspan(piece.size());
  }
}

// Padding that we send is zero and need not be in memory; padding that we receive is digested as it
// came.
void Crc32c::update_zeros(std::size_t count) {
  static constexpr std::array<std::byte, 4> kZeros{};
  check(count <= kZeros.size(), "padding is at most three bytes");
  update(Bytes(kZeros).first(count));
}

// The one little-endian field of the protocol. The RFC counts the bits of a digest in the order in
// which they leave the shift register, which on the wire makes the least significant byte the
// first; crc32c_test.cc holds the examples of A.4 against it.
Digest Crc32c::digest() const {
  const std::uint32_t crc = value();
  return {static_cast<std::byte>(crc & 0xff), static_cast<std::byte>((crc >> 8) & 0xff),
          static_cast<std::byte>((crc >> 16) & 0xff), static_cast<std::byte>(crc >> 24)};
}

}  // namespace lungate::iscsi
