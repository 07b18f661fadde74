// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/sim/stamp.h"

namespace lungate::sim {
namespace {

/// Every word of a block differs from every other word of every disk.
std::uint64_t word(unsigned disk, std::uint32_t lba, WriteId writer, std::size_t index) {
  return std::uint64_t{writer} << 32 | std::uint64_t{disk} << 24 | std::uint64_t{lba} << 8 | index;
}

}  // namespace

void stamp(MutableBytes block, unsigned disk, std::uint32_t lba, WriteId writer) {
  for (std::size_t i = 0; i < kBlockBytes / sizeof(std::uint64_t); ++i)
    store(block.subspan(i * sizeof(std::uint64_t)), word(disk, lba, writer, i));
}

std::optional<WriteId> writer_of(Bytes block, unsigned disk, std::uint32_t lba) {
  const auto writer = static_cast<WriteId>(load<std::uint64_t>(block) >> 32);
  for (std::size_t i = 0; i < kBlockBytes / sizeof(std::uint64_t); ++i)
    if (load<std::uint64_t>(block.subspan(i * sizeof(std::uint64_t))) != word(disk, lba, writer, i))
      return std::nullopt;
  return writer;
}

}  // namespace lungate::sim
