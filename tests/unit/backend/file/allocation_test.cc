// SPDX-License-Identifier: LGPL-2.1-or-later
#include "backend/file/allocation.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "backend/file/errors.h"
#include "base/fd.h"
#include "tests/unit/backend/file/fixture.h"

namespace lungate::backend::file {
namespace {

constexpr std::uint64_t kSize = 8 * kMiB;

/// A sparse file, its data and its holes.
class AllocationTest : public testing::Test {
 protected:
  void SetUp() override {
    file_.reset(::open((folder_ / "sparse").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    ASSERT_TRUE(static_cast<bool>(file_));
    cut(kSize);
  }
  void cut(std::uint64_t bytes) {
    ASSERT_EQ(::ftruncate(file_.get(), static_cast<off_t>(bytes)), 0);
  }
  void write(std::uint64_t offset, std::size_t bytes) {
    const test::Data data = test::pattern(bytes, 1);
    ASSERT_EQ(::pwrite(file_.get(), data.data(), bytes, static_cast<off_t>(offset)),
              static_cast<ssize_t>(bytes));
  }
  std::string at(std::uint64_t offset, std::uint64_t length) {
    Request request;
    request.verb = Verb::kAllocation;
    request.offset = offset;
    request.length = length;
    request.status = status_of(first_extent(file_.get(), request));
    return test::text_of_allocation(request);
  }

  TempFolder folder_;
  UniqueFd file_;
};

TEST_F(AllocationTest, AFileWithoutDataIsOneHole) {
  EXPECT_EQ(at(0, kSize), "hole 8388608");
  EXPECT_EQ(at(kSize - 1, 1), "hole 1");
  EXPECT_EQ(at(4096, 10), "hole 10") << "no more than was asked for";
}

TEST_F(AllocationTest, DataAndHolesInTurn) {
  write(kMiB, kMiB);
  write(4 * kMiB, kMiB);
  EXPECT_EQ(at(0, kSize), "hole 1048576");
  EXPECT_EQ(at(kMiB, kSize - kMiB), "data 1048576");
  EXPECT_EQ(at(kMiB + 512, 4096), "data 4096");
  EXPECT_EQ(at(2 * kMiB, 6 * kMiB), "hole 2097152");
  EXPECT_EQ(at(4 * kMiB, 4 * kMiB), "data 1048576");
  EXPECT_EQ(at(5 * kMiB, 3 * kMiB), "hole 3145728");
}

/// Bytes at odd places make their whole blocks data; no byte that was written is in a hole.
TEST_F(AllocationTest, OneByteMakesItsBlockData) {
  const auto block = static_cast<std::uint64_t>(stat_of(folder_ / "sparse").st_blksize);
  write(2 * kMiB + block + 17, 1);
  EXPECT_EQ(at(0, kSize), "hole " + std::to_string(2 * kMiB + block));
  EXPECT_EQ(at(2 * kMiB + block + 17, 1), "data 1");
  EXPECT_EQ(at(2 * kMiB + block + 1, kMiB), "data " + std::to_string(block - 1));
}

TEST_F(AllocationTest, APunchedHoleIsAHole) {
  write(0, 4 * kMiB);
  if (::fallocate(file_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, kMiB, kMiB) != 0)
    GTEST_SKIP() << "this file system punches no holes";
  EXPECT_EQ(at(0, kSize), "data 1048576");
  EXPECT_EQ(at(kMiB, kSize - kMiB), "hole 1048576");
  EXPECT_EQ(at(2 * kMiB, kMiB), "data 1048576");
}

/// As a read there is out of range.
TEST_F(AllocationTest, AFileThatWasCutHasNothingBeyondItsEnd) {
  write(0, kSize);
  cut(kMiB + 100);
  EXPECT_EQ(at(2 * kMiB, kMiB), "out_of_range");
  EXPECT_EQ(at(kMiB + 100, 1), "out_of_range");
  EXPECT_EQ(at(0, kSize), "data 1048676") << "up to where there is something to tell";
  cut(0);
  EXPECT_EQ(at(0, 512), "out_of_range");
}

TEST_F(AllocationTest, AHoleEndsWhereTheFileWasCut) {
  cut(kMiB);
  EXPECT_EQ(at(0, kSize), "hole 1048576");
}

TEST_F(AllocationTest, AnErrorIsToldAndNotTakenForAHole) {
  file_.reset();
  EXPECT_EQ(at(0, 512), "io_error");
}

}  // namespace
}  // namespace lungate::backend::file
