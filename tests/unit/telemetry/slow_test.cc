// SPDX-License-Identifier: LGPL-2.1-or-later
// What is slow, and the ring that keeps it.
#include <atomic>
#include <chrono>
#include <thread>

#include "tests/unit/telemetry/segment_fixture.h"

namespace lungate::telemetry {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::uint64_t kMs = 1'000'000;
constexpr BootTime kNoon{1'000'000'000'000};
constexpr BootTime second(std::uint64_t n) {
  return kNoon + std::chrono::seconds(n);
}

class SlowIos : public SegmentTest {
 protected:
  SlowIos() {
    segment_ = start();
    slot_ = *segment_->add_lun(lun_number(3), kNoon);
  }
  bool record(Op op, std::uint64_t ns) {
    return segment_->loop(0).lun(slot_).record({op, ErrorClass::kNone, 512, {0, 0, ns, 0}});
  }
  void keep(BootTime recorded, unsigned loop = 0) {
    SlowIo slow;
    slow.recorded = recorded;
    segment_->loop(loop).keep_slow(slot_, slow);
  }
  std::uint64_t counted(LunCounter counter) {
    return read().luns.at(0).counters[index_of(counter)];
  }
  std::uint64_t not_kept() { return read().counters[index_of(GatewayCounter::kSlowNotKept)]; }

  std::unique_ptr<Segment> segment_;
  SlotId slot_;
};

TEST_F(SlowIos, AreThoseAboveThePromise) {
  segment_->promise_lun(slot_, {10 * kMs, 20 * kMs, 0.99, 32});
  EXPECT_FALSE(record(Op::kRead, 10 * kMs)) << "at most so long";
  EXPECT_TRUE(record(Op::kRead, 10 * kMs + 1));
  EXPECT_FALSE(record(Op::kWrite, 20 * kMs));
  EXPECT_TRUE(record(Op::kWrite, 20 * kMs + 1));
  EXPECT_TRUE(record(Op::kWrite, 21 * kMs));
  EXPECT_EQ(counted(LunCounter::kSlowReads), 1u);
  EXPECT_EQ(counted(LunCounter::kSlowWrites), 2u);
}

TEST_F(SlowIos, NothingIsSlowWhereNothingIsPromised) {
  EXPECT_FALSE(record(Op::kRead, 60'000 * kMs));
  EXPECT_EQ(counted(LunCounter::kSlowReads), 0u);
}

TEST_F(SlowIos, AReloadHoldsFromTheNextIoOn) {
  segment_->promise_lun(slot_, {10 * kMs, 0, 0.99, 32});
  EXPECT_TRUE(record(Op::kRead, 15 * kMs));
  segment_->promise_lun(slot_, {20 * kMs, 0, 0.99, 32});
  EXPECT_FALSE(record(Op::kRead, 15 * kMs));
  EXPECT_EQ(counted(LunCounter::kSlowReads), 1u) << "what was counted stays";
}

TEST_F(SlowIos, OtherCommandsHaveOneLimitForAll) {
  EXPECT_FALSE(record(Op::kFlush, 1'000 * kMs));
  EXPECT_TRUE(record(Op::kFlush, 1'000 * kMs + 1));
  EXPECT_EQ(counted(LunCounter::kSlowReads) + counted(LunCounter::kSlowWrites), 0u);
}

TEST_F(SlowIos, SayAllThatIsKnown) {
  SlowIo slow;
  slow.kind = SlowKind::kStuck;
  slow.io = {Op::kWrite, ErrorClass::kMedium, 65'536, {1, 2, 3, 4}};
  slow.start = {1'000};
  slow.recorded = {9'000};
  slow.opcode = 0x8a;
  slow.lba = 123'456'789'012;
  slow.task_tag = 0xfedcba98;
  slow.initiator = "iqn.2026-11.io.lungate:host";
  slow.peer = "10.0.0.7:49152";
  slow.stage = Stage::kQueue;
  segment_->loop(1).keep_slow(slot_, slow);
  const Snapshot snapshot = read();
  ASSERT_EQ(snapshot.slow.size(), 1u);
  const SlowSnapshot& seen = snapshot.slow[0];
  EXPECT_EQ(seen.loop, 1u);
  EXPECT_EQ(seen.number, 1u);
  EXPECT_EQ(seen.kind, SlowKind::kStuck);
  EXPECT_EQ(snapshot.luns.at(seen.lun).lun, 3);
  EXPECT_EQ(seen.op, Op::kWrite);
  EXPECT_EQ(seen.error, ErrorClass::kMedium);
  EXPECT_EQ(seen.opcode, 0x8a);
  EXPECT_EQ(seen.lba, 123'456'789'012u);
  EXPECT_EQ(seen.bytes, 65'536u);
  EXPECT_EQ(seen.task_tag, 0xfedcba98u);
  EXPECT_EQ(seen.start.ns, 1'000u);
  EXPECT_EQ(seen.duration_ns(), 8'000u);
  EXPECT_THAT(seen.stage_ns, ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(seen.initiator, "iqn.2026-11.io.lungate:host");
  EXPECT_EQ(seen.peer, "10.0.0.7:49152");
  EXPECT_EQ(seen.stage, Stage::kQueue);
}

TEST_F(SlowIos, AreInNoStageWhenTheyHaveEnded) {
  keep(kNoon);
  EXPECT_EQ(read().slow.at(0).stage, std::nullopt);
}

TEST_F(SlowIos, TheNewestAreKept) {
  constexpr std::uint64_t kMore = layout::kSlowRecords + 44;
  for (std::uint64_t i = 0; i < kMore; ++i) keep(second(i));
  const auto slow = read().slow;
  ASSERT_EQ(slow.size(), layout::kSlowRecords);
  EXPECT_EQ(slow.front().number, 45u);
  EXPECT_EQ(slow.back().number, kMore);
}

TEST_F(SlowIos, ASecondTakesSoMany) {
  for (std::uint32_t i = 0; i < limits::kSlowPerSecondMax + 5; ++i) keep(kNoon);
  EXPECT_EQ(read().slow.size(), limits::kSlowPerSecondMax);
  EXPECT_EQ(not_kept(), 5u);
  keep(second(1));
  EXPECT_EQ(read().slow.size(), limits::kSlowPerSecondMax + 1);
  EXPECT_EQ(not_kept(), 5u);
}

TEST_F(SlowIos, EachLoopHasItsOwnRing) {
  for (std::uint32_t i = 0; i < limits::kSlowPerSecondMax; ++i) keep(kNoon, 0);
  keep(kNoon, 1);
  EXPECT_EQ(not_kept(), 0u);
  EXPECT_EQ(read().slow.size(), limits::kSlowPerSecondMax + 1);
}

TEST_F(SlowIos, ComeOldestFirst) {
  keep(second(5), 0);
  keep(second(2), 1);
  keep(second(7), 1);
  std::vector<std::uint64_t> recorded;
  for (const SlowSnapshot& slow : read().slow) recorded.push_back(slow.recorded.ns);
  EXPECT_THAT(recorded, ElementsAre(second(2).ns, second(5).ns, second(7).ns));
}

TEST_F(SlowIos, GoWithTheirLun) {
  keep(kNoon);
  segment_->remove_lun(slot_, kNoon);
  EXPECT_THAT(read().slow, IsEmpty());
  for (std::uint16_t number = 10; number < 10 + kSlots; ++number) {
    slot_ = *segment_->add_lun(lun_number(number), kNoon + limits::kTombstoneTime);
  }
  EXPECT_EQ(read().luns.size(), kSlots) << "its slot has another LUN now";
  EXPECT_THAT(read().slow, IsEmpty());
}

// A record is whole or not there: its loop writes while a reader reads.
TEST_F(SlowIos, AreReadWhole) {
  std::atomic<bool> done{false};
  std::thread loop([&] {
    LoopRecorder recorder = segment_->loop(0);
    for (std::uint64_t i = 0; !done; ++i) {
      SlowIo slow;
      const std::string text = std::to_string(i % 1000);
      slow.recorded = second(i);
      slow.lba = i % 1000;
      slow.initiator = slow.peer = text;
      recorder.keep_slow(slot_, slow);
    }
  });
  for (int i = 0; i < 200; ++i) {
    for (const SlowSnapshot& slow : read().slow) {
      EXPECT_EQ(slow.initiator, slow.peer);
      EXPECT_EQ(slow.initiator, std::to_string(slow.lba));
    }
  }
  done = true;
  loop.join();
}

// Slow ones must not push aside what no histogram shows; whoever is refused hears it.
TEST_F(SlowIos, WhatIsStuckHasPlacesOfItsOwn) {
  SlowIo slow;
  slow.recorded = kNoon;
  LoopRecorder loop = segment_->loop(0);
  for (std::uint32_t i = 0; i < limits::kSlowPerSecondMax; ++i) {
    EXPECT_EQ(loop.keep_slow(slot_, slow), SlowKept::kKept);
  }
  EXPECT_EQ(loop.keep_slow(slot_, slow), SlowKept::kSecondIsUsed);
  slow.kind = SlowKind::kStuck;
  for (std::uint32_t i = 0; i < limits::kStuckPerSecond; ++i) {
    EXPECT_EQ(loop.keep_slow(slot_, slow), SlowKept::kKept);
  }
  EXPECT_EQ(loop.keep_slow(slot_, slow), SlowKept::kSecondIsUsed);
  slow.recorded = kNoon + std::chrono::seconds(1);
  EXPECT_EQ(loop.keep_slow(slot_, slow), SlowKept::kKept);
}

/// Guards the share: a peer makes its own I/O slow for nothing, and had the whole ring in seconds.
TEST_F(SlowIos, ASessionHasItsShareOfASecond) {
  SlowIo slow;
  slow.recorded = kNoon;
  LoopRecorder loop = segment_->loop(0);
  SlowShare greedy;
  SlowShare other;
  for (std::uint32_t i = 0; i < limits::kSlowPerSessionSecond; ++i) {
    EXPECT_EQ(loop.keep_slow(slot_, slow, &greedy), SlowKept::kKept);
  }
  EXPECT_EQ(loop.keep_slow(slot_, slow, &greedy), SlowKept::kShareIsUsed);
  EXPECT_EQ(not_kept(), 1u);
  EXPECT_EQ(loop.keep_slow(slot_, slow, &other), SlowKept::kKept);
  slow.kind = SlowKind::kStuck;
  for (std::uint32_t i = 0; i < limits::kStuckPerSessionSecond; ++i) {
    EXPECT_EQ(loop.keep_slow(slot_, slow, &greedy), SlowKept::kKept);
  }
  EXPECT_EQ(loop.keep_slow(slot_, slow, &greedy), SlowKept::kShareIsUsed);
  EXPECT_EQ(not_kept(), 1u) << "what is stuck comes again";
  slow.recorded = second(1);
  EXPECT_EQ(loop.keep_slow(slot_, slow, &greedy), SlowKept::kKept);
}

}  // namespace
}  // namespace lungate::telemetry
