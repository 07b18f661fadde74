// SPDX-License-Identifier: LGPL-2.1-or-later
#include "session/buffers.h"

#include <gtest/gtest.h>

#include <cstring>

namespace lungate::session {
namespace {

TEST(Buffers, AreOfTheSizeAskedForAndOnAPage) {
  BufferPool pool;
  for (const std::size_t size : {std::size_t{1}, std::size_t{4096}, std::size_t{4097},
                                 std::size_t{1 << 20}, std::size_t{limits::kTransferBytesMax}}) {
    const Buffer buffer = pool.take(size);
    EXPECT_EQ(buffer.bytes().size(), size);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(buffer.bytes().data()) % 4096, 0u);
    std::memset(buffer.bytes().data(), 0x5a, size);
  }
  EXPECT_EQ(pool.bytes_in_use(), 0u);
}

TEST(Buffers, CountWhatTheyReallyHold) {
  BufferPool pool;
  const Buffer small = pool.take(1);
  EXPECT_EQ(pool.bytes_in_use(), 4u * limits::kKiB);
  Buffer large = pool.take(256 * limits::kKiB + 1);
  EXPECT_EQ(pool.bytes_in_use(), 4 * limits::kKiB + limits::kMiB);
  large.reset();
  EXPECT_EQ(pool.bytes_in_use(), 4u * limits::kKiB);
  large.reset();  // nothing is given back twice
  EXPECT_EQ(pool.bytes_in_use(), 4u * limits::kKiB);
}

TEST(Buffers, ComeBackToTheNextTaker) {
  BufferPool pool;
  const std::byte* memory = nullptr;
  {
    const Buffer buffer = pool.take(5000);
    memory = buffer.bytes().data();
  }
  const Buffer again = pool.take(16 * limits::kKiB);  // the same class
  EXPECT_EQ(again.bytes().data(), memory);
  EXPECT_NE(pool.take(5000).bytes().data(), memory);
}

TEST(Buffers, MoveWithoutBeingCopied) {
  BufferPool pool;
  Buffer a = pool.take(100);
  const std::byte* memory = a.bytes().data();
  Buffer b = std::move(a);
  EXPECT_TRUE(a.empty());  // NOLINT: a moved-from buffer is empty
  EXPECT_EQ(b.bytes().data(), memory);
  b = pool.take(200);  // gives the first back
  EXPECT_EQ(pool.bytes_in_use(), 4u * limits::kKiB);
}

/// Guards the bound in take(): it is what keeps thousands of peers from the machine's memory.
TEST(Buffers, AreRefusedBeyondTheBoundAndComeAgain) {
  BufferPool pool(64 * limits::kKiB);
  Buffer large = pool.take(30 * limits::kKiB);
  EXPECT_EQ(pool.bytes_in_use(), 64 * limits::kKiB) << "by what the allocator really gave";
  EXPECT_TRUE(pool.take(1).empty());
  EXPECT_EQ(pool.bytes_in_use(), 64 * limits::kKiB) << "what was refused is not counted";
  large.reset();
  EXPECT_FALSE(pool.take(1).empty());
}

/// Guards the null in take(): without memory a command waits; it does not end the gateway.
TEST(Buffers, AreRefusedWhenThereIsNoMemory) {
  BufferPool pool(limits::kMiB, [](std::size_t) noexcept -> void* { return nullptr; });
  const Buffer none = pool.take(4096);
  EXPECT_TRUE(none.empty());
  EXPECT_EQ(pool.bytes_in_use(), 0u);
}

TEST(BuffersDeathTest, ASizeNobodyCheckedStopsTheProcess) {
  BufferPool pool;
  EXPECT_DEATH((void)pool.take(0), "checked by its taker");
  EXPECT_DEATH((void)pool.take(limits::kTransferBytesMax + 1), "checked by its taker");
}

}  // namespace
}  // namespace lungate::session
