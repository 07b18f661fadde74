// SPDX-License-Identifier: LGPL-2.1-or-later
// The little of iSCSI (RFC 7143, 11) and SBC-3 that the bench's own peers speak. Written anew,
// apart from the gateway's codec: a mistake made twice would not be seen.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace lungate::bench {

inline constexpr std::size_t kHeaderBytes = 48;
inline constexpr std::uint32_t kNoTag = 0xffffffff;

enum class Opcode : std::uint8_t {
  kNopOut = 0x00,
  kCommand = 0x01,
  kLogin = 0x03,
  kDataOut = 0x05,
  kLogout = 0x06,
  kNopIn = 0x20,
  kResponse = 0x21,
  kLoginResponse = 0x23,
  kDataIn = 0x25,
  kLogoutResponse = 0x26,
  kR2t = 0x31,
  kAsync = 0x32,
  kReject = 0x3f,
};

inline constexpr std::uint8_t kImmediate = 0x40;
inline constexpr std::uint8_t kFinal = 0x80;
inline constexpr std::uint8_t kRead = 0x40;
inline constexpr std::uint8_t kWrite = 0x20;
inline constexpr std::uint8_t kStatusInside = 0x01;  // Data-In carries the status

// Offsets of the fields that several PDUs share.
inline constexpr std::size_t kLun = 8;
inline constexpr std::size_t kItt = 16;
inline constexpr std::size_t kTtt = 20;
inline constexpr std::size_t kStatSn = 24;  // ExpStatSN is at 28 in what an initiator sends
inline constexpr std::size_t kExpCmdSn = 28;
inline constexpr std::size_t kMaxCmdSn = 32;
inline constexpr std::size_t kDataSn = 36;
inline constexpr std::size_t kBufferOffset = 40;
inline constexpr std::size_t kDesiredBytes = 44;

inline void put16(std::uint8_t* to, std::uint16_t value) {
  to[0] = static_cast<std::uint8_t>(value >> 8);
  to[1] = static_cast<std::uint8_t>(value);
}
inline void put32(std::uint8_t* to, std::uint32_t value) {
  put16(to, static_cast<std::uint16_t>(value >> 16));
  put16(to + 2, static_cast<std::uint16_t>(value));
}
inline void put64(std::uint8_t* to, std::uint64_t value) {
  put32(to, static_cast<std::uint32_t>(value >> 32));
  put32(to + 4, static_cast<std::uint32_t>(value));
}
inline void put24(std::uint8_t* to, std::size_t value) {
  to[0] = static_cast<std::uint8_t>(value >> 16);
  put16(to + 1, static_cast<std::uint16_t>(value));
}
inline std::uint32_t get16(const std::uint8_t* from) {
  return static_cast<std::uint32_t>(from[0] << 8 | from[1]);
}
inline std::uint32_t get24(const std::uint8_t* from) {
  return static_cast<std::uint32_t>(from[0]) << 16 | get16(from + 1);
}
inline std::uint32_t get32(const std::uint8_t* from) {
  return get16(from) << 16 | get16(from + 2);
}
inline std::uint64_t get64(const std::uint8_t* from) {
  return static_cast<std::uint64_t>(get32(from)) << 32 | get32(from + 4);
}

/// A received header.
struct Header {
  const std::uint8_t* bytes;

  Opcode opcode() const { return static_cast<Opcode>(bytes[0] & 0x3f); }
  std::uint8_t flags() const { return bytes[1]; }
  std::size_t data_bytes() const { return get24(bytes + 5); }
  /// What follows the header: additional segments, data and its padding.
  std::size_t rest_bytes() const { return bytes[4] * 4U + ((data_bytes() + 3) & ~std::size_t{3}); }
  std::uint32_t u32(std::size_t offset) const { return get32(bytes + offset); }
};

using Keys = std::map<std::string, std::string, std::less<>>;
Keys parse_keys(std::string_view text);
/// "key=value\0" for each; the caller pads.
std::string format_keys(const Keys& keys);
std::uint32_t number_or(const Keys& keys, std::string_view key, std::uint32_t otherwise);

/// READ(16) or WRITE(16) (SBC-3, 5.11 and 5.32).
void put_transfer_cdb(std::uint8_t* cdb, bool write, std::uint64_t lba, std::uint32_t blocks);

/// Fills `data` with bytes that depend on the position on the disk alone, so that any reader can
/// tell what should be there. REQUIRES: offset and size are multiples of 8.
void fill_pattern(std::span<std::uint8_t> data, std::uint64_t offset);

}  // namespace lungate::bench
