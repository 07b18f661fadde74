// SPDX-License-Identifier: LGPL-2.1-or-later

// Bytes on the wire. Big-endian is a type here, not a habit: a field declared `be32` cannot be read
// in host order by mistake, has alignment 1, and may overlay any offset of a received header.
// Little-endian exists for one field of RFC 7143 only (CRC32C digests, section 13.1).
#pragma once

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace lungate {

using Bytes = std::span<const std::byte>;
using MutableBytes = std::span<std::byte>;

/// An unsigned integer of `kWidth` bytes, stored most significant byte first.
template <std::unsigned_integral T, std::size_t kWidth = sizeof(T)>
class BigEndian {
  static_assert(kWidth <= sizeof(T));

 public:
  constexpr BigEndian() = default;
  constexpr BigEndian(T value) { store(value); }  // implicit: reads like the integer it is
  constexpr BigEndian& operator=(T value) {
    store(value);
    return *this;
  }
  constexpr operator T() const { return value(); }

  constexpr T value() const {
    T value = 0;
    for (const std::uint8_t byte : bytes_) value = static_cast<T>((value << 8) | byte);
    return value;
  }

 private:
  constexpr void store(T value) {
    for (std::size_t i = kWidth; i-- > 0; value = static_cast<T>(value >> 8)) {
      bytes_[i] = static_cast<std::uint8_t>(value & 0xff);
      if constexpr (sizeof(T) == 1) break;
    }
  }

  std::array<std::uint8_t, kWidth> bytes_{};
};

using be16 = BigEndian<std::uint16_t>;
using be24 = BigEndian<std::uint32_t, 3>;  // values above 2^24 - 1 lose their top byte: check first
using be32 = BigEndian<std::uint32_t>;
using be48 = BigEndian<std::uint64_t, 6>;
using be64 = BigEndian<std::uint64_t>;

static_assert(sizeof(be16) == 2 && sizeof(be24) == 3 && sizeof(be32) == 4);
static_assert(sizeof(be48) == 6 && sizeof(be64) == 8);
static_assert(alignof(be16) == 1 && alignof(be48) == 1 && alignof(be64) == 1);

/// Copies the first sizeof(T) bytes of `from` into a value. REQUIRES: from.size() >= sizeof(T).
template <class T>
T load(Bytes from) {
  static_assert(std::is_trivially_copyable_v<T>);
  T value;
  std::memcpy(&value, from.data(), sizeof(T));
  return value;
}

/// Copies `value` to the start of `to`. REQUIRES: to.size() >= sizeof(T).
template <class T>
void store(MutableBytes to, const T& value) {
  static_assert(std::is_trivially_copyable_v<T>);
  std::memcpy(to.data(), &value, sizeof(T));
}

template <class T>
Bytes bytes_of(const T& value) {
  static_assert(std::is_trivially_copyable_v<T>);
  return std::as_bytes(std::span(&value, 1));
}

inline Bytes bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

inline std::string_view text_of(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// A TCP port as a socket address holds it (sin_port), and back. The one place of the product that
/// turns a number of the host into the network's order other than by the types above.
inline std::uint16_t port_to_network(std::uint16_t port) {
  return std::bit_cast<std::uint16_t>(be16(port));
}
inline std::uint16_t port_from_network(std::uint16_t field) {
  return std::bit_cast<be16>(field).value();
}

/// The next multiple of four: every iSCSI segment is padded to it (RFC 7143, 11.1).
constexpr std::size_t padded_to_4(std::size_t length) {
  return (length + 3) & ~std::size_t{3};
}

}  // namespace lungate
