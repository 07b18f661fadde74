// SPDX-License-Identifier: LGPL-2.1-or-later
// What the LUN must hold: a file of the LUN's size, changed when a write has been answered GOOD.
// A block whose write was never answered may hold the old or the new bytes: it is "unsettled", is
// kept in FILE.unsettled for a later run, and is not compared until it is written again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace lungate::lab {

class Mirror {
 public:
  /// Opens or makes FILE; all of it is unsettled when it is new. Throws std::system_error.
  Mirror(const std::string& file, std::uint64_t size_bytes, std::uint32_t block_bytes);
  ~Mirror();
  Mirror(const Mirror&) = delete;
  Mirror& operator=(const Mirror&) = delete;

  /// A write of these blocks begins: until it settles, they are not compared.
  void begin_write(std::uint64_t offset, std::size_t length);
  /// The write was answered GOOD.
  void settle_write(std::uint64_t offset, std::span<const std::byte> data);
  /// True where the data agrees, or cannot be compared.
  bool agrees(std::uint64_t offset, std::span<const std::byte> data) const;
  std::uint64_t unsettled_blocks() const;

 private:
  std::string list_file() const { return file_ + ".unsettled"; }
  void load_unsettled();
  void store_unsettled() const;

  std::string file_;
  std::uint32_t block_bytes_;
  std::span<std::byte> bytes_;
  std::vector<bool> settled_;  // one for each block of block_bytes_
};

}  // namespace lungate::lab
