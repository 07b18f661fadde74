// SPDX-License-Identifier: LGPL-2.1-or-later
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

void Crc32c::update_zeros(std::size_t count) {
  static constexpr std::array<std::byte, 4> kZeros{};
  check(count <= kZeros.size(), "padding is at most three bytes");
  update(Bytes(kZeros).first(count));
}

Digest Crc32c::digest() const {
  const std::uint32_t crc = value();
  return {static_cast<std::byte>(crc & 0xff), static_cast<std::byte>((crc >> 8) & 0xff),
          static_cast<std::byte>((crc >> 16) & 0xff), static_cast<std::byte>(crc >> 24)};
}

}  // namespace lungate::iscsi
