// SPDX-License-Identifier: LGPL-2.1-or-later

// Protocol Buffers' encoding, as far as io.prometheus.client.MetricFamily needs it: appends fields
// to a message that is a string. A field that is zero is written all the same where it is asked
// for: presence means something in that message.
#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

namespace lungate::exporter::protobuf {

inline void append_varint(std::string& to, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) to.push_back(static_cast<char>(value | 0x80));
  to.push_back(static_cast<char>(value));
}

/// Small whatever the sign.
constexpr std::uint64_t zigzag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}

enum class Wire : std::uint8_t { kVarint = 0, kDouble = 1, kBytes = 2 };

inline void append_key(std::string& to, unsigned field, Wire wire) {
  append_varint(to, (std::uint64_t{field} << 3) | static_cast<std::uint64_t>(wire));
}

inline void append_uint(std::string& to, unsigned field, std::uint64_t value) {
  append_key(to, field, Wire::kVarint);
  append_varint(to, value);
}

inline void append_sint(std::string& to, unsigned field, std::int64_t value) {
  append_uint(to, field, zigzag(value));
}

inline void append_double(std::string& to, unsigned field, double value) {
  append_key(to, field, Wire::kDouble);
  auto bits = std::bit_cast<std::uint64_t>(value);
  for (int i = 0; i < 8; ++i, bits >>= 8) to.push_back(static_cast<char>(bits & 0xff));
}

/// Texts, packed lists and messages within messages.
inline void append_bytes(std::string& to, unsigned field, std::string_view bytes) {
  append_key(to, field, Wire::kBytes);
  append_varint(to, bytes.size());
  to.append(bytes);
}

}  // namespace lungate::exporter::protobuf
