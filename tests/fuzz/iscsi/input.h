// SPDX-License-Identifier: LGPL-2.1-or-later
// A fuzzer's input, read from the front, so that seeds can be written by hand. What is missing at
// the end reads as zero.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "tests/fuzz/require.h"

namespace lungate::fuzz {

class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size)
      : rest_(reinterpret_cast<const std::byte*>(data), size) {}

  bool empty() const { return rest_.empty(); }
  Bytes rest() const { return rest_; }

  /// Up to `count` bytes.
  Bytes bytes(std::size_t count) {
    const Bytes taken = rest_.first(std::min(count, rest_.size()));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }
  std::uint8_t u8() { return static_cast<std::uint8_t>(number(1)); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
  std::uint32_t u32() { return number(4); }

 private:
  std::uint32_t number(std::size_t width) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < width; ++i) {
      const Bytes byte = bytes(1);
      value = value << 8 | (byte.empty() ? 0 : static_cast<std::uint32_t>(byte[0]));
    }
    return value;
  }

  Bytes rest_;
};

}  // namespace lungate::fuzz
