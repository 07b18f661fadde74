// SPDX-License-Identifier: LGPL-2.1-or-later
#include "session/copies.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace lungate::session {
namespace {

TEST(Copies, ACopyIsItsOwnAndCountsUntilItEnds) {
  CopyPool pool(100);
  std::vector<std::byte> data(60, std::byte{7});
  {
    auto copy = pool.take(data);
    ASSERT_TRUE(copy.has_value());
    data.assign(60, std::byte{8});
    EXPECT_EQ(copy->bytes().front(), std::byte{7});
    EXPECT_EQ(pool.bytes_in_use(), 60u);
  }
  EXPECT_EQ(pool.bytes_in_use(), 0u);
}

TEST(Copies, MovesWithoutMovingItsBytes) {
  CopyPool pool(100);
  auto copy = pool.take(std::vector<std::byte>(60));
  ASSERT_TRUE(copy.has_value());
  const std::byte* at = copy->bytes().data();
  Copy other(std::move(*copy));
  copy.reset();
  EXPECT_EQ(other.bytes().data(), at);
  EXPECT_EQ(pool.bytes_in_use(), 60u);
  other = {};
  EXPECT_EQ(pool.bytes_in_use(), 0u);
}

TEST(Copies, TheBoundIsExact) {
  CopyPool pool(100);
  const auto first = pool.take(std::vector<std::byte>(60));
  EXPECT_FALSE(pool.take(std::vector<std::byte>(41)).has_value());
  const auto second = pool.take(std::vector<std::byte>(40));
  EXPECT_TRUE(second.has_value());
  EXPECT_FALSE(pool.take(std::vector<std::byte>(1)).has_value());
  EXPECT_TRUE(pool.take({}).has_value()) << "nothing costs nothing";
  EXPECT_EQ(pool.bytes_in_use(), 100u);
}

TEST(CopiesDeathTest, APoolDoesNotEndBeforeItsCopies) {
  EXPECT_DEATH(
      {
        Copy left;
        CopyPool pool(100);
        left = std::move(*pool.take(std::vector<std::byte>(1)));
      },
      "every copy ends before its pool");
}

}  // namespace
}  // namespace lungate::session
