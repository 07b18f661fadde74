// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/sim/disk.h"

#include <gtest/gtest.h>

#include "tests/sim/violation.h"

namespace lungate::sim {
namespace {

/// Block 5 of disk 0, written by 1 from moment 10 on.
class Written : public ::testing::Test {
 protected:
  static constexpr std::uint64_t kAt = 5 * kBlockBytes;
  Written() : data(disk.begin_write(1, 5, 1, 10)), before(kBlockBytes) { stamp(before, 0, 5, 0); }
  std::vector<std::byte> whole(Bytes block_5) const {
    std::vector<std::byte> content(std::size_t{Disk::kBlocks} * kBlockBytes);
    for (std::uint32_t lba = 0; lba < Disk::kBlocks; ++lba)
      stamp(MutableBytes(content).subspan(std::size_t{lba} * kBlockBytes), 0, lba, 0);
    std::copy(block_5.begin(), block_5.end(), content.begin() + kAt);
    return content;
  }

  Disk disk{0};
  std::vector<std::byte> data;
  std::vector<std::byte> before;
};

TEST_F(Written, GoodAfterTheStore) {
  EXPECT_EQ(disk.submitted(kAt, data), "");
  disk.landed(kAt, data, before);
  disk.completed(kAt, data);
  disk.good(1, 20);
  disk.was_read(5, data, 30, 40);
  EXPECT_NO_THROW(disk.check(whole(data), 50));
}

TEST_F(Written, GoodBeforeTheStore) {
  EXPECT_THROW(disk.good(1, 20), Violation);
}

TEST_F(Written, ADeniedWriteThatWasDone) {
  disk.landed(kAt, data, before);
  EXPECT_THROW(disk.untouched(1), Violation);
}

TEST_F(Written, ADeniedWriteThatComesLater) {
  disk.untouched(1);
  EXPECT_NE(disk.submitted(kAt, data), "");
}

TEST_F(Written, AWriteThatComesAfterItsEnd) {
  disk.over(1, 20);
  EXPECT_NE(disk.submitted(kAt, data), "");
}

TEST_F(Written, ABlockInAnotherPlace) {
  EXPECT_NE(disk.submitted(kAt + kBlockBytes, data), "");
}

TEST_F(Written, ALostWrite) {
  disk.completed(kAt, data);
  disk.good(1, 20);
  EXPECT_THROW(disk.check(whole(before), 50), Violation);
}

TEST_F(Written, ABlockOfTwoWrites) {
  std::copy_n(before.begin(), 256, data.begin());
  EXPECT_THROW(disk.was_read(5, data, 30, 40), Violation);
}

TEST_F(Written, WhatIsSwappedIsWhatWasCompared) {
  disk.begin_write(2, 5, 1, 11);
  disk.expects(2, before);
  stamp(before, 0, 5, 1);
  auto swapped = before;
  stamp(swapped, 0, 5, 2);
  EXPECT_THROW(disk.landed(kAt, swapped, before), Violation);
}

TEST_F(Written, NoTwoSwapTheSame) {
  disk.swapped(5, before, 10, 20);
  EXPECT_THROW(disk.swapped(5, before, 10, 20), Violation);
}

}  // namespace
}  // namespace lungate::sim
