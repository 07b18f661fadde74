// SPDX-License-Identifier: LGPL-2.1-or-later
#include "backend/file/file_backend.h"

#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <random>
#include <thread>
#include <tuple>

#include "base/limits.h"
#include "tests/unit/backend/file/fixture.h"

namespace lungate::backend::file {
namespace {

using namespace std::chrono_literals;
using test::bytes;
using test::Data;
using test::pattern;

std::pair<Status, Data> ok(Data data) {
  return {Status::kOk, std::move(data)};
}

TEST_F(FileBackendTest, ReadsWhatWasWritten) {
  const Data data = pattern(10'000, 1);
  EXPECT_EQ(drive().write(4097, data), Status::kOk);  // no alignment is asked for
  EXPECT_EQ(drive().read(4097, data.size()), ok(data));
}

TEST_F(FileBackendTest, WhatWasNeverWrittenReadsAsZeros) {
  EXPECT_EQ(drive().read(kSize - 4096, 4096), ok(bytes(4096, 0)));
}

TEST_F(FileBackendTest, AReadLargerThanOneOnTheLoop) {
  const Data data = pattern(limits::kFileInlineReadBytesMax + 512, 2);
  EXPECT_EQ(drive().write(0, data), Status::kOk);
  EXPECT_EQ(drive().read(0, data.size()), ok(data));
}

TEST_F(FileBackendTest, BytesAreInTheFileItself) {
  EXPECT_EQ(drive().write(3, bytes(3, 'x')), Status::kOk);
  EXPECT_EQ(drive().flush(), Status::kOk);
  std::string start(7, '?');
  std::ifstream(path_).read(start.data(), 7);
  EXPECT_EQ(start, std::string("\0\0\0xxx\0", 7));
}

TEST_F(FileBackendTest, DiscardFreesTheSpaceAndReadsAsZeros) {
  if (store_->traits().discard_bytes == 0) GTEST_SKIP() << "this file system punches no holes";
  ASSERT_EQ(drive().write(0, pattern(8 * kMiB, 3)), Status::kOk);
  ASSERT_EQ(drive().flush(), Status::kOk);
  ASSERT_GE(allocated_bytes(path_), 8 * kMiB);
  EXPECT_EQ(drive().discard(0, 8 * kMiB), Status::kOk);
  EXPECT_LT(allocated_bytes(path_), kMiB);
  EXPECT_EQ(drive().read(kMiB, 4096), ok(bytes(4096, 0)));
  EXPECT_EQ(stat_of(path_).st_size, static_cast<off_t>(kSize));
}

TEST_F(FileBackendTest, DiscardOfPartsOfBlocksZeroesExactlyTheRange) {
  const Data data = pattern(12'288, 4);
  ASSERT_EQ(drive().write(0, data), Status::kOk);
  ASSERT_EQ(drive().discard(100, 9'000), Status::kOk);
  Data expected = data;
  std::fill_n(expected.begin() + 100, 9'000, std::byte{0});
  EXPECT_EQ(drive().read(0, data.size()), ok(expected));
}

TEST_F(FileBackendTest, WriteZeroesKeepsTheSpace) {
  ASSERT_EQ(drive().write(0, pattern(kMiB, 5)), Status::kOk);
  ASSERT_EQ(drive().flush(), Status::kOk);
  const std::uint64_t before = allocated_bytes(path_);
  EXPECT_EQ(drive().write_zeroes(512, kMiB - 1024), Status::kOk);
  EXPECT_EQ(drive().read(512, kMiB - 1024), ok(bytes(kMiB - 1024, 0)));
  EXPECT_GE(allocated_bytes(path_), before);
}

TEST_F(FileBackendTest, WriteSameRepeatsItsPattern) {
  const Data block = pattern(512, 6);
  ASSERT_EQ(drive().write_same(512, 3 * kMiB, block), Status::kOk);
  const auto [status, data] = drive().read(0, 3 * kMiB + 1024);
  ASSERT_EQ(status, Status::kOk);
  for (std::size_t at = 512; at < 3 * kMiB + 512; at += 512) {
    ASSERT_TRUE(std::equal(block.begin(), block.end(), data.begin() + static_cast<long>(at))) << at;
  }
  EXPECT_EQ(data[511], std::byte{0});
  EXPECT_EQ(data[3 * kMiB + 512], std::byte{0});
}

TEST_F(FileBackendTest, RefusesWhatLiesBeyondTheEnd) {
  EXPECT_EQ(drive().read(kSize - 1, 2).first, Status::kOutOfRange);
  EXPECT_EQ(drive().write(kSize, bytes(1, 1)), Status::kOutOfRange);
  EXPECT_EQ(drive().discard(kSize - 512, 1024), Status::kOutOfRange);
  EXPECT_EQ(drive().write_zeroes(~std::uint64_t{0} - 100, 512), Status::kOutOfRange);
  EXPECT_EQ(drive().write_same(0, kSize + 512, bytes(512, 1)), Status::kOutOfRange);
  EXPECT_EQ(stat_of(path_).st_size, static_cast<off_t>(kSize));
}

TEST_F(FileBackendTest, ReadOnlyRefusesEveryChange) {
  serve({.read_only = true});
  EXPECT_TRUE(store_->state().read_only);
  EXPECT_EQ(drive().write(0, bytes(512, 1)), Status::kReadOnly);
  EXPECT_EQ(drive().discard(0, 512), Status::kReadOnly);
  EXPECT_EQ(drive().write_zeroes(0, 512), Status::kReadOnly);
  EXPECT_EQ(drive().write_same(0, 512, bytes(512, 1)), Status::kReadOnly);
  EXPECT_EQ(drive().read(0, 512).first, Status::kOk);
  EXPECT_EQ(drive().flush(), Status::kOk);
}

TEST_F(FileBackendTest, SaysWhetherItsCacheIsVolatile) {
  EXPECT_TRUE(store_->traits().write_cache);
  serve({.write_cache = false});
  EXPECT_FALSE(store_->traits().write_cache);
  EXPECT_EQ(drive().write(0, bytes(512, 9)), Status::kOk);
  EXPECT_EQ(drive().discard(0, 256), Status::kOk);
  EXPECT_EQ(drive().read(256, 256), ok(bytes(256, 9)));
}

// A file system without FALLOC_FL_ZERO_RANGE: zeros are written instead.
TEST_F(FileBackendTest, WriteZeroesOnAFileSystemThatCannot) {
  const TempFolder memory("/dev/shm");
  if (!memory.made()) GTEST_SKIP() << "no tmpfs at /dev/shm";
  path_ = memory / "disk.img";
  serve({.size_bytes = kSize});
  ASSERT_EQ(drive().write(0, pattern(4 * kMiB, 7)), Status::kOk);
  EXPECT_EQ(drive().write_zeroes(512, 3 * kMiB), Status::kOk);
  EXPECT_EQ(drive().read(512, 3 * kMiB), ok(bytes(3 * kMiB, 0)));
  EXPECT_EQ(drive().read(0, 512), ok(pattern(512, 7)));
  end();
}

TEST_F(FileBackendTest, NeverDeliversInline) {
  for (const std::uint64_t offset :
       {std::uint64_t{0}, kSize}) {  // one that succeeds, one that fails
    auto request = drive().make(Verb::kRead, offset, 512, bytes(512, 1));
    request->done = [this] { drive().loop().stop(); };
    store_->submit(*request);
    EXPECT_EQ(request->deliveries, 0);
    drive().loop().run();
    EXPECT_EQ(request->deliveries, 1);
  }
}

TEST_F(FileBackendTest, MoreThanTheRingHoldsWaitsAndIsDone) {
  std::vector<std::unique_ptr<test::TestRequest>> requests;
  constexpr std::uint32_t kCount = 8 * limits::kFileRingSlots;
  for (std::uint32_t i = 0; i < kCount; ++i) {
    requests.push_back(drive().make(Verb::kWrite, i * 4096u, 4096, pattern(4096, i)));
  }
  drive().run(requests);
  for (std::uint32_t i = 0; i < kCount; ++i) {
    ASSERT_EQ(requests[i]->status, Status::kOk);
    ASSERT_EQ(requests[i]->deliveries, 1);
    ASSERT_EQ(drive().read(i * 4096u, 4096), ok(pattern(4096, i))) << i;
  }
}

TEST_F(FileBackendTest, EndsNoOperationBeforeItsTestDelay) {
  serve({.test_delay = 5ms});
  for (int i = 0; i < 5; ++i) {
    const BootTime begin = boot_now();
    const Verb verb = i % 2 == 0 ? Verb::kDiscard : Verb::kAllocation;
    EXPECT_EQ(drive().run(drive().make(verb, 0, 4096)).status, Status::kOk);
    EXPECT_GE(boot_now() - begin, 5'000'000u);
    EXPECT_EQ(drive().read(0, 4096).first, Status::kOk);
    EXPECT_GE(boot_now() - begin, 10'000'000u);
  }
}

TEST_F(FileBackendTest, TellsDataFromHolesOnAReadOnlyFileToo) {
  ASSERT_EQ(drive().write(8 * kMiB, pattern(kMiB, 8)), Status::kOk);
  serve({.read_only = true});
  EXPECT_EQ(drive().allocation(kMiB, 15 * kMiB), "hole 7340032");
  EXPECT_EQ(drive().allocation(8 * kMiB, 4096), "data 4096");
  EXPECT_EQ(drive().allocation(kSize, 512), "out_of_range");
  EXPECT_EQ(drive().allocation(kSize - 512, 1024), "out_of_range");
}

TEST_F(FileBackendTest, LooksForHolesWithoutHoldingUpTheRing) {
  std::vector<std::unique_ptr<test::TestRequest>> requests;
  for (std::uint32_t i = 0; i < 200; ++i) {
    requests.push_back(i % 2 == 0 ? drive().make(Verb::kAllocation, i * 4096u, kMiB)
                                  : drive().make(Verb::kWrite, i * 4096u, 4096, bytes(4096, 1)));
  }
  drive().run(requests);
  for (const auto& request : requests) {
    EXPECT_EQ(request->status, Status::kOk);
    EXPECT_EQ(request->deliveries, 1);
  }
}

// --- Size changes ----------------------------------------------------------------------------

struct CountingWatcher final : Watcher {
  void backend_changed() noexcept override { ++changes; }
  std::atomic<int> changes{0};
};

TEST_F(FileBackendTest, ASlowDiskReadsNothingFromTheCacheAtOnce) {
  serve({.test_bytes_per_s = 1024 * 1024});
  const BootTime begin = boot_now();
  EXPECT_EQ(drive().read(0, 16384).first, Status::kOk);
  EXPECT_GE(boot_now() - begin, 15'625'000u);
}

/// Guards LookUps in the adapter: a removal, a reset and the end wait for what is being looked up.
TEST_F(FileBackendTest, FewLookUpsWaitAndTheRestIsToldAtOnce) {
  serve({.test_delay = 100ms});
  for (int round = 0; round < 2; ++round) {  // the second shows that places are given back
    std::vector<std::unique_ptr<test::TestRequest>> requests;
    for (unsigned i = 0; i < limits::kLookUpsPerLunMax + 3; ++i)
      requests.push_back(drive().make(Verb::kAllocation, 0, kSize));
    hurry(*requests[1]);
    drive().run(requests);
    for (unsigned i = 0; i < requests.size(); ++i) {
      const bool looked = i < limits::kLookUpsPerLunMax && i != 1;
      EXPECT_EQ(requests[i]->looked, looked) << i;
      EXPECT_EQ(requests[i]->extent_allocated, !looked) << i;
    }
  }
}

TEST_F(FileBackendTest, RefreshGrowsTheFileAndTellsTheWatcher) {
  CountingWatcher watcher;
  store_->watch(&watcher);
  ASSERT_TRUE(store_->refresh(2 * kSize));
  EXPECT_EQ(watcher.changes, 1);
  EXPECT_EQ(store_->state().size_bytes, 2 * kSize);
  EXPECT_EQ(drive().write(kSize, bytes(512, 1)), Status::kOk);
  ASSERT_TRUE(store_->refresh());
  EXPECT_EQ(watcher.changes, 1);  // nothing new
}

TEST_F(FileBackendTest, RefreshSeesWhatSomebodyElseDid) {
  ASSERT_EQ(::truncate(path_.c_str(), kSize / 2), 0);
  ASSERT_TRUE(store_->refresh());
  EXPECT_EQ(store_->state().size_bytes, kSize / 2);
  EXPECT_EQ(drive().read(kSize / 2, 512).first, Status::kOutOfRange);
}

TEST_F(FileBackendTest, RefreshNeverShrinks) {
  const auto result = store_->refresh(kSize / 2);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().failure, OpenFailure::kWouldShrink);
  EXPECT_EQ(store_->state().size_bytes, kSize);
}

TEST_F(FileBackendTest, AReadOfWhatWasCutAwayUnseenIsOutOfRange) {
  ASSERT_EQ(::truncate(path_.c_str(), kSize / 2), 0);
  EXPECT_EQ(drive().read(kSize - 4096, 4096).first, Status::kOutOfRange);
  EXPECT_EQ(drive().read(kSize / 2 - 512, 1024).first, Status::kOutOfRange);
}

/// Guards File::close(): a reload's refresh runs on one worker while the LUN is closed on another.
TEST_F(FileBackendTest, RefreshAndCloseMayMeet) {
  for (int round = 0; round < 50; ++round) {
    serve({.size_bytes = kSize});
    std::thread refresher([&] {
      for (int i = 0; i < 20; ++i) std::ignore = store_->refresh(kSize);
    });
    store_->close();
    refresher.join();
    const auto late = store_->refresh(kSize);
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().text, path_ + " has been closed meanwhile");
  }
}

// --- Against an oracle -----------------------------------------------------------------------

TEST_F(FileBackendTest, AgreesWithAnArrayOverRandomOperations) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  auto below = [&](std::uint64_t bound) {
    return std::uniform_int_distribution<std::uint64_t>(0, bound - 1)(random);
  };
  constexpr std::uint64_t kBlock = 512;
  Data oracle = bytes(4 * kMiB, 0);
  for (int i = 0; i < 1000; ++i) {
    const std::uint64_t offset = below(oracle.size() / kBlock) * kBlock;
    const std::uint64_t most = std::min<std::uint64_t>(oracle.size() - offset, 256 * 1024) / kBlock;
    const std::uint64_t length = (below(most) + 1) * kBlock;
    const auto at = oracle.begin() + static_cast<long>(offset);
    switch (static_cast<Verb>(below(kBlockVerbs))) {
      case Verb::kRead:
        ASSERT_EQ(drive().read(offset, length), ok(Data(at, at + static_cast<long>(length))))
            << "operation " << i;
        break;
      case Verb::kWrite: {
        const Data data = pattern(length, static_cast<std::uint32_t>(random()));
        ASSERT_EQ(drive().write(offset, data), Status::kOk);
        std::copy(data.begin(), data.end(), at);
        break;
      }
      case Verb::kFlush:
        ASSERT_EQ(drive().flush(), Status::kOk);
        break;
      case Verb::kDiscard:
        ASSERT_EQ(drive().discard(offset, length), Status::kOk);
        std::fill_n(at, length, std::byte{0});
        break;
      case Verb::kWriteZeroes:
        ASSERT_EQ(drive().write_zeroes(offset, length), Status::kOk);
        std::fill_n(at, length, std::byte{0});
        break;
      case Verb::kLoadState:
      case Verb::kStoreState:
        FAIL() << "not among them";
      case Verb::kAllocation: {
        const auto& told = drive().run(drive().make(Verb::kAllocation, offset, length));
        ASSERT_EQ(told.status, Status::kOk);
        ASSERT_TRUE(told.extent_bytes > 0 && told.extent_bytes <= length) << told.extent_bytes;
        const auto end = at + static_cast<long>(told.extent_bytes);
        if (told.extent_allocated) break;
        ASSERT_TRUE(std::all_of(at, end, [](std::byte byte) { return byte == std::byte{0}; }))
            << "a hole with data, operation " << i;
        break;
      }
      case Verb::kWriteSame: {
        const Data block = pattern(kBlock, static_cast<std::uint32_t>(random()));
        ASSERT_EQ(drive().write_same(offset, length, block), Status::kOk);
        for (std::uint64_t b = 0; b < length; b += kBlock) {
          std::copy(block.begin(), block.end(), at + static_cast<long>(b));
        }
        break;
      }
    }
  }
  EXPECT_EQ(drive().read(0, oracle.size()), ok(oracle));
}

// Four loops, each with 32 requests under way in a quarter of its own.
TEST_F(FileBackendTest, ServesManyLoopsAtOnce) {
  constexpr unsigned kLoops = 4, kDepth = 32, kRounds = 20;
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (unsigned t = 0; t < kLoops; ++t) {
    threads.emplace_back([&, t] {
      test::Drive mine(*store_);
      const std::uint64_t base = t * (kSize / kLoops);
      for (unsigned round = 0; round < kRounds; ++round) {
        std::vector<std::unique_ptr<test::TestRequest>> writes, reads;
        for (unsigned i = 0; i < kDepth; ++i) {
          const std::uint64_t offset = base + i * 8192u;
          writes.push_back(
              mine.make(Verb::kWrite, offset, 4096, pattern(4096, t * 1000 + round + i)));
          reads.push_back(mine.make(Verb::kRead, offset, 4096, bytes(4096, 0)));
        }
        mine.run(writes);
        mine.run(reads);
        for (unsigned i = 0; i < kDepth; ++i) {
          if (reads[i]->status != Status::kOk || reads[i]->buffer != writes[i]->buffer) ++wrong;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

// --- Our own mistakes ------------------------------------------------------------------------

using FileBackendDeathTest = FileBackendTest;

TEST_F(FileBackendDeathTest, ARequestWithoutLength) {
  auto request = drive().make(Verb::kRead, 0, 0);
  EXPECT_DEATH(store_->submit(*request), "a request is for at least one byte");
}

TEST_F(FileBackendDeathTest, ARequestAfterTheEnd) {
  store_->close();
  auto request = drive().make(Verb::kRead, 0, 512, bytes(512, 0));
  EXPECT_DEATH(store_->submit(*request), "no request begins after close");
}

TEST_F(FileBackendDeathTest, AnEndBeforeTheLastDelivery) {
  serve({.test_delay = 200ms});
  auto request = drive().make(Verb::kRead, 0, 512, bytes(512, 0));
  request->done = [this] { drive().loop().stop(); };
  store_->submit(*request);
  EXPECT_DEATH(store_->close(), "no request is in progress at close");
  EXPECT_DEATH(store_->watch(nullptr), "a watcher changes while nothing is in progress");
  drive().loop().run();
}

}  // namespace
}  // namespace lungate::backend::file
