// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/bench/peer/wire.h"

#include <charconv>
#include <cstring>

namespace lungate::bench {

Keys parse_keys(std::string_view text) {
  Keys keys;
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('\0'));
    text.remove_prefix(std::min(text.size(), pair.size() + 1));
    if (const auto equals = pair.find('='); equals != std::string_view::npos) {
      keys.emplace(pair.substr(0, equals), pair.substr(equals + 1));
    }
  }
  return keys;
}

std::string format_keys(const Keys& keys) {
  std::string text;
  for (const auto& [key, value] : keys) {
    text.append(key).append(1, '=').append(value).append(1, '\0');
  }
  return text;
}

std::uint32_t number_or(const Keys& keys, std::string_view key, std::uint32_t otherwise) {
  const auto found = keys.find(key);
  if (found == keys.end()) return otherwise;
  const std::string& text = found->second;
  std::uint32_t value = otherwise;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

void put_transfer_cdb(std::uint8_t* cdb, bool write, std::uint64_t lba, std::uint32_t blocks) {
  cdb[0] = write ? 0x8a : 0x88;
  put64(cdb + 2, lba);
  put32(cdb + 10, blocks);
}

void fill_pattern(std::span<std::uint8_t> data, std::uint64_t offset) {
  for (std::size_t at = 0; at < data.size(); at += 8) {
    std::uint64_t word = (offset + at) * 0x9e3779b97f4a7c15U + 0x6c756e67617465U;
    word ^= word >> 29;
    std::memcpy(data.data() + at, &word, 8);
  }
}

}  // namespace lungate::bench
